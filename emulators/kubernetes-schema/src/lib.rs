//! The shapes of Kubernetes' types: field types, list keys and merge keys.
//!
//! Read from the `*.schema` files of this crate, which state what the OpenAPI and protobuf
//! descriptions of Kubernetes 1.34 say. Both emulators go by this one table: the cluster's validation,
//! patch engines, server-side apply, OpenAPI answers and protobuf decoding, and the hub's function
//! `validate`.

mod canonical;
mod check;
mod parse;
mod quantity;

use std::collections::{BTreeMap, HashMap};
use std::sync::LazyLock;

use serde_json::Value;

pub use canonical::canonical;
pub use check::{Problem, missing, problems};
pub use quantity::{Format, MOST_NANOS, NANO, Quantity, canonical_quantity};

/// A type of a field or list item.
#[derive(Debug, Clone, PartialEq)]
pub enum Type {
    /// Text.
    String,
    /// True or false.
    Boolean,
    /// A whole number of 32 bits.
    Int32,
    /// A whole number of 64 bits.
    Int64,
    /// A number.
    Double,
    /// An amount such as `500m`: text, or a number.
    Quantity,
    /// A whole number or text, as ports have it.
    IntOrString,
    /// An RFC 3339 time in seconds.
    Time,
    /// An RFC 3339 time in microseconds.
    MicroTime,
    /// Base64.
    Bytes,
    /// Anything: free-form JSON.
    Any,
    /// A list of one type.
    List(Box<Type>),
    /// A map from text.
    Map(Box<Type>),
    /// A struct, as its place in the table.
    Struct(usize),
}

/// How a list merges (`x-kubernetes-list-type`).
#[derive(Debug, Clone, PartialEq)]
pub enum ListType {
    /// Replaced as a whole.
    Atomic,
    /// Of scalars, each of them once.
    Set,
    /// Of objects, each known by these fields.
    Map(Vec<String>),
}

/// A field of a struct.
#[derive(Debug, Clone)]
#[expect(clippy::struct_excessive_bools, reason = "each is a flag of its own in Kubernetes' description")]
pub struct Field {
    /// The field number in the protobuf encoding; 0 when it is not part of it.
    pub number: u32,
    /// Its type.
    pub of: Type,
    /// Whether the object must have it.
    pub required: bool,
    /// How a list merges; `Atomic` for what is none.
    pub list: ListType,
    /// Replaced as a whole (`x-kubernetes-map-type: atomic`).
    pub atomic: bool,
    /// `x-kubernetes-patch-merge-key`; empty for lists of scalars that merge.
    pub merge_key: Option<String>,
    /// `x-kubernetes-patch-strategy: retainKeys`.
    pub retain_keys: bool,
    /// The default of a list's key field.
    pub default: Option<String>,
    /// The number of the message within which `number` counts, for structs that Go inlines; else 0.
    pub within: u32,
    /// A pointer in Go: zero and empty are values; elsewhere they mean absent.
    pub pointer: bool,
    /// Written also when it is empty (no `omitempty` in Go).
    pub always: bool,
}

/// A struct type.
#[derive(Debug)]
pub struct Struct {
    /// The OpenAPI name, such as `io.k8s.api.core.v1.Pod`.
    pub name: String,
    /// By name.
    pub fields: BTreeMap<String, Field>,
    /// Fields that are not listed are allowed (custom resources).
    pub open: bool,
}

/// All known structs.
#[derive(Debug)]
pub struct Schemas {
    structs: Vec<Struct>,
    by_name: HashMap<String, usize>,
}

static SCHEMAS: LazyLock<Schemas> = LazyLock::new(parse::built_in);

/// Kubernetes' API groups, and how short names call them.
const GROUPS: [(&str, &str); 21] = [
    ("", "core"),
    ("admissionregistration.k8s.io", "admissionregistration"),
    ("apiextensions.k8s.io", "apiextensions"),
    ("apiregistration.k8s.io", "apiregistration"),
    ("apps", "apps"),
    ("authentication.k8s.io", "authentication"),
    ("authorization.k8s.io", "authorization"),
    ("autoscaling", "autoscaling"),
    ("batch", "batch"),
    ("certificates.k8s.io", "certificates"),
    ("coordination.k8s.io", "coordination"),
    ("discovery.k8s.io", "discovery"),
    ("events.k8s.io", "events"),
    ("flowcontrol.apiserver.k8s.io", "flowcontrol"),
    ("networking.k8s.io", "networking"),
    ("node.k8s.io", "node"),
    ("policy", "policy"),
    ("rbac.authorization.k8s.io", "rbac"),
    ("resource.k8s.io", "resource"),
    ("scheduling.k8s.io", "scheduling"),
    ("storage.k8s.io", "storage"),
];

/// The table.
pub fn schemas() -> &'static Schemas {
    &SCHEMAS
}

