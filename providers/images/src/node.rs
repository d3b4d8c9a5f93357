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

/// Where containerd's content store keeps what has a digest of SHA-256.
const BLOBS_PATH: &str = "/var/lib/containerd/io.containerd.content.v1.content/blobs/sha256";

/// Pulls `$1` through the node's own hosts.toml, or else the stand-in `$2` and gives it that name.
const PULL_BY_DIGEST: &str = "ctr --namespace k8s.io images pull --hosts-dir /etc/containerd/certs.d \"$1\" || { \
    ctr --namespace k8s.io images pull --plain-http \"$2\" && ctr --namespace k8s.io images tag --force \"$2\" \"$1\"; }";

/// How a node gets a stand-in under a name by which it cannot be pulled. All of it can be done again.
///
/// The digest of the real image is one that no stand-in can have, and containerd looks at what it fetches. But what it has
/// under a digest it does not fetch: so the stand-in's manifest is written there, and then the image can be pulled by that
/// digest as often as `imagePullPolicy: Always` wants. Where containerd does not do so (1.6 does), the image has its name at
/// least, which will do for `IfNotPresent`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NodeImport {
    /// `NAME@DIGEST` or `NAME:TAG`, as manifests have it.
    pub image: String,
    /// A file to be written in the node first: its path, and what is in it.
    pub file: Option<(String, Vec<u8>)>,
    /// The command lines to run in the node after that, and after its [`hosts_toml`] is there.
    pub commands: Vec<Vec<String>>,
}

impl NodeImport {
    /// For an image that the node has from the beginning: pulls the stand-in from `source`, its own digest at the
    /// registry, and gives it the name `image`.
    pub(crate) fn named(source: &str, image: String) -> Self {
        let images = |words: &[&str]| {
            let ctr = ["ctr", "--namespace", "k8s.io", "images"];
            ctr.iter().chain(words).map(|word| (*word).to_owned()).collect()
        };
        let commands = vec![images(&["pull", "--plain-http", source]), images(&["tag", "--force", source, &image])];
        Self { image, file: None, commands }
    }

    /// For the image `name` with a digest that is the real one's: `sha256:…`.
    pub(crate) fn by_digest(source: &str, (name, digest): (&str, &str), manifest: &[u8]) -> Self {
        let image = format!("{name}@{digest}");
        let command = ["sh", "-c", PULL_BY_DIGEST, "sh", &image, source].map(str::to_owned).to_vec();
        let path = format!("{BLOBS_PATH}/{}", digest.trim_start_matches("sha256:"));
        Self { image, file: Some((path, manifest.to_vec())), commands: vec![command] }
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
        let source = "172.18.0.1:5000/ghcr.io/acme/web@sha256:aa";
        let lines = |import: &NodeImport| import.commands.iter().map(|words| words.join(" ")).collect::<Vec<_>>();
        let named = NodeImport::named(source, "ghcr.io/acme/web:1".to_owned());
        assert_eq!(
            lines(&named),
            [
                "ctr --namespace k8s.io images pull --plain-http 172.18.0.1:5000/ghcr.io/acme/web@sha256:aa",
                "ctr --namespace k8s.io images tag --force 172.18.0.1:5000/ghcr.io/acme/web@sha256:aa ghcr.io/acme/web:1"
            ]
        );
        let pinned = NodeImport::by_digest(source, ("ghcr.io/acme/web", "sha256:bb"), b"{}");
        assert_eq!(pinned.image, "ghcr.io/acme/web@sha256:bb");
        assert_eq!(pinned.file, Some((format!("{BLOBS_PATH}/bb"), b"{}".to_vec())));
        assert!(
            lines(&pinned)[0].ends_with("sh ghcr.io/acme/web@sha256:bb 172.18.0.1:5000/ghcr.io/acme/web@sha256:aa")
        );
    }
}
