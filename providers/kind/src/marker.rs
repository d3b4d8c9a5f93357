//! The mark in a node that tells that stagegate made the cluster, and for which run.

use serde::{Deserialize, Serialize};

use crate::cluster::Cluster;
use crate::error::Error;
use crate::kind::{Kind, succeeded};
use crate::name::ClusterName;
use crate::node::Node;

/// Where the mark is in the first node with an API server.
const PATH: &str = "/etc/stagegate/cluster.json";

/// Who made a cluster.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Mark {
    /// The id of the run that made it.
    pub run: String,
}

impl Cluster {
    pub(crate) fn put_mark(&self, mark: &Mark) -> Result<(), Error> {
        let text = serde_json::to_vec(mark)
            .map_err(|error| Error::Answer { command: "writing the mark".to_owned(), reason: error.to_string() })?;
        self.write_file(&self.control_plane()?, PATH, 0o644, &text)
    }
}

impl Kind {
    /// The mark of a cluster, whether its nodes run or not; `None` when it has none, as one that somebody else made or whose
    /// creation was killed.
    pub fn mark(&self, name: &ClusterName) -> Result<Option<Mark>, Error> {
        self.mark_in(&self.control_plane(name)?)
    }

    pub(crate) fn mark_in(&self, node: &Node) -> Result<Option<Mark>, Error> {
        let from = format!("{}:{PATH}", node.name);
        let folder = tempfile::tempdir().map_err(Error::file("cannot make a folder in", std::env::temp_dir()))?;
        let copy = folder.path().join("cluster.json");
        // Not by a command in the node, which may be stopped.
        let call = self.ask_runtime()?.arguments(["cp", &from]).arguments([&copy]);
        match succeeded(&call) {
            Ok(_) => {}
            Err(Error::Failed { said, .. }) if is_absent(&said) => return Ok(None),
            Err(error) => return Err(error),
        }
        let text = std::fs::read(&copy).map_err(Error::file("cannot read", &copy))?;
        serde_json::from_slice(&text)
            .map(Some)
            .map_err(|error| Error::Answer { command: call.line(), reason: error.to_string() })
    }
}

/// Whether a runtime says that the container has no such file.
fn is_absent(said: &str) -> bool {
    let said = said.to_lowercase();
    [
        "could not find the file",
        "no such container:path",
        "could not be found on container",
        "no such file or directory",
    ]
    .iter()
    .any(|words| said.contains(words))
}