impl Schemas {
    /// The struct at a place of the table.
    pub fn get(&self, index: usize) -> Option<&Struct> {
        self.structs.get(index)
    }

    /// The shape of a built-in kind as a manifest names it, such as `Deployment` of `apps/v1`; `None` for
    /// one that is not in the table.
    pub fn kind(&'static self, api_version: &str, kind: &str) -> Option<Shape> {
        let (group, version) = api_version.split_once('/').unwrap_or(("", api_version));
        let (_, package) = GROUPS.iter().find(|(name, _)| *name == group)?;
        let index = *self.by_name.get(&format!("{package}.{version}.{kind}"))?;
        let shape = Shape { of: Type::Struct(index), field: None };
        let is_kind = ["apiVersion", "kind", "metadata"].into_iter().all(|field| shape.declares(field));
        is_kind.then_some(shape)
    }

    /// The shape of a kind by its short name, such as `apps.v1.Deployment`; open when unknown.
    pub fn root(&'static self, name: &str) -> Shape {
        let index = self.by_name.get(name).or_else(|| self.by_name.get(CUSTOM));
        Shape { of: index.map_or(Type::Any, |index| Type::Struct(*index)), field: None }
    }
}

/// The short name of the open struct that custom resources have.
pub const CUSTOM: &str = "custom.v1.Resource";

/// A place in the schema: a type, and the field it is the value of.
#[derive(Debug, Clone)]
pub struct Shape {
    /// What is here.
    pub of: Type,
    /// The field that it is the value of; `None` for roots and items.
    pub field: Option<&'static Field>,
}

impl Shape {
    const ANY: Self = Self { of: Type::Any, field: None };

    /// The struct that is here, if one is.
    pub fn fields(&self) -> Option<&'static Struct> {
        match self.of {
            Type::Struct(index) => schemas().get(index),
            _ => None,
        }
    }

    /// Whether `name` is declared by the struct that is here.
    pub fn declares(&self, name: &str) -> bool {
        self.fields().is_some_and(|one| one.fields.contains_key(name))
    }

    /// The shape of a member of an object.
    #[must_use]
    pub fn child(&self, name: &str) -> Self {
        match &self.of {
            Type::Struct(_) => self
                .fields()
                .and_then(|one| one.fields.get(name))
                .map_or(Self::ANY, |field| Self { of: field.of.clone(), field: Some(field) }),
            Type::Map(of) => Self { of: (**of).clone(), field: None },
            _ => Self::ANY,
        }
    }

    /// The shape of an item of a list.
    #[must_use]
    pub fn item(&self) -> Self {
        match &self.of {
            Type::List(of) => Self { of: (**of).clone(), field: None },
            _ => Self::ANY,
        }
    }

    /// How the list here merges under server-side apply; lists of unknown shape are atomic.
    pub fn list_type(&self) -> &'static ListType {
        self.field.map_or(&ListType::Atomic, |field| &field.list)
    }

    /// Whether the object here is replaced as a whole under server-side apply.
    pub fn is_atomic(&self) -> bool {
        self.field.is_some_and(|field| field.atomic)
    }

    /// The merge key of the list here under a strategic merge patch; empty for scalars.
    pub fn merge_key(&self) -> Option<&'static str> {
        self.field?.merge_key.as_deref()
    }

    /// The value of key field `name` of a list item, completed with its default.
    pub fn key_value(&self, item: &Value, name: &str) -> Option<Value> {
        if let Some(value) = item.get(name) {
            return Some(value.clone());
        }
        let default = self.fields()?.fields.get(name)?.default.clone()?;
        Some(Value::String(default))
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn kinds_are_known_by_their_group() {
        for (api_version, kind, known) in [
            ("v1", "Service", true),
            ("apps/v1", "Deployment", true),
            ("rbac.authorization.k8s.io/v1", "Role", true),
            ("apps/v1beta1", "Deployment", false),
            ("apps.example.org/v1", "Deployment", false),
            ("apps/v1", "DeploymentSpec", false),
            ("v1", "ObjectReference", false),
            ("v1", "deployment", false),
        ] {
            assert_eq!(schemas().kind(api_version, kind).is_some(), known, "{api_version} {kind}");
        }
    }

    #[test]
    fn what_a_document_lacks_is_told_with_its_place() {
        let document = json!({
            "apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": "web"},
            "spec": {"selector": {}, "template": {"spec": {"containers": [{"name": "a"}, {"image": "b"}]}}},
        });
        let Some(shape) = schemas().kind("apps/v1", "Deployment") else { unreachable!("it is in the table") };
        let place = |path: &str, name: &str| (path.to_owned(), name.to_owned());
        assert_eq!(missing(&document, &shape), [place("spec.template.spec.containers[1]", "name")]);
        let empty = json!({"apiVersion": "apps/v1", "kind": "Deployment", "spec": {"selector": null}});
        assert_eq!(missing(&empty, &shape), [place("spec", "selector"), place("spec", "template")]);
    }
}
