//! Namespaces, Nodes, Events, Leases and other kinds that the cluster itself works with.

use jiff::Timestamp;
use serde_json::{Value, json};

use super::Rules;
use super::columns::{self, AGE, Column, NAME, or_none, since};
use crate::api::status::FieldError;
use crate::store::object::{integer, is_terminating, list, set_default, text};

/// Rules of Namespace.
pub(super) const NAMESPACE: Rules = Rules {
    defaults: |namespace| {
        if !is_terminating(namespace) {
            set_default(namespace, &["spec", "finalizers"], json!(["kubernetes"]));
        }
        let name = text(namespace, "/metadata/name").to_owned();
        if !name.is_empty() {
            crate::store::object::set(namespace, &["metadata", "labels", "kubernetes.io/metadata.name"], name);
        }
        set_default(namespace, &["status", "phase"], "Active");
    },
    columns: &[NAME, Column::text("Status"), AGE],
    row: |namespace, now| {
        vec![columns::name(namespace), json!(text(namespace, "/status/phase")), columns::age(namespace, now)]
    },
    ..Rules::PLAIN
};

/// Rules of Node.
pub(super) const NODE: Rules = Rules {
    columns: &[
        NAME,
        Column::text("Status"),
        Column::text("Roles"),
        AGE,
        Column::text("Version"),
        Column::wide("Internal-IP"),
        Column::wide("External-IP"),
        Column::wide("OS-Image"),
        Column::wide("Kernel-Version"),
        Column::wide("Container-Runtime"),
    ],
    row: node_row,
    ..Rules::PLAIN
};

/// Rules of Event, in both of its groups.
pub(super) const EVENT: Rules = Rules {
    columns: &[
        Column::text("Last Seen"),
        Column::text("Type"),
        Column::text("Reason"),
        Column::text("Object"),
        Column::wide("Subobject"),
        Column::wide("Source"),
        Column::text("Message"),
        Column::wide("First Seen"),
        Column::wide("Count"),
        Column::wide("Name"),
    ],
    row: event_row,
    ..Rules::PLAIN
};

/// Rules of Lease.
pub(super) const LEASE: Rules = Rules {
    columns: &[NAME, Column::text("Holder"), AGE],
    row: |lease, now| vec![columns::name(lease), json!(text(lease, "/spec/holderIdentity")), columns::age(lease, now)],
    ..Rules::PLAIN
};

/// Rules of PriorityClass.
pub(super) const PRIORITY_CLASS: Rules = Rules {
    defaults: |class| set_default(class, &["preemptionPolicy"], "PreemptLowerPriority"),
    validate: validate_priority_class,
    validate_update: |new, old, errors| {
        if new["value"] != old["value"] {
            errors.push(FieldError::forbidden("value", "may not be changed in an update."));
        }
        if new["preemptionPolicy"] != old["preemptionPolicy"] {
            let given = new["preemptionPolicy"].clone();
            errors.push(FieldError::invalid("preemptionPolicy", given, "field is immutable"));
        }
    },
    columns: &[
        NAME,
        Column::number("Value"),
        Column { name: "Global-Default", of: "boolean", priority: 0 },
        AGE,
        Column::text("PreemptionPolicy"),
    ],
    row: |class, now| {
        vec![
            columns::name(class),
            columns::count(class, "/value"),
            json!(class["globalDefault"] == true),
            columns::age(class, now),
            json!(text(class, "/preemptionPolicy")),
        ]
    },
};

/// The priority classes that every cluster has: name, value, description.
pub(crate) const SYSTEM_CLASSES: [(&str, i64, &str); 2] = [
    (
        "system-node-critical",
        2_000_001_000,
        "Used for system critical pods that must not be moved from their current node.",
    ),
    (
        "system-cluster-critical",
        2_000_000_000,
        "Used for system critical pods that must run in the cluster, but can be moved to another node if necessary.",
    ),
];

/// The highest value that people may give a class.
const HIGHEST_PRIORITY: i64 = 1_000_000_000;

