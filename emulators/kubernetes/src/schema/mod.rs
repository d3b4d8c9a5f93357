//! The shapes of Kubernetes' types: field types, list keys and merge keys.
//!
//! Read from the `*.schema` files of this crate, which state what the OpenAPI and protobuf
//! descriptions of Kubernetes 1.34 say. Validation, the patch engines, server-side apply, OpenAPI
//! answers and protobuf decoding all go by this one table.

mod check;
mod parse;

use std::collections::{BTreeMap, HashMap};
use std::sync::LazyLock;

use serde_json::Value;

pub(crate) use check::{Problem, problems, prune};

/// A type of a field or list item.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Type {
    String,
    Boolean,
    Int32,
    Int64,
    Double,
    Quantity,
    IntOrString,
    Time,
    MicroTime,
    Bytes,
    /// Anything: free-form JSON.
    Any,
    List(Box<Type>),
    Map(Box<Type>),
    /// A struct, as its place in the table.
    Struct(usize),
}

/// How a list merges (`x-kubernetes-list-type`).
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum ListType {
    Atomic,
    Set,
    Map(Vec<String>),
}

/// A field of a struct.
#[derive(Debug, Clone)]
#[expect(clippy::struct_excessive_bools, reason = "each is a flag of its own in Kubernetes' description")]
pub(crate) struct Field {
    /// The field number in the protobuf encoding; 0 when it is not part of it.
    pub(crate) number: u32,
    pub(crate) of: Type,
    pub(crate) required: bool,
    pub(crate) list: ListType,
    /// Replaced as a whole (`x-kubernetes-map-type: atomic`).
    pub(crate) atomic: bool,
    /// `x-kubernetes-patch-merge-key`; empty for lists of scalars that merge.
    pub(crate) merge_key: Option<String>,
    /// `x-kubernetes-patch-strategy: retainKeys`.
    pub(crate) retain_keys: bool,
    pub(crate) default: Option<String>,
    /// A number or boolean for which zero is a value; elsewhere zero means absent.
    pub(crate) pointer: bool,
}

/// A struct type.
#[derive(Debug)]
pub(crate) struct Struct {
    /// The OpenAPI name, such as `io.k8s.api.core.v1.Pod`.
    pub(crate) name: String,
    pub(crate) fields: BTreeMap<String, Field>,
    /// Fields that are not listed are allowed (custom resources).
    pub(crate) open: bool,
}

/// All known structs.
#[derive(Debug)]
pub(crate) struct Schemas {
    structs: Vec<Struct>,
    by_name: HashMap<String, usize>,
}

static SCHEMAS: LazyLock<Schemas> = LazyLock::new(parse::built_in);

/// The table.
pub(crate) fn schemas() -> &'static Schemas {
    &SCHEMAS
}

impl Schemas {
    pub(crate) fn get(&self, index: usize) -> Option<&Struct> {
        self.structs.get(index)
    }

    /// The shape of a kind by its short name, such as `apps.v1.Deployment`; open when unknown.
    pub(crate) fn root(&'static self, name: &str) -> Shape {
        let index = self.by_name.get(name).or_else(|| self.by_name.get(CUSTOM));
        Shape { of: index.map_or(Type::Any, |index| Type::Struct(*index)), field: None }
    }
}

/// The short name of the open struct that custom resources have.
pub(crate) const CUSTOM: &str = "custom.v1.Resource";

/// A place in the schema: a type, and the field it is the value of.
#[derive(Debug, Clone)]
pub(crate) struct Shape {
    pub(crate) of: Type,
    pub(crate) field: Option<&'static Field>,
}

impl Shape {
    const ANY: Self = Self { of: Type::Any, field: None };

    /// The struct that is here, if one is.
    pub(crate) fn fields(&self) -> Option<&'static Struct> {
        match self.of {
            Type::Struct(index) => schemas().get(index),
            _ => None,
        }
    }

    /// Whether `name` is declared by the struct that is here.
    pub(crate) fn declares(&self, name: &str) -> bool {
        self.fields().is_some_and(|one| one.fields.contains_key(name))
    }

    /// The shape of a member of an object.
    pub(crate) fn child(&self, name: &str) -> Self {
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
    pub(crate) fn item(&self) -> Self {
        match &self.of {
            Type::List(of) => Self { of: (**of).clone(), field: None },
            _ => Self::ANY,
        }
    }

    /// How the list here merges under server-side apply; lists of unknown shape are atomic.
    pub(crate) fn list_type(&self) -> &'static ListType {
        self.field.map_or(&ListType::Atomic, |field| &field.list)
    }

    /// Whether the object here is replaced as a whole under server-side apply.
    pub(crate) fn is_atomic(&self) -> bool {
        self.field.is_some_and(|field| field.atomic)
    }

    /// The merge key of the list here under a strategic merge patch; empty for scalars.
    pub(crate) fn merge_key(&self) -> Option<&'static str> {
        self.field?.merge_key.as_deref()
    }

    /// The value of key field `name` of a list item, completed with its default.
    pub(crate) fn key_value(&self, item: &Value, name: &str) -> Option<Value> {
        if let Some(value) = item.get(name) {
            return Some(value.clone());
        }
        let default = self.fields()?.fields.get(name)?.default.clone()?;
        Some(Value::String(default))
    }
}
