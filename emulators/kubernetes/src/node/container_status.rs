//! What a Pod's status says of a container.

use serde_json::{Value, json};

use super::container::ContainerRuntime;
use super::images::image_id;
use crate::store::object::{self, text};

impl ContainerRuntime {
    /// Its entry in `containerStatuses`.
    pub(super) fn status(&self) -> Value {
        let state = self.state();
        let now = if let Some(since) = &state.running {
            json!({"running": {"startedAt": since}})
        } else if let Some(terminated) = &state.terminated {
            json!({"terminated": terminated})
        } else if state.waiting.1.is_empty() {
            json!({"waiting": {"reason": state.waiting.0}})
        } else {
            json!({"waiting": {"reason": state.waiting.0, "message": state.waiting.1}})
        };
        let last = state.last.as_ref().map_or_else(|| json!({}), |last| json!({"terminated": last}));
        let image = text(&self.spec, "/image");
        let pulled = !state.container_id.is_empty();
        let mut status = json!({
            "name": self.name(),
            "state": now,
            "lastState": last,
            "ready": if self.init && !self.sidecar { state.ended && state.terminated.as_ref().is_some_and(|one| one["exitCode"] == 0) } else { state.ready },
            "restartCount": state.restarts,
            "image": image,
            "imageID": if pulled { image_id(image) } else { String::new() },
            "started": state.started,
        });
        if self.ephemeral {
            // No probe looks at it.
            status["ready"] = json!(false);
            object::remove(&mut status, &["started"]);
        }
        if pulled {
            status["containerID"] = json!(state.container_id);
        }
        drop(state);
        self.granted(&mut status);
        status
    }

    /// What the kubelet gave the container: resources and mounts.
    fn granted(&self, status: &mut Value) {
        let resources = &self.spec["resources"];
        if resources.as_object().is_some_and(|map| !map.is_empty()) {
            status["resources"] = resources.clone();
            if let Some(requests) = resources.get("requests") {
                status["allocatedResources"] = requests.clone();
            }
        }
        let mounts = object::list(&self.spec, "/volumeMounts").iter().map(|mount| {
            let mut mount = mount.clone();
            if mount["readOnly"] == true {
                mount["recursiveReadOnly"] = json!("Disabled");
            }
            mount
        });
        let mounts: Vec<Value> = mounts.collect();
        if !mounts.is_empty() {
            status["volumeMounts"] = json!(mounts);
        }
    }
}
