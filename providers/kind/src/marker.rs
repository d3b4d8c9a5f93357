//! The mark in a node that tells that stagegate made the cluster, and for which run.

use serde::{Deserialize, Serialize};

use crate::cluster::Cluster;
use crate::error::Error;
use crate::kind::Kind;
use crate::name::ClusterName;
use crate::node::NodeCommand;

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
    /// The mark of a cluster; `None` when it has none, as one that somebody else made or whose creation was killed. Its
    /// nodes must run.
    pub fn mark(&self, name: &ClusterName) -> Result<Option<Mark>, Error> {
        let node = self.control_plane(name)?;
        if !node.running {
            return Err(Error::Stopped { name: name.clone(), stopped: vec![node.name] });
        }
        let output = self.exec(&node, &NodeCommand::new(["cat", PATH]))?;
        if !output.success() {
            return Ok(None);
        }
        let mark = serde_json::from_slice(&output.stdout);
        mark.map(Some).map_err(|error| Error::Answer { command: format!("cat {PATH}"), reason: error.to_string() })
    }
}
