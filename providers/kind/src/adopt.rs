//! Using a cluster again that an earlier run left on purpose.

use std::path::Path;
use std::time::Duration;

use crate::cluster::{Cluster, control_plane_of};
use crate::error::Error;
use crate::kind::Kind;
use crate::kubeconfig;
use crate::name::ClusterName;

impl Kind {
    /// Takes over a cluster of ours that is there: its nodes run, it has our mark, and it is ready within `limit`. Its
    /// kubeconfig is written to the file `kubeconfig`, and nowhere else. What is left in it of earlier runs is not looked at.
    pub fn adopt(&self, name: &ClusterName, kubeconfig: &Path, limit: Duration) -> Result<Cluster, Error> {
        kubeconfig::refuse_users(kubeconfig)?;
        let nodes = self.nodes(name)?;
        if nodes.is_empty() {
            return Err(Error::NoSuchCluster { name: name.clone() });
        }
        let stopped: Vec<String> = nodes.iter().filter(|node| !node.running).map(|node| node.name.clone()).collect();
        if !stopped.is_empty() {
            return Err(Error::Stopped { name: name.clone(), stopped });
        }
        let node = control_plane_of(nodes).ok_or_else(|| Error::NoSuchCluster { name: name.clone() })?;
        if self.mark_in(&node)?.is_none() {
            return Err(Error::NotOurs { name: name.clone() });
        }
        let cluster = Cluster::new(self.clone(), name.clone(), kubeconfig.to_owned());
        let text = self.kubeconfig(name)?;
        cluster.wait_ready_at(&node, kubeconfig::server(&text), limit)?;
        kubeconfig::write(kubeconfig, &text)?;
        Ok(cluster)
    }
}
