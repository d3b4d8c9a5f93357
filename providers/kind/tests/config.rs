//! Configurations as kind reads them.
#![allow(clippy::unwrap_used, reason = "a test says what it expects")]

use stagegate_kind::{ClusterConfig, ClusterName, ConfigError, Mount, NodeConfig, PortMapping};

fn config() -> ClusterConfig {
    ClusterConfig::new(ClusterName::of("test").unwrap())
}

#[test]
fn the_smallest_one() {
    insta::assert_snapshot!(config().to_yaml().unwrap());
}

#[test]
fn one_with_everything() {
    let mut config = config().image("kindest/node:v1.34.0").workers(1).label("stagegate/run", "2024-11-26");
    config.nodes[0] = config.nodes[0].clone().port(PortMapping::tcp(8080, 30080)).port(PortMapping::tcp(0, 443));
    let mut other = NodeConfig::worker().mount(Mount::read_only("/", "/host: all"));
    other.image = Some("kindest/node:v1.33.0".to_owned());
    config.nodes.push(other);
    config.api_server_address = "172.18.0.1".parse().unwrap();
    config.api_server_port = 6443;
    config.feature_gates = [("Yes".to_owned(), true), ("AlphaThing".to_owned(), false)].into();
    let patch = "[plugins.\"io.containerd.grpc.v1.cri\".registry]\n  config_path = \"/etc/containerd/certs.d\"\n";
    config.containerd_config_patches.push(patch.to_owned());
    insta::assert_snapshot!(config.to_yaml().unwrap());
}

#[test]
fn what_makes_no_cluster_is_refused() {
    let mut none = config();
    none.nodes = vec![NodeConfig::worker(), NodeConfig::worker()];
    assert_eq!(none.to_yaml(), Err(ConfigError::NoControlPlane(2)));

    let mut everywhere = config();
    everywhere.api_server_address = "0.0.0.0".parse().unwrap();
    insta::assert_snapshot!(everywhere.to_yaml().unwrap_err());

    let mut everywhere = config();
    let mut port = PortMapping::tcp(80, 80);
    port.listen_address = "::".parse().unwrap();
    everywhere.nodes[0].extra_port_mappings.push(port);
    assert!(matches!(everywhere.to_yaml(), Err(ConfigError::ListensEverywhere { .. })));

    let mut nothing = config();
    nothing.nodes[0].extra_mounts.push(Mount::read_only("/nowhere/at/all", "/x"));
    assert!(matches!(nothing.to_yaml(), Err(ConfigError::NothingToMount(_))));
}
