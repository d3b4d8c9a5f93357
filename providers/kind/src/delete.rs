//! Deleting clusters, whole ones and half-made ones.

use std::time::{Duration, Instant};

use crate::error::Error;
use crate::kind::{Kind, succeeded};
use crate::name::ClusterName;

/// The longest that deleting a cluster may take.
const DELETING: Duration = Duration::from_secs(120);
/// How long a container may still appear after the client that asked for it was killed: Docker was seen to take 0.2 s.
const SETTLING: Duration = Duration::from_secs(2);
const BETWEEN_LOOKS: Duration = Duration::from_millis(200);

impl Kind {
    /// Deletes a cluster of ours. It is done even when this `Kind` was stopped, and one that is gone already is no error. The
    /// network that kind shares among its clusters stays.
    pub fn delete(&self, name: &ClusterName) -> Result<(), Error> {
        let this = self.unstoppable();
        let folder = tempfile::tempdir().map_err(Error::file("cannot make a folder in", std::env::temp_dir()))?;
        // kind takes the cluster out of a kubeconfig, the user's by default; here it finds none.
        let kubeconfig = folder.path().join("kubeconfig");
        let call = this.kind_call(DELETING).arguments(["delete", "cluster", "--name", name.as_str(), "--kubeconfig"]);
        succeeded(&call.arguments([kubeconfig]))?;
        let containers: Vec<String> = this.nodes(name)?.into_iter().map(|node| node.name).collect();
        if containers.is_empty() { Ok(()) } else { Err(Error::Left { name: name.clone(), containers }) }
    }

    /// Deletes what a creation has made that was killed while it may have asked the runtime for a container, which can
    /// still appear a little later, and cannot always be deleted while it is being started. Takes two seconds at least.
    pub fn delete_until_settled(&self, name: &ClusterName) -> Result<(), Error> {
        let this = self.unstoppable();
        let begun = Instant::now();
        let mut last_seen = begun;
        loop {
            let mut outcome = Ok(());
            if !this.nodes(name)?.is_empty() {
                outcome = this.delete(name);
                last_seen = Instant::now();
            }
            if begun.elapsed() > DELETING || outcome.is_ok() && last_seen.elapsed() > SETTLING {
                return outcome;
            }
            std::thread::sleep(BETWEEN_LOOKS);
        }
    }
}
