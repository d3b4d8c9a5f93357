//! The kinds the API serves: one table, and a file of rules for each family.

mod admission_rules;
pub(crate) mod api_service;
mod autoscaling;
mod batch;
pub(crate) mod certificate_requests;
mod columns;
mod configuration;
mod containers;
pub(crate) mod cron_schedule;
pub(crate) mod custom;
mod descriptions;
mod devices;
mod flow_control;
mod inert;
pub(crate) mod metrics;
pub(crate) mod names;
mod networking;
mod pod_template;
mod pods;
mod policies;
mod quantity;
mod quota;
mod rbac;
mod registry;
mod replication_controller;
pub(crate) mod runtime_class;
mod services;
mod storage;
mod storage_drivers;
pub(crate) mod summary;
mod system;
mod webhooks;
mod workloads;

use std::sync::Arc;

use jiff::Timestamp;
use serde_json::{Map, Value};

use crate::api::status::FieldError;
pub(crate) use columns::{Column, NAME};
pub(crate) use descriptions::description;
pub(crate) use inert::warning;
pub(crate) use names::{no_new_finalizers, validate_metadata};
pub(crate) use pods::{effective_policy, ephemeral};
pub(crate) use quantity::quantity;
pub(crate) use registry::{Registry, built_in, built_in_named, is_registered};
pub(crate) use system::SYSTEM_CLASSES;
pub(crate) use workloads::{count_template, percent_of, selector_matches};

/// What one kind needs beyond storage.
pub(crate) struct Rules {
    /// Fills in what was left out.
    pub(crate) defaults: fn(&mut Value),
    /// Errors of a new or changed object.
    pub(crate) validate: fn(&Value, &mut Vec<FieldError>),
    /// Errors of a change: new object, old object.
    pub(crate) validate_update: fn(&Value, &Value, &mut Vec<FieldError>),
    /// Columns of its Table; the cells come from `row` in the same order.
    pub(crate) columns: &'static [Column],
    pub(crate) row: fn(&Value, Timestamp) -> Vec<Value>,
}

impl Rules {
    /// A kind with a name and an age.
    pub(crate) const PLAIN: Self = Self {
        defaults: |_| (),
        validate: |_, _| (),
        validate_update: |_, _, _| (),
        columns: columns::NAME_AND_AGE,
        row: columns::name_and_age,
    };
}

/// What becomes of the objects of a kind.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Treatment {
    /// They are stored, and what a real cluster does with them happens.
    Kept,
    /// They are stored and shown, but what a real cluster does with them does not happen; writers are warned of that
    /// with the words that `inert.rs` has.
    Inert(&'static str),
    /// They are answered and not stored (access reviews).
    Answered,
    /// They are measured when they are read (the metrics API).
    Measured,
}

/// A kind of object that the API serves.
#[expect(clippy::struct_field_names, reason = "`kind` is what Kubernetes calls the name of a kind")]
pub(crate) struct Kind {
    /// Empty for the core group.
    pub(crate) group: String,
    pub(crate) version: String,
    pub(crate) kind: String,
    pub(crate) plural: String,
    pub(crate) singular: String,
    /// The group-qualified resource: `deployments.apps`, `pods`.
    pub(crate) resource: Arc<str>,
    pub(crate) short_names: Vec<String>,
    pub(crate) categories: Vec<String>,
    pub(crate) namespaced: bool,
    pub(crate) treatment: Treatment,
    pub(crate) subresources: Vec<String>,
    /// The short name of its type in the schema.
    pub(crate) schema: String,
    /// What its CustomResourceDefinition says of it, if one defines it.
    pub(crate) custom: Option<Arc<custom::Definition>>,
    /// `metadata.generation` counts changes of the spec.
    pub(crate) counts_generations: bool,
    pub(crate) rules: &'static Rules,
}

impl Kind {
    /// `v1`, `apps/v1`.
    pub(crate) fn api_version(&self) -> String {
        if self.group.is_empty() { self.version.clone() } else { format!("{}/{}", self.group, self.version) }
    }

    /// The first part of the group's name, `core` for the core group.
    pub(crate) fn family(&self) -> &str {
        match self.group.split('.').next() {
            None | Some("") => "core",
            Some(first) => first,
        }
    }

    /// Whether a CustomResourceDefinition defines it.
    pub(crate) fn is_custom(&self) -> bool {
        self.custom.is_some()
    }

    /// Whether all its objects can be deleted at once (`rest.CollectionDeleter`).
    pub(crate) fn allows_collection_deletion(&self) -> bool {
        !matches!((self.group.as_str(), self.kind.as_str()), ("", "Namespace"))
    }

    /// Whether a change counts in `metadata.generation`.
    pub(crate) fn counts_change(&self, old: &Value, new: &Value) -> bool {
        let differs = |pointer: &str| old.pointer(pointer) != new.pointer(pointer);
        if self.kind == "CSIDriver" && !self.is_custom() {
            // The first generation is that of the first change that counts (`csiDriverStrategy.PrepareForUpdate`).
            return ["/spec/tokenRequests", "/spec/requiresRepublish", "/spec/seLinuxMount"].into_iter().any(differs);
        }
        if !self.counts_generations {
            return false;
        }
        if let Some(custom) = &self.custom {
            return custom.counts_change(old, new);
        }
        match self.kind.as_str() {
            "EndpointSlice" => ["/endpoints", "/ports", "/addressType", "/metadata/labels"].into_iter().any(differs),
            "ValidatingWebhookConfiguration" | "MutatingWebhookConfiguration" => differs("/webhooks"),
            "PodTemplate" => differs("/template"),
            _ => differs("/spec"),
        }
    }

    /// Where etcd keeps its objects, as some errors tell (`k8s.io/kubernetes/pkg/registry`).
    pub(crate) fn storage_prefix(&self) -> String {
        match (self.group.as_str(), self.plural.as_str()) {
            ("", "services") => "services/specs".to_owned(),
            ("", "endpoints") => "services/endpoints".to_owned(),
            ("", "nodes") => "minions".to_owned(),
            ("", "replicationcontrollers") => "controllers".to_owned(),
            ("networking.k8s.io", "ingresses") => "ingress".to_owned(),
            ("coordination.k8s.io", plural) => plural.to_owned(),
            (group, plural)
                if self.is_custom() || ["apiextensions.k8s.io", "apiregistration.k8s.io"].contains(&group) =>
            {
                format!("{group}/{plural}")
            }
            (_, plural) => plural.to_owned(),
        }
    }

    pub(crate) fn has(&self, subresource: &str) -> bool {
        self.subresources.iter().any(|one| one == subresource)
    }

    /// The verbs discovery lists.
    pub(crate) fn verbs(&self) -> &'static [&'static str] {
        match self.treatment {
            Treatment::Answered => &["create"],
            Treatment::Measured => &["get", "list"],
            Treatment::Kept | Treatment::Inert(_) if !self.allows_collection_deletion() => {
                &["create", "delete", "get", "list", "patch", "update", "watch"]
            }
            Treatment::Kept | Treatment::Inert(_) => {
                &["create", "delete", "deletecollection", "get", "list", "patch", "update", "watch"]
            }
        }
    }

    /// An object of this kind that has only what is given.
    pub(crate) fn object(&self, metadata: Value) -> Value {
        let mut object = Map::new();
        object.insert("apiVersion".into(), self.api_version().into());
        object.insert("kind".into(), self.kind.clone().into());
        object.insert("metadata".into(), metadata);
        Value::Object(object)
    }
}

impl std::fmt::Debug for Kind {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Kind({})", self.resource)
    }
}
