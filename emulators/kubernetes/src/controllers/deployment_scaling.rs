//! The sizes of a Deployment's ReplicaSets when the Deployment itself is scaled.
//!
//! The shares are those of `pkg/controller/deployment/sync.go` of Kubernetes 1.34.

use super::Context;
use super::deployment::{NAME, available, limits, replicas};
use super::deployment_sets::{DESIRED, MAXIMUM, Sets, active, number_in};
use super::pod_control::cause;
use crate::api::status::ApiError;
use crate::store::object::{self, integer, text};
use crate::store::{Key, Stored};

/// Whether the Deployment's size is another than its ReplicaSets were made for.
pub(super) fn is_scaling(deployment: &Stored, sets: &Sets) -> bool {
    let wanted = replicas(&deployment.object);
    sets.all()
        .filter(|(_, set)| active(&set.object))
        .any(|(_, set)| number_in(&set.object, DESIRED).is_some_and(|desired| desired != wanted))
}

/// Changes the size of a ReplicaSet and says so. `false` when it has that size already.
pub(super) fn scale(
    context: &Context,
    deployment: &Stored,
    key: &Key,
    set: &Stored,
    size: i64,
) -> Result<bool, ApiError> {
    if replicas(&set.object) == size {
        return Ok(false);
    }
    resize(context, deployment, key, set, size)?;
    Ok(true)
}

/// The same, but also keeps the annotations right of a ReplicaSet that has its size.
fn resize(context: &Context, deployment: &Stored, key: &Key, set: &Stored, size: i64) -> Result<(), ApiError> {
    let (surge, _) = limits(&deployment.object);
    let wanted = replicas(&deployment.object);
    let before = replicas(&set.object);
    context.update(NAME, key, cause(deployment), |set| {
        object::set(set, &["spec", "replicas"], size);
        object::set(set, &["metadata", "annotations", DESIRED], wanted.to_string());
        object::set(set, &["metadata", "annotations", MAXIMUM], (wanted + surge).to_string());
    })?;
    if before != size {
        let direction = if before < size { "up" } else { "down" };
        let message = format!("Scaled {direction} replica set {} from {before} to {size}", key.name);
        context.event(NAME, deployment, "Normal", "ScalingReplicaSet", &message);
    }
    Ok(())
}

/// Brings the ReplicaSets to the Deployment's size: the only active one, or all of them in proportion.
pub(super) fn follow_size(context: &Context, deployment: &Stored, sets: &Sets) -> Result<(), ApiError> {
    let wanted = replicas(&deployment.object);
    let mut alive: Vec<_> = sets.all().filter(|(_, set)| active(&set.object)).collect();
    match alive.as_slice() {
        [] => {
            if let Some((key, set)) = sets.current.as_ref().or(sets.old.last()) {
                scale(context, deployment, key, set, wanted)?;
            }
            return Ok(());
        }
        [(key, set)] => {
            scale(context, deployment, key, set, wanted)?;
            return Ok(());
        }
        _ => {}
    }
    let saturated = sets.current.as_ref().is_some_and(|(_, set)| {
        number_in(&set.object, DESIRED) == Some(wanted)
            && replicas(&set.object) == wanted
            && available(&set.object) == wanted
    });
    if saturated {
        for (key, set) in sets.old.iter().filter(|(_, set)| active(&set.object)) {
            scale(context, deployment, key, set, 0)?;
        }
        return Ok(());
    }
    if text(&deployment.object, "/spec/strategy/type") != "RollingUpdate" {
        return Ok(());
    }
    let (surge, _) = limits(&deployment.object);
    let allowed = if wanted > 0 { wanted + surge } else { 0 };
    let more = allowed - alive.iter().map(|(_, set)| replicas(&set.object)).sum::<i64>();
    // The largest first; among equals the newer one grows and the older one shrinks.
    alive.sort_by(|(_, a), (_, b)| {
        let made = |set: &Stored| text(&set.object, "/metadata/creationTimestamp").to_owned();
        let by_age = if more > 0 { made(b).cmp(&made(a)) } else { made(a).cmp(&made(b)) };
        replicas(&b.object).cmp(&replicas(&a.object)).then(by_age)
    });
    let mut added = 0;
    let mut sizes = Vec::new();
    for (_, set) in &alive {
        let part = share(deployment, set, more, added);
        added += part;
        sizes.push(replicas(&set.object) + part);
    }
    if let (Some(first), true) = (sizes.first_mut(), more != 0) {
        *first = (*first + more - added).max(0);
    }
    for ((key, set), size) in alive.into_iter().zip(sizes) {
        resize(context, deployment, key, set, size)?;
    }
    Ok(())
}

/// What of `more` Pods falls to a ReplicaSet when `added` have been given out.
#[expect(clippy::cast_possible_truncation, clippy::cast_precision_loss, reason = "numbers of Pods are small")]
fn share(deployment: &Stored, set: &Stored, more: i64, added: i64) -> i64 {
    let size = replicas(&set.object);
    if size == 0 || more == 0 || more == added {
        return 0;
    }
    let wanted = replicas(&deployment.object);
    let fraction = if wanted == 0 {
        -size
    } else {
        let (surge, _) = limits(&deployment.object);
        let before = number_in(&set.object, MAXIMUM)
            .filter(|maximum| *maximum != 0)
            .or_else(|| integer(&deployment.object, "/status/replicas"))
            .unwrap_or(1);
        (size as f64 * (wanted + surge) as f64 / before as f64).round() as i64 - size
    };
    let left = more - added;
    if more > 0 { fraction.min(left) } else { fraction.max(left) }
}
