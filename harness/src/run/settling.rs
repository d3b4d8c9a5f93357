//! Giving what a scenario's scripts have made last the time to show whether it runs: a script that applies a manifest and
//! ends would else be judged before a wrong image is pulled.

use std::collections::BTreeSet;
use std::time::Duration;

use k8s_openapi::api::core::v1::Pod;
use kube::api::{Api, ListParams};
use stagegate_reports::journal::{ChangeVerb, Event, Record};

use super::scenario::Scenario;

/// What a controller, the scheduler and a first pull take, in environment time.
const AT_LEAST: Duration = Duration::from_secs(3);
/// The longest time that pods get. What is neither well nor ill then is left undecided.
const AT_MOST: Duration = Duration::from_secs(20);
const AGAIN: Duration = Duration::from_secs(1);

/// What runs pods.
const WORKLOADS: [&str; 7] = ["Deployment", "StatefulSet", "DaemonSet", "ReplicaSet", "Job", "CronJob", "Pod"];
/// Whether a container that waits for this reason has yet to begin; for any other it is in trouble.
pub fn is_beginning(reason: &str) -> bool {
    matches!(reason, "ContainerCreating" | "PodInitializing")
}

impl Scenario {
    /// Waits until each pod in the namespaces in which commands of scripts have made or changed workloads is ready, has
    /// ended or cannot run; for a while.
    pub(super) async fn let_pods_settle(&mut self) {
        let Ok(scribe) = self.scribe() else { return };
        let namespaces = namespaces_with_workloads(&scribe.records());
        if namespaces.is_empty() {
            return;
        }
        let Ok(environment) = self.environment().await else { return };
        let (client, clock) = (environment.cluster().client.clone(), environment.clock().clone());
        let waiting = async move {
            clock.sleep(AT_LEAST).await;
            while any_undecided(&client, &namespaces).await {
                clock.sleep(AGAIN).await;
            }
        };
        // What is undecided after all that time is no defect that this could show.
        let _in_time = self.wait(AT_MOST, waiting).await;
        if let Ok(environment) = self.environment().await {
            environment.settled().await;
        }
    }
}

fn namespaces_with_workloads(records: &[Record]) -> BTreeSet<String> {
    let made = records.iter().filter_map(|record| match &record.event {
        Event::Effect(effect) => Some(effect),
        _ => None,
    });
    let made = made.filter(|effect| {
        effect.command.is_some() && effect.verb != ChangeVerb::Deleted && WORKLOADS.contains(&effect.kind.as_str())
    });
    made.filter_map(|effect| effect.scope.clone()).collect()
}

/// Whether some pod is neither ready nor at its end nor in trouble. One that cannot be listed is none.
async fn any_undecided(client: &kube::Client, namespaces: &BTreeSet<String>) -> bool {
    for namespace in namespaces {
        let pods = Api::<Pod>::namespaced(client.clone(), namespace).list(&ListParams::default()).await;
        if pods.is_ok_and(|pods| pods.iter().any(is_undecided)) {
            return true;
        }
    }
    false
}

fn is_undecided(pod: &Pod) -> bool {
    let Some(status) = &pod.status else { return true };
    let has = |kind: &str, value: &str| {
        status.conditions.iter().flatten().any(|condition| condition.type_ == kind && condition.status == value)
    };
    let is_over = matches!(status.phase.as_deref(), Some("Succeeded" | "Failed"));
    let containers = status.container_statuses.iter().chain(&status.init_container_statuses).flatten();
    let mut waits = containers.filter_map(|container| container.state.as_ref()?.waiting.as_ref()?.reason.as_deref());
    let is_in_trouble = waits.any(|reason| !is_beginning(reason)) || has("PodScheduled", "False");
    pod.metadata.deletion_timestamp.is_none() && !is_over && !is_in_trouble && !has("Ready", "True")
}
