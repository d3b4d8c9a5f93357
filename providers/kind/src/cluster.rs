//! A cluster that is ours to use.

use std::fmt;
use std::ops::Deref;
use std::path::{Path, PathBuf};
use std::time::Duration;

use crate::error::Error;
use crate::kind::{Kind, succeeded};
use crate::name::ClusterName;
use crate::node::{Node, NodeRole};

/// The longest that loading images or collecting logs may take.
const TRANSFER: Duration = Duration::from_secs(600);

/// A cluster that was made by [`Kind::create`] or found by [`Kind::adopt`]. Cheap to clone; dropping it changes nothing.
#[derive(Clone)]
pub struct Cluster {
    kind: Kind,
    name: ClusterName,
    kubeconfig: PathBuf,
}

impl fmt::Debug for Cluster {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_tuple("Cluster").field(&self.name.as_str()).finish()
    }
}

impl Cluster {
    pub(crate) fn new(kind: Kind, name: ClusterName, kubeconfig: PathBuf) -> Self {
        Self { kind, name, kubeconfig }
    }

    pub(crate) fn kind(&self) -> &Kind {
        &self.kind
    }

    /// Its name.
    pub fn name(&self) -> &ClusterName {
        &self.name
    }

    /// The file with the kubeconfig of an administrator.
    pub fn kubeconfig_path(&self) -> &Path {
        &self.kubeconfig
    }

    /// The kubeconfig of an administrator as kind tells it. It holds a key: not for logs or reports.
    pub fn kubeconfig(&self) -> Result<String, Error> {
        self.kind.kubeconfig(&self.name)
    }

    /// Its containers; one that was deleted has none.
    pub fn nodes(&self) -> Result<Vec<Node>, Error> {
        self.kind.nodes(&self.name)
    }

    /// The first node with an API server.
    pub fn control_plane(&self) -> Result<Node, Error> {
        self.kind.control_plane(&self.name)
    }

    /// Puts the images of an archive, as `docker save` or an OCI layout in a tar file, on all nodes.
    pub fn load_image_archive(&self, archive: &Path) -> Result<(), Error> {
        let call = self.kind.kind_call(TRANSFER).arguments(["load", "image-archive", "--name", self.name.as_str()]);
        succeeded(&call.arguments([archive]))?;
        Ok(())
    }

    /// Writes the logs of nodes, kubelets, containerd and pods below `folder`, which is made when it is not there.
    ///
    /// Where a part cannot be had the rest is there all the same, and the error says which part.
    pub fn export_logs(&self, folder: &Path) -> Result<(), Error> {
        self.kind.export_logs(&self.name, folder)
    }

    /// Deletes the cluster and its kubeconfig file, also after the [`Kind`] was stopped. One that is gone already is no error.
    pub fn delete(&self) -> Result<(), Error> {
        self.kind.delete(&self.name)?;
        match std::fs::remove_file(&self.kubeconfig) {
            Err(source) if source.kind() != std::io::ErrorKind::NotFound => {
                Err(Error::file("cannot remove", &self.kubeconfig)(source))
            }
            _ => Ok(()),
        }
    }

    /// Makes sure that the cluster is deleted when the guard goes out of scope, be it by a panic.
    #[must_use]
    pub fn deleted_on_drop(self) -> DeletedOnDrop {
        DeletedOnDrop { cluster: self, kept: false }
    }
}

impl Kind {
    pub(crate) fn control_plane(&self, name: &ClusterName) -> Result<Node, Error> {
        control_plane_of(self.nodes(name)?).ok_or_else(|| Error::NoSuchCluster { name: name.clone() })
    }

    pub(crate) fn export_logs(&self, name: &ClusterName, folder: &Path) -> Result<(), Error> {
        let call = self.kind_call(TRANSFER).arguments(["export", "logs", "--name", name.as_str()]).arguments([folder]);
        succeeded(&call)?;
        Ok(())
    }
}

/// The first node with an API server.
pub(crate) fn control_plane_of(nodes: Vec<Node>) -> Option<Node> {
    nodes.into_iter().find(|node| node.role == Some(NodeRole::ControlPlane))
}

/// A cluster that is deleted when this goes out of scope. Deleting takes about a second, in which the thread is blocked.
#[derive(Debug)]
pub struct DeletedOnDrop {
    cluster: Cluster,
    kept: bool,
}

impl DeletedOnDrop {
    /// Keeps the cluster after all.
    #[must_use]
    pub fn keep(mut self) -> Cluster {
        self.kept = true;
        self.cluster.clone()
    }
}

impl Deref for DeletedOnDrop {
    type Target = Cluster;

    fn deref(&self) -> &Cluster {
        &self.cluster
    }
}

impl Drop for DeletedOnDrop {
    fn drop(&mut self) {
        if self.kept {
            return;
        }
        if let Err(error) = self.cluster.delete() {
            tracing::error!(cluster = self.cluster.name.as_str(), %error, "could not be deleted");
        }
    }
}
