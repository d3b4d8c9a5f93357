//! StatefulSets: numbered Pods, one after the other.
//!
//! The order of steps is that of `pkg/controller/statefulset` of Kubernetes 1.34.

use std::time::Duration;

use serde_json::{Value, json};

use super::adoption::{claim, sooner};
use super::pod_control::{cause, is_ready, until_available};
use super::revisions::{self, Style};
use super::{Context, Outcome, stateful_pod};
use crate::api::status::ApiError;
use crate::store::object::{self, integer, text};
use crate::store::{Key, Stored};

pub(super) const NAME: &str = "statefulset-controller";
const STYLE: Style = Style { who: NAME, hash_label: "controller.kubernetes.io/hash" };
/// The label of a Pod with the name of its revision.
pub(super) const REVISION: &str = "controller-revision-hash";

/// Makes, replaces or deletes what is next, then writes the status.
pub(super) fn reconcile(context: &Context, key: &Key) -> Result<Outcome, ApiError> {
    let Some(set) = context.store.at(key) else { return Ok(Outcome::Done) };
    let (all, update) = revisions::of(context, STYLE, &set)?;
    let known = text(&set.object, "/status/currentRevision");
    let current = all.iter().find(|one| object::name(&one.object) == known).unwrap_or(&update).clone();
    let state = State { set: &set, current: &current, update: &update, pods: pods_of(context, &set)? };
    let worked = if object::is_terminating(&set.object) { Ok(()) } else { step(context, &state) };
    let pods = pods_of(context, &set)?;
    write_status(context, key, &State { pods: pods.clone(), ..state })?;
    let in_use = |one: &Value| {
        let name = object::name(one);
        [object::name(&current.object), object::name(&update.object)].contains(&name)
            || pods.iter().any(|(_, pod)| revision_of(&pod.object) == name)
    };
    revisions::truncate(context, STYLE, &set, &all, in_use)?;
    let waits = pods.iter().filter_map(|(_, pod)| until_available(context, &set.object, &pod.object));
    let next = waits.filter(|wait| !wait.is_zero()).min().map_or(Outcome::Done, Outcome::After);
    Ok(if worked.is_err() { sooner(Outcome::Retry, next) } else { next })
}

/// A StatefulSet, its two revisions and its Pods by their number.
pub(super) struct State<'a> {
    pub(super) set: &'a Stored,
    current: &'a Stored,
    update: &'a Stored,
    pods: Vec<(i64, Stored)>,
}

pub(super) fn revision_of(pod: &Value) -> &str {
    pod["metadata"]["labels"].get(REVISION).and_then(Value::as_str).unwrap_or_default()
}

fn pods_of(context: &Context, set: &Stored) -> Result<Vec<(i64, Stored)>, ApiError> {
    let prefix = format!("{}-", object::name(&set.object));
    let mut pods: Vec<_> = claim(context, NAME, set, "pods")?
        .into_iter()
        .filter_map(|(key, pod)| Some((key.name.strip_prefix(&prefix)?.parse().ok()?, pod)))
        .collect();
    pods.sort_by_key(|(ordinal, _)| *ordinal);
    Ok(pods)
}

fn first_ordinal(set: &Value) -> i64 {
    integer(set, "/spec/ordinals/start").unwrap_or(0)
}

fn partition(set: &Value) -> i64 {
    integer(set, "/spec/updateStrategy/rollingUpdate/partition").unwrap_or(0)
}

fn is_running_and_ready(pod: &Value) -> bool {
    text(pod, "/status/phase") == "Running" && is_ready(pod)
}

fn is_available(context: &Context, set: &Value, pod: &Value) -> bool {
    is_running_and_ready(pod) && until_available(context, set, pod).is_some_and(|wait| wait == Duration::ZERO)
}

impl State<'_> {
    /// The revision that a new Pod with this number is made from.
    fn revision_for(&self, ordinal: i64) -> &Stored {
        let set = &self.set.object;
        let rolling = &set["spec"]["updateStrategy"]["rollingUpdate"];
        if rolling.is_object() && ordinal < first_ordinal(set) + partition(set) { self.current } else { self.update }
    }

    fn pod(&self, ordinal: i64) -> Option<&Stored> {
        self.pods.iter().find(|(one, _)| *one == ordinal).map(|(_, pod)| pod)
    }
}

