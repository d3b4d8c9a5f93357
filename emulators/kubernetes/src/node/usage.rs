//! What the containers of the node use, as the catalogue declares it.

use super::Node;

/// What one running container uses.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Usage {
    pub(crate) container: String,
    /// Thousandths of a CPU.
    pub(crate) cpu: u64,
    /// Bytes.
    pub(crate) memory: u64,
}

/// What the node itself uses beside its Pods.
const SYSTEM: (u64, u64) = (120, 640 << 20);

impl Node {
    /// The use of each running container of a Pod; empty when none runs here.
    pub(crate) fn usage(&self, pod_uid: &str) -> Vec<Usage> {
        self.pod(pod_uid).map_or_else(Vec::new, |pod| pod.containers().iter().filter_map(|one| one.usage()).collect())
    }

    /// Thousandths of a CPU and bytes that the node uses in all.
    pub(crate) fn total_usage(&self) -> (u64, u64) {
        let pods: Vec<_> = self.pods().values().cloned().collect();
        let used = pods.iter().flat_map(|pod| pod.containers()).filter_map(|one| one.usage());
        used.fold(SYSTEM, |(cpu, memory), usage| (cpu + usage.cpu, memory + usage.memory))
    }
}
