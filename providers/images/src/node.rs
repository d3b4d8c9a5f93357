//! What a node is told, so that it takes its images from the registry and from nowhere else.

use std::net::SocketAddr;

/// Where a node's containerd reads [`hosts_toml`] for every registry that has no file of its own.
pub const HOSTS_TOML_PATH: &str = "/etc/containerd/certs.d/_default/hosts.toml";

/// The patches of containerd's configuration that make it read [`HOSTS_TOML_PATH`], for Kind's
/// `containerdConfigPatches`: for containerd 2 and for containerd 1, each of which leaves the other's alone. Kind's own
/// node images of version 0.27 and later have it so already.
pub const CONTAINERD_CONFIG_PATCHES: [&str; 2] = [
    "[plugins.\"io.containerd.cri.v1.images\".registry]\n  config_path = \"/etc/containerd/certs.d\"\n",
    "[plugins.\"io.containerd.grpc.v1.cri\".registry]\n  config_path = \"/etc/containerd/certs.d\"\n",
];

/// The text of a `hosts.toml` by which the registry at `address` is the only place that is asked for an image, also when
/// it has none: there is no way on to the internet. containerd reads it at each pull. The table without an entry is for
/// containerd 1, which ignores a file without one.
pub fn hosts_toml(address: SocketAddr) -> String {
    format!(
        "# Stand-in images of stagegate. What is not there is nowhere.\nserver = \"http://{address}\"\ncapabilities = [\"pull\", \"resolve\"]\n\n[host]\n"
    )
}

/// How a node gets a stand-in under a name by which it cannot be pulled, such as one with the digest of the real image: two
/// command lines to run in the node, one after the other. Both can be run again.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NodeImport {
    /// `NAME@DIGEST` or `NAME:TAG`, as manifests have it.
    pub image: String,
    /// Pulls the stand-in by its own digest.
    pub pull: Vec<String>,
    /// Gives it the name that manifests have.
    pub tag: Vec<String>,
}

impl NodeImport {
    /// For a repository with its registry's name, its stand-in's digest, and the name to have it under.
    pub(crate) fn new(address: SocketAddr, name: &str, stand_in: &str, image: String) -> Self {
        let source = format!("{address}/{name}@{stand_in}");
        let images = |words: &[&str]| {
            let ctr = ["ctr", "--namespace", "k8s.io", "images"];
            ctr.iter().chain(words).map(|word| (*word).to_owned()).collect()
        };
        Self {
            pull: images(&["pull", "--plain-http", &source]),
            tag: images(&["tag", "--force", &source, &image]),
            image,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_node_is_told_one_place_only() {
        let address = "172.18.0.1:5000".parse().expect("an address");
        insta::assert_snapshot!(hosts_toml(address), @r#"
        # Stand-in images of stagegate. What is not there is nowhere.
        server = "http://172.18.0.1:5000"
        capabilities = ["pull", "resolve"]

        [host]
        "#);
        let import = NodeImport::new(address, "ghcr.io/acme/web", "sha256:aa", "ghcr.io/acme/web@sha256:bb".to_owned());
        assert_eq!(
            import.pull.join(" "),
            "ctr --namespace k8s.io images pull --plain-http 172.18.0.1:5000/ghcr.io/acme/web@sha256:aa"
        );
        assert_eq!(
            import.tag.join(" "),
            "ctr --namespace k8s.io images tag --force 172.18.0.1:5000/ghcr.io/acme/web@sha256:aa ghcr.io/acme/web@sha256:bb"
        );
    }
}