fn step(context: &Context, state: &State<'_>) -> Result<(), ApiError> {
    let set = &*state.set.object;
    let first = first_ordinal(set);
    let end = first + integer(set, "/spec/replicas").unwrap_or(1);
    let in_order = text(set, "/spec/podManagementPolicy") != "Parallel";
    for ordinal in first..end {
        if blocked_by(context, state, ordinal, in_order)? && in_order {
            return Ok(());
        }
    }
    let unavailable = |pod: &Stored| !is_available(context, set, &pod.object) || object::is_terminating(&pod.object);
    let condemned: Vec<_> = state.pods.iter().filter(|(one, _)| !(first..end).contains(one)).collect();
    let first_unavailable = condemned.iter().find(|(_, pod)| unavailable(pod)).map(|(ordinal, _)| *ordinal);
    for (ordinal, pod) in condemned.into_iter().rev() {
        stateful_pod::keep_claims(context, state.set, *ordinal, Some(&pod.object), false)?;
        let ending = object::is_terminating(&pod.object);
        let waits = in_order && unavailable(pod) && first_unavailable != Some(*ordinal);
        if !ending && !waits {
            stateful_pod::delete(context, state.set, &pod.object)?;
        }
        if in_order {
            return Ok(());
        }
    }
    update_one(context, state, (first + partition(set)).min(end), end)
}

/// Brings the Pod with a number into being. Says whether those behind it wait for it.
fn blocked_by(context: &Context, state: &State<'_>, ordinal: i64, in_order: bool) -> Result<bool, ApiError> {
    let set = state.set;
    let Some(pod) = state.pod(ordinal) else {
        stateful_pod::create(context, set, ordinal, state.revision_for(ordinal))?;
        return Ok(in_order);
    };
    let object = &pod.object;
    if ["Failed", "Succeeded"].contains(&text(object, "/status/phase")) {
        if !object::is_terminating(object) {
            stateful_pod::delete(context, set, object)?;
        }
        return Ok(true);
    }
    stateful_pod::keep_claims(context, set, ordinal, Some(object), text(object, "/status/phase") == "Pending")?;
    Ok(object::is_terminating(object) || !is_available(context, &set.object, object))
}

/// Rolling update: the highest Pod of another revision is replaced, once those above are available.
fn update_one(context: &Context, state: &State<'_>, from: i64, end: i64) -> Result<(), ApiError> {
    let set = &state.set.object;
    if text(set, "/spec/updateStrategy/type") == "OnDelete" {
        return Ok(());
    }
    for ordinal in (from..end).rev() {
        let Some(pod) = state.pod(ordinal) else { return Ok(()) };
        let ending = object::is_terminating(&pod.object);
        if revision_of(&pod.object) != object::name(&state.update.object) && !ending {
            return stateful_pod::delete(context, state.set, &pod.object);
        }
        if ending || !is_available(context, set, &pod.object) {
            return Ok(());
        }
    }
    Ok(())
}

fn write_status(context: &Context, key: &Key, state: &State<'_>) -> Result<(), ApiError> {
    let set = state.set;
    let count = |test: &dyn Fn(&Value) -> bool| state.pods.iter().filter(|(_, pod)| test(&pod.object)).count();
    let ready = count(&is_running_and_ready);
    let available = count(&|pod| is_available(context, &set.object, pod));
    let of = |revision: &str| count(&|pod| !object::is_terminating(pod) && revision_of(pod) == revision);
    let update = object::name(&state.update.object);
    let updated = of(update);
    let wanted = usize::try_from(integer(&set.object, "/spec/replicas").unwrap_or(1)).unwrap_or(0);
    let rolling = text(&set.object, "/spec/updateStrategy/type") == "RollingUpdate";
    let complete = rolling && [updated, ready, state.pods.len()].iter().all(|number| *number == wanted);
    let current = if complete { update } else { object::name(&state.current.object) };
    context.update(NAME, key, cause(set), |new| {
        let mut status = json!({
            "observedGeneration": new["metadata"]["generation"],
            "replicas": state.pods.len(),
            "availableReplicas": available,
            "currentRevision": current,
            "updateRevision": update,
            "collisionCount": 0,
        });
        for (field, count) in [("readyReplicas", ready), ("updatedReplicas", updated), ("currentReplicas", of(current))]
        {
            if count > 0 {
                status[field] = json!(count);
            }
        }
        new["status"] = status;
    })?;
    Ok(())
}
