//! The simulated node: it pulls images, runs containers, probes them and answers traffic. It stands in
//! for the kubelet of every Node object there is.

pub(crate) mod addresses;
pub(crate) mod catalogue;
mod conditions;
mod container;
mod container_status;
mod duration_text;
pub(crate) mod environment;
pub(crate) mod events;
pub(crate) mod heartbeat;
mod images;
pub(crate) mod ingress;
mod kubelet;
pub(crate) mod log;
pub(crate) mod mounts;
pub(crate) mod network;
pub(crate) mod pod;
mod probes;
mod process;
mod pulling;
mod service_links;
pub(crate) mod traffic;
pub(crate) mod usage;

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};

use jiff::Timestamp;
use serde_json::{Value, json};
use stagegate_simulation::Clock;
use tokio_util::sync::CancellationToken;

use crate::api::access::Access;
use crate::program::Program;
use crate::store::{Store, object};
use catalogue::Catalogue;
use container::ContainerRuntime;
use events::Recorder;
use images::Images;
use log::LogSink;
use pod::PodRuntime;

/// The node's name.
pub const NAME: &str = "stagegate-control-plane";

/// The node's address.
const ADDRESS: &str = "172.18.0.2";

/// The simulated node.
pub(crate) struct Node {
    store: Store,
    recorder: Recorder,
    access: Access,
    images: Images,
    programs: HashMap<String, Arc<dyn Program>>,
    api_url: OnceLock<String>,
    pods: Mutex<HashMap<String, Arc<PodRuntime>>>,
    addresses: addresses::PodAddresses,
    /// Since when a rule for faults keeps the kubelet from telling anything.
    silent_since: Mutex<Option<Timestamp>>,
    stop: CancellationToken,
}

impl Node {
    pub(crate) fn new(
        store: &Store,
        access: &Access,
        catalogue: Catalogue,
        programs: Vec<Arc<dyn Program>>,
        stop: CancellationToken,
    ) -> Self {
        Self {
            store: store.clone(),
            recorder: Recorder::new(store),
            access: access.clone(),
            images: Images::new(catalogue),
            programs: programs.into_iter().map(|program| (program.name().to_owned(), program)).collect(),
            api_url: OnceLock::new(),
            pods: Mutex::default(),
            addresses: addresses::PodAddresses::default(),
            silent_since: Mutex::default(),
            stop,
        }
    }

    /// Starts the kubelet. `api_url` is what programs in containers are told.
    pub(crate) fn start(self: &Arc<Self>, api_url: &str) {
        let _set_once = self.api_url.set(api_url.to_owned());
        kubelet::start(self);
    }

    /// The recorder of Events, which all that record them must share: it names them.
    pub(crate) fn recorder(&self) -> Recorder {
        self.recorder.clone()
    }

    /// The log of a container's present run, or of the one before.
    pub(crate) fn log(&self, pod_uid: &str, container: &str, previous: bool) -> Option<LogSink> {
        self.pod(pod_uid)?.container(container)?.log(previous)
    }

    /// A container of a Pod that runs here.
    pub(crate) fn container(&self, pod_uid: &str, container: &str) -> Option<Arc<ContainerRuntime>> {
        self.pod(pod_uid)?.container(container)
    }

    /// The ingress controllers that an image is of.
    pub(crate) fn ingress_controllers(&self, image: &str) -> Vec<String> {
        self.images.ingress_controllers(image)
    }

    /// The APIs that an image serves to the API server.
    pub(crate) fn apis(&self, image: &str) -> Vec<String> {
        self.images.apis(image)
    }

    /// The environment's clock.
    pub(crate) fn clock(&self) -> Clock {
        self.store.simulation.clock.clone()
    }

    fn pod(&self, uid: &str) -> Option<Arc<PodRuntime>> {
        self.pods().get(uid).cloned()
    }

    fn pods(&self) -> MutexGuard<'_, HashMap<String, Arc<PodRuntime>>> {
        self.pods.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The Node object.
    pub(crate) fn object(&self) -> Value {
        json!({
            "apiVersion": "v1",
            "kind": "Node",
            "metadata": {
                "name": NAME,
                "labels": {
                    "beta.kubernetes.io/arch": "amd64",
                    "beta.kubernetes.io/os": "linux",
                    "kubernetes.io/arch": "amd64",
                    "kubernetes.io/hostname": NAME,
                    "kubernetes.io/os": "linux",
                    "node-role.kubernetes.io/control-plane": "",
                },
            },
            "spec": {"podCIDR": "10.244.0.0/16", "podCIDRs": ["10.244.0.0/16"], "providerID": format!("stagegate://{NAME}")},
            "status": status(NAME, &object::time(self.store.simulation.clock.now())),
        })
    }
}

/// What the kubelet of a simulated node reports.
pub(crate) fn status(name: &str, now: &str) -> Value {
    let condition = |of: &str, status: &str, reason: &str, message: &str| {
        json!({
            "type": of, "status": status, "reason": reason, "message": message,
            "lastHeartbeatTime": now, "lastTransitionTime": now,
        })
    };
    let capacity = json!({
        "cpu": "8", "memory": "16Gi", "pods": "11000", "ephemeral-storage": "100Gi",
        "hugepages-1Gi": "0", "hugepages-2Mi": "0",
    });
    json!({
        "capacity": capacity,
        "allocatable": capacity,
        "addresses": [{"type": "InternalIP", "address": ADDRESS}, {"type": "Hostname", "address": name}],
        "conditions": [
            condition("MemoryPressure", "False", "KubeletHasSufficientMemory", "kubelet has sufficient memory available"),
            condition("DiskPressure", "False", "KubeletHasNoDiskPressure", "kubelet has no disk pressure"),
            condition("PIDPressure", "False", "KubeletHasSufficientPID", "kubelet has sufficient PID available"),
            condition("Ready", "True", "KubeletReady", "kubelet is posting ready status"),
        ],
        "nodeInfo": {
            "architecture": "amd64", "operatingSystem": "linux", "osImage": "stagegate simulated node",
            "kernelVersion": "6.6.0", "containerRuntimeVersion": "containerd://2.1.3",
            "kubeletVersion": crate::VERSION, "kubeProxyVersion": "",
            "machineID": "", "systemUUID": "", "bootID": "",
        },
    })
}
