//! The steady state of running workloads: noted once, and compared later.

use std::collections::BTreeMap;

use k8s_openapi::api::apps::v1::Deployment;
use k8s_openapi::api::core::v1::Pod;
use kube::Api;
use kube::api::ListParams;
use stagegate_harness::failure::{Failure, StepResult};
use stagegate_harness::run::Scenario;
use stagegate_harness::vocabulary::{Arguments, VocabularyBuilder};

use super::pod::{is_ready, readiness, statuses};
use super::{client, cluster_failure};

pub(super) fn add(builder: &mut VocabularyBuilder) {
    builder
        .sentence(
            "steady state",
            "I note the steady state of namespace {string}",
            "Remembers its Deployments and its pods, of which there is one at least and all are ready.",
            note,
        )
        .sentence(
            "steady state",
            "the steady state of namespace {string} is as noted",
            "The same Deployments ask for the same, and the same pods run the same containers, which have not restarted \
             and were ready all the time.",
            is_as_noted,
        );
}

fn noted(namespace: &str) -> String {
    format!("steady-state {namespace}")
}

/// What there is, by name, and what must not change of it.
type State = BTreeMap<String, String>;

async fn note(scenario: &mut Scenario, arguments: &Arguments) -> StepResult {
    let namespace = arguments.text(0)?;
    let (state, unsteady) = look(&client(scenario).await?, namespace).await?;
    if !unsteady.is_empty() {
        return Err(Failure::assertion(format!("the state of namespace `{namespace}` is not steady"))
            .actual(unsteady.join("\n")));
    }
    let lines: Vec<String> = state.iter().map(|(name, is)| format!("{name}\t{is}")).collect();
    scenario.set_variable(&noted(namespace), lines.join("\n"));
    Ok(())
}

async fn is_as_noted(scenario: &mut Scenario, arguments: &Arguments) -> StepResult {
    let namespace = arguments.text(0)?;
    let text = scenario.variable(&noted(namespace)).map(str::to_owned).map_err(|_| {
        Failure::assertion(format!("the steady state of namespace `{namespace}` was not noted"))
            .help(format!("add the step `When I note the steady state of namespace \"{namespace}\"` before"))
    })?;
    let before: State = text.lines().filter_map(|line| line.split_once('\t')).map(owned).collect();
    let (now, unsteady) = look(&client(scenario).await?, namespace).await?;
    let mut different = differences(&before, &now);
    different.extend(unsteady);
    if different.is_empty() {
        return Ok(());
    }
    Err(Failure::assertion(format!("running workloads in namespace `{namespace}` have been touched"))
        .actual(different.join("\n")))
}

fn owned((name, is): (&str, &str)) -> (String, String) {
    (name.to_owned(), is.to_owned())
}

fn differences(before: &State, now: &State) -> Vec<String> {
    let gone_or_other = before.iter().filter_map(|(name, was)| match now.get(name) {
        None => Some(format!("{name} is gone")),
        Some(is) if is != was => Some(format!("{name} was: {was}; is: {is}")),
        Some(_) => None,
    });
    let new = now.keys().filter(|name| !before.contains_key(*name)).map(|name| format!("{name} is new"));
    gone_or_other.chain(new).collect()
}

/// What there is, and why it is not steady, a line each.
async fn look(client: &kube::Client, namespace: &str) -> Result<(State, Vec<String>), Failure> {
    let all = ListParams::default();
    let pods = Api::<Pod>::namespaced(client.clone(), namespace).list(&all).await;
    let pods = pods.map_err(|error| cluster_failure("pods cannot be listed", &error))?.items;
    let deployments = Api::<Deployment>::namespaced(client.clone(), namespace).list(&all).await;
    let deployments = deployments.map_err(|error| cluster_failure("deployments cannot be listed", &error))?.items;
    let mut unsteady: Vec<String> =
        pods.iter().filter(|pod| !is_ready(pod)).map(|pod| format!("{} is not ready", name_of(pod))).collect();
    if pods.is_empty() {
        unsteady.push("there is no pod".to_owned());
    }
    let state = pods.iter().map(|pod| (name_of(pod), of_pod(pod))).chain(deployments.iter().map(of_deployment));
    Ok((state.collect(), unsteady))
}

fn name_of(pod: &Pod) -> String {
    format!("pod {}", pod.metadata.name.as_deref().unwrap_or_default())
}

/// Which pod it is, where, since when it is ready, and which containers run since when.
fn of_pod(pod: &Pod) -> String {
    let node = pod.spec.as_ref().and_then(|spec| spec.node_name.as_deref()).unwrap_or_default();
    let containers = statuses(pod).iter().map(|status| {
        let running = status.state.as_ref().and_then(|state| state.running.as_ref());
        let since = running.and_then(|running| running.started_at.as_ref()).map(|time| time.0.to_string());
        let id = status.container_id.as_deref().unwrap_or_default();
        format!("{} {id} restarts {} since {}", status.name, status.restart_count, since.unwrap_or_default())
    });
    let containers: Vec<String> = containers.collect();
    let uid = pod.metadata.uid.as_deref().unwrap_or_default();
    format!("{uid} on {node}, ready since {}, {}", readiness(pod).1, containers.join(", "))
}

fn of_deployment(deployment: &Deployment) -> (String, String) {
    let metadata = &deployment.metadata;
    let is = format!("{} generation {}", metadata.uid.as_deref().unwrap_or_default(), metadata.generation.unwrap_or(0));
    (format!("deployment {}", metadata.name.as_deref().unwrap_or_default()), is)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn state(entries: &[(&str, &str)]) -> State {
        entries.iter().copied().map(owned).collect()
    }

    #[test]
    fn what_is_gone_other_or_new_is_told() {
        let before = state(&[("pod a", "1"), ("pod b", "1"), ("pod c", "1")]);
        let now = state(&[("pod a", "1"), ("pod b", "2"), ("pod d", "1")]);
        assert_eq!(differences(&before, &before), Vec::<String>::new());
        assert_eq!(differences(&before, &now), ["pod b was: 1; is: 2", "pod c is gone", "pod d is new"]);
    }
}
