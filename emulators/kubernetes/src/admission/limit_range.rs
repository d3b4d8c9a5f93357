//! Admission by LimitRange (`k8s.io/kubernetes/plugin/pkg/admission/limitranger`).

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::amount::{Amount, Amounts, add, raise};
use crate::api::status::ApiError;
use crate::kinds::Kind;
use crate::store::Store;
use crate::store::object::{self, list, list_mut, set, text};

const ANNOTATION: &str = "kubernetes.io/limit-ranger";

/// Gives the containers of a new Pod the requests and limits that LimitRanges have for them.
/// Says whether it gave any.
pub(crate) fn complete(store: &Store, pod: &mut Value) -> bool {
    let (ranges, _) = store.list("limitranges", Some(object::namespace(pod)));
    let mut notes = Vec::new();
    for range in &ranges {
        let (requests, limits) = defaults(&range.object);
        for (field, what) in [("containers", "container"), ("initContainers", "init container")] {
            for container in list_mut(pod, &["spec", field]) {
                fill(container, ("requests", "request"), &requests, what, &mut notes);
                fill(container, ("limits", "limit"), &limits, what, &mut notes);
            }
        }
    }
    if !notes.is_empty() {
        set(pod, &["metadata", "annotations", ANNOTATION], format!("LimitRanger plugin set: {}", notes.join("; ")));
    }
    !notes.is_empty()
}

/// The requests and limits that containers get.
fn defaults(range: &Value) -> (BTreeMap<String, Value>, BTreeMap<String, Value>) {
    let (mut requests, mut limits) = (BTreeMap::new(), BTreeMap::new());
    for limit in list(range, "/spec/limits").iter().filter(|limit| limit["type"] == "Container") {
        for (field, all) in [("defaultRequest", &mut requests), ("default", &mut limits)] {
            let entries = limit[field].as_object().into_iter().flatten();
            all.extend(entries.map(|(name, amount)| (name.clone(), amount.clone())));
        }
    }
    (requests, limits)
}

fn fill(
    container: &mut Value,
    (field, word): (&str, &str),
    given: &BTreeMap<String, Value>,
    what: &str,
    notes: &mut Vec<String>,
) {
    let mut filled = Vec::new();
    for (name, amount) in given {
        if container["resources"][field][name].is_null() {
            set(container, &["resources", field, name], amount.clone());
            filled.push(name.as_str());
        }
    }
    if !filled.is_empty() {
        notes.push(format!("{} {word} for {what} {}", filled.join(", "), text(container, "/name")));
    }
}

/// Refuses a Pod or PersistentVolumeClaim that is out of bounds.
pub(crate) fn check(store: &Store, kind: &Kind, object: &Value) -> Result<(), ApiError> {
    let check: fn(&Value, &Value, &mut Vec<String>) = match &*kind.resource {
        "pods" => check_pod,
        "persistentvolumeclaims" => check_claim,
        _ => return Ok(()),
    };
    let (ranges, _) = store.list("limitranges", Some(object::namespace(object)));
    for range in &ranges {
        let mut errors = Vec::new();
        for limit in list(&range.object, "/spec/limits") {
            check(limit, object, &mut errors);
        }
        let detail = match errors.as_slice() {
            [] => continue,
            [one] => one.clone(),
            many => format!("[{}]", many.join(", ")),
        };
        let name = match object::name(object) {
            "" => text(object, "/metadata/generateName"),
            name => name,
        };
        return Err(ApiError::forbidden(kind, name, &detail));
    }
    Ok(())
}

fn check_claim(limit: &Value, claim: &Value, errors: &mut Vec<String>) {
    if limit["type"] == "PersistentVolumeClaim" {
        let requests = Amount::all(&claim["spec"]["resources"]["requests"]);
        let unlimited = json!({"min": limit["min"]});
        Bounds { limit: &unlimited, of: "PersistentVolumeClaim" }.check(&requests, &requests, errors);
        // Claims have no limits: what they request is what they may have.
        for (name, most) in Amount::all(&limit["max"]) {
            if let Some(request) = requests.get(&name).filter(|request| **request > most) {
                let of = "PersistentVolumeClaim";
                errors.push(format!("maximum {name} usage per {of} is {most}, but request is {request}"));
            }
        }
    }
}

fn check_pod(limit: &Value, pod: &Value, errors: &mut Vec<String>) {
    let resources = |container: &Value, field: &str| Amount::all(&container["resources"][field]);
    let (containers, inits) = (list(pod, "/spec/containers"), list(pod, "/spec/initContainers"));
    match text(limit, "/type") {
        "Container" => {
            for container in containers.iter().chain(inits) {
                let bounds = Bounds { limit, of: "Container" };
                bounds.check(&resources(container, "requests"), &resources(container, "limits"), errors);
            }
        }
        "Pod" => {
            let whole = |field: &str| {
                let all: Vec<_> = containers.iter().map(|container| resources(container, field)).collect();
                let mut sum = of_all(&all);
                for container in inits {
                    raise(&mut sum, &resources(container, field));
                }
                sum
            };
            Bounds { limit, of: "Pod" }.check(&whole("requests"), &whole("limits"), errors);
        }
        _ => {}
    }
}

/// The sums of what all of them have.
fn of_all(all: &[Amounts]) -> Amounts {
    let mut sum = Amounts::new();
    for one in all {
        add(&mut sum, one);
    }
    sum.retain(|name, _| all.iter().all(|one| one.contains_key(name)));
    sum
}

/// The bounds of one item of a LimitRange.
struct Bounds<'a> {
    limit: &'a Value,
    /// What they are the bounds of.
    of: &'static str,
}

impl Bounds<'_> {
    fn check(&self, requests: &Amounts, limits: &Amounts, errors: &mut Vec<String>) {
        let of = self.of;
        for (name, least) in Amount::all(&self.limit["min"]) {
            let usage = format!("minimum {name} usage per {of} is {least}");
            match (requests.get(&name), limits.get(&name)) {
                (None, _) => errors.push(format!("{usage}.  No request is specified")),
                (Some(request), _) if *request < least => errors.push(format!("{usage}, but request is {request}")),
                (_, Some(limit)) if *limit < least => errors.push(format!("{usage}, but limit is {limit}")),
                _ => {}
            }
        }
        for (name, most) in Amount::all(&self.limit["max"]) {
            let usage = format!("maximum {name} usage per {of} is {most}");
            match (limits.get(&name), requests.get(&name)) {
                (None, _) => errors.push(format!("{usage}.  No limit is specified")),
                (Some(limit), _) if *limit > most => errors.push(format!("{usage}, but limit is {limit}")),
                (_, Some(request)) if *request > most => errors.push(format!("{usage}, but request is {request}")),
                _ => {}
            }
        }
        for (name, most) in Amount::all(&self.limit["maxLimitRequestRatio"]) {
            let ratio = format!("{name} max limit to request ratio per {of} is {most}");
            let some = |amounts: &Amounts| amounts.get(&name).copied().filter(|amount| !amount.is_zero());
            match (some(requests), some(limits)) {
                (None, _) => errors.push(format!("{ratio}, but no request is specified or request is 0")),
                (_, None) => errors.push(format!("{ratio}, but no limit is specified or limit is 0")),
                (Some(request), Some(limit)) => {
                    let provided = limit.ratio(request);
                    if provided > most.ratio(Amount::count(1)) {
                        errors.push(format!("{ratio}, but provided ratio is {provided:.6}"));
                    }
                }
            }
        }
    }
}