fn validate_priority_class(class: &Value, errors: &mut Vec<FieldError>) {
    let (name, value) = (text(class, "/metadata/name"), integer(class, "/value").unwrap_or(0));
    if name.starts_with("system-") {
        let known = SYSTEM_CLASSES.iter().find(|(known, ..)| *known == name);
        let wrong = match known {
            None => format!("{name} is not a known system priority class"),
            Some((_, wanted, _)) if *wanted != value => format!("value of {name} PriorityClass must be {wanted}"),
            Some(_) if class["globalDefault"] == true => format!("globalDefault of {name} PriorityClass must be false"),
            Some(_) => return,
        };
        let detail =
            format!("priority class names with 'system-' prefix are reserved for system use only. error: {wrong}");
        errors.push(FieldError::forbidden("metadata.name", &detail));
    } else if value > HIGHEST_PRIORITY {
        let detail = format!("maximum allowed value of a user defined priority is {HIGHEST_PRIORITY}");
        errors.push(FieldError::forbidden("value", &detail));
    }
    let (policy, policies) = (text(class, "/preemptionPolicy"), ["PreemptLowerPriority", "Never"]);
    if !policies.contains(&policy) {
        errors.push(FieldError::not_supported("preemptionPolicy", policy, &policies));
    }
}

fn node_row(node: &Value, now: Timestamp) -> Vec<Value> {
    let ready = list(node, "/status/conditions").iter().find(|one| one["type"] == "Ready");
    let mut status = match ready.map(|one| text(one, "/status")) {
        Some("True") => "Ready".to_owned(),
        Some(_) => "NotReady".to_owned(),
        None => "Unknown".to_owned(),
    };
    if node["spec"]["unschedulable"] == true {
        status.push_str(",SchedulingDisabled");
    }
    let labels = node.pointer("/metadata/labels").and_then(Value::as_object);
    let roles: Vec<_> = labels
        .into_iter()
        .flat_map(|labels| labels.keys())
        .filter_map(|key| key.strip_prefix("node-role.kubernetes.io/"))
        .collect();
    let address = |of: &str| {
        let all = list(node, "/status/addresses");
        all.iter().find(|one| one["type"] == of).map_or("<none>", |one| text(one, "/address")).to_owned()
    };
    vec![
        columns::name(node),
        json!(status),
        json!(if roles.is_empty() { "<none>".to_owned() } else { roles.join(",") }),
        columns::age(node, now),
        json!(text(node, "/status/nodeInfo/kubeletVersion")),
        json!(address("InternalIP")),
        json!(address("ExternalIP")),
        or_none(node, "/status/nodeInfo/osImage"),
        or_none(node, "/status/nodeInfo/kernelVersion"),
        or_none(node, "/status/nodeInfo/containerRuntimeVersion"),
    ]
}

fn event_row(event: &Value, now: Timestamp) -> Vec<Value> {
    // The two groups name the same things differently.
    let either = |core: &str, events: &str| match text(event, core) {
        "" => text(event, events).to_owned(),
        found => found.to_owned(),
    };
    let any = |pointers: &[&str]| {
        let found = pointers.iter().map(|pointer| text(event, pointer)).find(|text| !text.is_empty());
        found.unwrap_or_default().to_owned()
    };
    let first = any(&["/firstTimestamp", "/deprecatedFirstTimestamp", "/eventTime"]);
    let last = any(&["/lastTimestamp", "/deprecatedLastTimestamp", "/series/lastObservedTime"]);
    let last = if last.is_empty() { first.clone() } else { last };
    let kind = either("/involvedObject/kind", "/regarding/kind").to_lowercase();
    let name = either("/involvedObject/name", "/regarding/name");
    let component = either("/source/component", "/reportingController");
    let host = text(event, "/source/host");
    let count =
        ["/count", "/deprecatedCount", "/series/count"].iter().find_map(|count| integer(event, count)).unwrap_or(1);
    vec![
        json!(since(&last, now)),
        json!(text(event, "/type")),
        json!(text(event, "/reason")),
        json!(if name.is_empty() { kind } else { format!("{kind}/{name}") }),
        json!(either("/involvedObject/fieldPath", "/regarding/fieldPath")),
        json!(if host.is_empty() { component } else { format!("{component}, {host}") }),
        json!(either("/message", "/note").trim()),
        json!(since(&first, now)),
        json!(count),
        columns::name(event),
    ]
}
