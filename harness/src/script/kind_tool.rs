//! What a script's `kind` works on: the cluster of its scenario, whatever lane that is.
//!
//! A real `kind` would make and delete clusters outside of the run, and on a machine without one there would be none.

use std::path::PathBuf;

use stagegate_kind_stand_in::Machine;
use stagegate_kubernetes::Catalogue;

use super::protocol::Action;

/// The cluster that stands in for those that scripts make with `kind`.
#[derive(Debug, Clone)]
pub struct KindCluster {
    /// A kubeconfig for it.
    pub kubeconfig: String,
    /// The names of its nodes, where they are known.
    pub nodes: Option<Vec<String>>,
    /// Its version, where it is known.
    pub version: Option<String>,
    /// The images that its nodes can run, where they are known.
    pub images: Option<Catalogue>,
}

impl KindCluster {
    /// What the shim called with `argv` is to do; which clusters were made is kept in the file `clusters`.
    pub(super) fn action(&self, argv: &[String], clusters: PathBuf) -> Action {
        let absent = |images: &Catalogue| {
            let absent = argv.iter().skip(1).filter(|word| images.find(word).is_err());
            absent.cloned().collect()
        };
        Action::Kind(Box::new(Machine {
            clusters,
            kubeconfig: self.kubeconfig.clone(),
            nodes: self.nodes.clone(),
            version: self.version.clone(),
            absent: self.images.as_ref().map(absent),
        }))
    }
}
