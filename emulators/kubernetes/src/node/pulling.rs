//! A container's image: pulled when its policy says so, again and again where that fails.

use std::time::Duration;

use stagegate_simulation::{Clock, go_duration};

use super::Node;
use super::catalogue::Image;
use super::container::{BACK_OFF, BACK_OFF_LIMIT, ContainerRuntime, SYNC_PERIOD};
use crate::api::subject_of;
use crate::kinds::effective_policy;
use crate::store::object::text;

impl ContainerRuntime {
    /// The image, pulled when the policy says so.
    pub(super) async fn image(&self, clock: &Clock) -> Option<Image> {
        let pod = self.pod()?;
        let reference = text(&self.spec, "/image").to_owned();
        let policy = effective_policy(&self.spec).to_owned();
        let mut pause = BACK_OFF;
        loop {
            let node = pod.node.upgrade()?;
            let present = (policy != "Always").then(|| node.images.get(&reference)).flatten();
            if let Some(image) = present {
                let message = format!("Container image {reference:?} already present on machine");
                pod.event(&self.path(), "Normal", "Pulled", &message);
                return Some(image);
            }
            if policy == "Never" {
                self.never_pulled(clock, &reference).await;
                continue;
            }
            pod.event(&self.path(), "Normal", "Pulling", &format!("Pulling image {reference:?}"));
            let mut pull = node.images.pull(&reference);
            let subject = subject_of(&pod.object(), "pods", &format!("pull {reference}"), &pod.cause);
            pull.takes += node.store.simulation.faults.pull_delay(&subject);
            clock.sleep(pull.takes).await;
            match pull.outcome {
                Ok(image) => {
                    self.pulled(&node, &reference, &image, pull.takes);
                    return Some(image);
                }
                Err(detail) => {
                    drop(node);
                    self.pull_failed(clock, &reference, &detail, pause).await;
                    pause = (pause * 2).min(BACK_OFF_LIMIT);
                }
            }
        }
    }

    fn pulled(&self, node: &Node, reference: &str, image: &Image, takes: Duration) {
        node.images.keep(reference);
        // The kubelet tells whole milliseconds.
        let takes = go_duration::text(Duration::new(takes.as_secs(), takes.subsec_millis() * 1_000_000));
        let message = format!(
            "Successfully pulled image {reference:?} in {takes} ({takes} including waiting). Image size: {} bytes.",
            image.size
        );
        if let Some(pod) = self.pod() {
            pod.event(&self.path(), "Normal", "Pulled", &message);
        }
    }

    async fn never_pulled(&self, clock: &Clock, reference: &str) {
        let message = format!("Container image {reference:?} is not present with pull policy of Never");
        self.wait_for("ErrImageNeverPull", &message, false);
        if let Some(pod) = self.pod() {
            pod.event(&self.path(), "Warning", "ErrImageNeverPull", &message);
            pod.event(&self.path(), "Warning", "Failed", "Error: ErrImageNeverPull");
        }
        clock.sleep(SYNC_PERIOD).await;
    }

    /// ErrImagePull, a second later ImagePullBackOff, then the pause.
    async fn pull_failed(&self, clock: &Clock, reference: &str, detail: &str, pause: Duration) {
        let Some(pod) = self.pod() else { return };
        let path = self.path();
        self.wait_for("ErrImagePull", detail, false);
        pod.event(&path, "Warning", "Failed", &format!("Failed to pull image {reference:?}: {detail}"));
        pod.event(&path, "Warning", "Failed", "Error: ErrImagePull");
        clock.sleep(Duration::from_secs(1)).await;
        let message = format!("Back-off pulling image {reference:?}");
        self.wait_for("ImagePullBackOff", &format!("{message}: ErrImagePull: {detail}"), false);
        let mut left = pause + Duration::from_secs(3);
        while !left.is_zero() {
            pod.event(&path, "Normal", "BackOff", &message);
            pod.event(&path, "Warning", "Failed", "Error: ImagePullBackOff");
            let step = left.min(SYNC_PERIOD);
            clock.sleep(step).await;
            left = left.saturating_sub(step);
        }
    }
}
