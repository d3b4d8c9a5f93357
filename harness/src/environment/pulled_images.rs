//! What a cluster's nodes have pulled, by digest.

use std::collections::{BTreeMap, BTreeSet};

use stagegate_kind::{Cluster, Node, NodeCommand};
use stagegate_reports::journal::PulledImage;

use super::EnvironmentError;
use super::kind_site::blocking;

/// Prints a line for each image, below a head: its name, its type, its digest, and more.
const LIST: [&str; 5] = ["ctr", "--namespace", "k8s.io", "images", "list"];

/// All images of all nodes of `cluster`.
pub(super) async fn on_nodes(cluster: Cluster) -> Result<Vec<PulledImage>, EnvironmentError> {
    let lists = blocking(move || {
        let nodes = cluster.nodes()?;
        std::thread::scope(|scope| {
            let asked: Vec<_> = nodes.iter().map(|node| scope.spawn(|| list(&cluster, node))).collect();
            let joined =
                asked.into_iter().map(|list| list.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic)));
            joined.collect::<Result<Vec<_>, _>>()
        })
    })
    .await?;
    // Nodes may have pulled a tag when it was different things.
    let found: BTreeSet<_> = lists.iter().flat_map(|text| digests(text)).collect();
    Ok(found.into_iter().map(|(image, digest)| PulledImage { image, digest }).collect())
}

fn list(cluster: &Cluster, node: &Node) -> Result<String, stagegate_kind::Error> {
    let output = cluster.exec(node, &NodeCommand::new(LIST))?;
    if output.success() {
        return Ok(output.text());
    }
    let (command, status, said) = (LIST.join(" "), output.status, output.said());
    Err(stagegate_kind::Error::Failed { command, status, said })
}

/// The digest of each image, by the name that manifests give it. containerd has an image by its tag, by its digest and by
/// its id at once; one that was only ever named by digest has that name.
fn digests(text: &str) -> BTreeMap<String, String> {
    let lines = text.lines().filter_map(|line| {
        let mut columns = line.split_whitespace();
        let (name, digest) = (columns.next()?, columns.nth(1)?);
        digest.starts_with(ALGORITHM).then_some((name, digest))
    });
    let (pinned, tagged): (Vec<_>, Vec<_>) =
        lines.filter(|(name, _)| !name.starts_with(ALGORITHM)).partition(|(name, _)| name.contains('@'));
    let is_tagged = |pinned: &str| {
        let repository = pinned.split('@').next().unwrap_or_default();
        tagged.iter().any(|(name, digest)| {
            let tag = name.strip_prefix(repository).is_some_and(|tag| tag.starts_with(':'));
            tag && pinned.ends_with(digest)
        })
    };
    let pinned = pinned.into_iter().filter(|(name, _)| !is_tagged(name));
    tagged.iter().copied().chain(pinned).map(|(name, digest)| (name.to_owned(), digest.to_owned())).collect()
}

const ALGORITHM: &str = "sha256:";

#[cfg(test)]
mod tests {
    use super::*;

    /// As ctr of containerd 1.7 and 2.1 prints it, digests shortened.
    const LISTED: &str = "\
REF                              TYPE                                       DIGEST    SIZE      PLATFORMS   LABELS
ghcr.io/acme/db@sha256:04        application/vnd.oci.image.manifest.v1+json sha256:04 57.4 MiB  linux/amd64 io.cri-containerd.image=managed
localhost:5000/a/web:1           application/vnd.oci.image.index.v1+json    sha256:02 49.7 MiB  linux/amd64 io.cri-containerd.image=managed
localhost:5000/a/web@sha256:02   application/vnd.oci.image.index.v1+json    sha256:02 49.7 MiB  linux/amd64 io.cri-containerd.image=managed
other.io/a/web@sha256:02         application/vnd.oci.image.index.v1+json    sha256:02 49.7 MiB  linux/amd64 io.cri-containerd.image=managed
sha256:bb                        application/vnd.oci.image.index.v1+json    sha256:02 49.7 MiB  linux/amd64 io.cri-containerd.image=managed
";

    #[test]
    fn an_image_is_there_by_the_name_of_manifests() {
        let found = digests(LISTED);
        let lines: Vec<String> = found.iter().map(|(image, digest)| format!("{image} {digest}")).collect();
        assert_eq!(
            lines,
            [
                "ghcr.io/acme/db@sha256:04 sha256:04",
                "localhost:5000/a/web:1 sha256:02",
                "other.io/a/web@sha256:02 sha256:02",
            ]
        );
        assert!(digests("").is_empty());
    }
}
