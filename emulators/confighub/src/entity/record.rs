//! What all entities can do, for the generic operations.

use std::collections::BTreeSet;

use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value as Json;
use uuid::Uuid;

use super::{Kind, Metadata};
use crate::api::Call;
use crate::error::ApiError;
use crate::store::{Store, Table};
use crate::where_clause::{Row, Value};

/// Anything the store keeps.
pub(crate) trait Record {
    /// Its type.
    fn kind(&self) -> Kind;
    /// The value of an attribute of its schema.
    fn value(&self, attribute: &str) -> Value<'_>;
    /// The entities it refers to.
    fn relations(&self) -> Vec<Relation> {
        Vec::new()
    }
    /// Its JSON encoding.
    fn json(&self) -> Json;
    /// The same without what is long: [`Particular::without_contents`].
    fn outline(&self) -> Json {
        self.json()
    }
    /// Appends its JSON encoding to a text.
    fn encode(&self, text: &mut Vec<u8>) {
        let _memory_takes_all = serde_json::to_writer(text, &self.json());
    }
}

/// A reference from one entity to another.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Relation {
    /// The word that asks for it in `include`, such as `TargetID`.
    pub(crate) include: &'static str,
    /// The key in envelopes and the prefix in clauses, such as `Target`.
    pub(crate) key: &'static str,
    /// What it leads to; `None` when it is not set.
    pub(crate) to: Option<(Kind, Uuid)>,
}

impl Relation {
    pub(crate) fn new(include: &'static str, key: &'static str, kind: Kind, id: impl Into<Option<Uuid>>) -> Self {
        Self { include, key, to: id.into().map(|id| (kind, id)) }
    }
}

/// An entity with a slug, in a space or (for spaces) in the organization.
pub(crate) trait Entity: Record + Clone + Default + Serialize + DeserializeOwned + 'static {
    const KIND: Kind;
    /// The fields that clients may set, beyond [`Metadata::WRITABLE`].
    const WRITABLE: &'static [&'static str];
    /// The fields that a client must set on creation, beyond `Slug`.
    const REQUIRED: &'static [&'static str];

    fn metadata(&self) -> &Metadata;
    fn metadata_mut(&mut self) -> &mut Metadata;
    fn id(&self) -> Uuid;
    fn set_id(&mut self, id: Uuid);
    fn table(store: &Store) -> &Table<Self>;
    fn table_mut(store: &mut Store) -> &mut Table<Self>;

    /// Checks what the types cannot say, such as that what it refers to exists.
    fn check(&self, _store: &Store) -> Result<(), ApiError> {
        Ok(())
    }

    /// Takes over what its JSON encoding does not show.
    fn inherit(&mut self, _from: &Self) {}

    /// Fills in what follows from other fields.
    fn derive(&mut self, _store: &Store) {}

    /// Follows a creation, change or deletion up in other entities.
    fn follow_up(&self, _store: &mut Store, _call: &Call<'_>) {}

    /// Makes what it cannot be without, once nothing else is against its creation or change.
    fn prepare(&mut self, _store: &mut Store, _call: &Call<'_>) -> Result<(), ApiError> {
        Ok(())
    }

    /// Refuses a deletion that would leave something behind.
    fn check_deletion(&self, _store: &Store, _call: &Call<'_>) -> Result<(), ApiError> {
        Ok(())
    }
}

/// The fields that can be long; see [`Particular::without_contents`].
pub(crate) const CONTENTS: [&str; 4] = ["Data", "LiveState", "MutationSources", "Outputs"];

/// What an entity has beyond its metadata and its id, for [`record!`] and [`entity!`].
pub(crate) trait Particular {
    /// Attributes of its own that are UUIDs by which it is looked up; see [`crate::store::Stored`].
    const INDEXED: &'static [&'static str] = &[];

    /// The value of an attribute of its own.
    fn own_value(&self, _attribute: &str) -> Option<Value<'_>> {
        None
    }

    /// The entities it refers to beside its organization and space.
    fn own_relations(&self) -> Vec<Relation> {
        Vec::new()
    }

    /// A copy with its [`CONTENTS`] empty, if it has any.
    fn without_contents(&self) -> Option<Self>
    where
        Self: Sized,
    {
        None
    }
}

/// A record where it is kept, so that clauses can follow its relations.
pub(crate) struct Located<'a> {
    record: &'a dyn Record,
    store: &'a Store,
    readable: Option<&'a BTreeSet<Uuid>>,
}

impl<'a> Located<'a> {
    /// A record for a clause whose outcome tells nobody of what it may not read, such as that of a grant.
    pub(crate) fn for_hub(record: &'a dyn Record, store: &'a Store) -> Self {
        Self { record, store, readable: None }
    }

    /// A record for a clause of somebody's who may read only these spaces, or all when there is `None`: what
    /// is in others is not there.
    pub(crate) fn for_reader(record: &'a dyn Record, store: &'a Store, readable: Option<&'a BTreeSet<Uuid>>) -> Self {
        Self { record, store, readable }
    }

    /// Whether the record itself is there for the reader.
    pub(crate) fn is_readable(&self) -> bool {
        self.reads(self.record)
    }

    fn reads(&self, record: &dyn Record) -> bool {
        match (self.readable, record.value("SpaceID")) {
            (Some(readable), Value::Uuid(space)) => readable.contains(&space),
            _ => true,
        }
    }
}

impl Row for Located<'_> {
    fn value(&self, relations: &[&'static str], attribute: &'static str) -> Value<'_> {
        let mut record = self.record;
        for key in relations {
            let to = record.relations().into_iter().find(|relation| relation.key == *key).and_then(|found| found.to);
            match to.and_then(|(kind, id)| self.store.find(kind, id)).filter(|related| self.reads(*related)) {
                Some(related) => record = related,
                None => return Value::Nothing,
            }
        }
        record.value(attribute)
    }
}

/// Refuses to delete something while others cannot do without it. One of them is named, if the caller may read
/// one; else only that there are some.
pub(crate) fn check_unused<'a>(
    store: &Store,
    call: &Call<'_>,
    (kind, slug): (Kind, &str),
    users: impl Iterator<Item = &'a dyn Record>,
) -> Result<(), ApiError> {
    let mut found = None;
    for user in users {
        let named = named_for(store, call, user);
        let is_named = named.is_some();
        found = Some(named.unwrap_or_else(|| UNREADABLE.to_owned()));
        if is_named {
            break;
        }
    }
    match found {
        Some(user) => Err(ApiError::bad_request(format!("{} {slug} is in use by {user}", kind.name()))),
        None => Ok(()),
    }
}

/// What a caller is told of that it may not read, where it stands in its way.
pub(crate) const UNREADABLE: &str = "something in a space that you may not read";

/// A record by type and slug, if the caller may read it.
pub(crate) fn named_for(store: &Store, call: &Call<'_>, record: &dyn Record) -> Option<String> {
    let Value::Text(slug) = record.value("Slug") else { return None };
    call.sees(store, record).then(|| format!("{} {slug}", record.kind().name()))
}

/// Implements [`Entity`] and [`Record`] for a [`Particular`] structure with `metadata` and an id field.
macro_rules! entity {
    ($type:ident, $id:ident, $table:ident, writable: $writable:expr, required: $required:expr $(, $method:item)*) => {
        impl $crate::entity::Entity for $type {
            const KIND: $crate::entity::Kind = $crate::entity::Kind::$type;
            const WRITABLE: &'static [&'static str] = &$writable;
            const REQUIRED: &'static [&'static str] = &$required;

            fn metadata(&self) -> &$crate::entity::Metadata {
                &self.metadata
            }

            fn metadata_mut(&mut self) -> &mut $crate::entity::Metadata {
                &mut self.metadata
            }

            fn id(&self) -> uuid::Uuid {
                self.$id
            }

            fn set_id(&mut self, id: uuid::Uuid) {
                self.$id = id;
            }

            fn table(store: &$crate::store::Store) -> &$crate::store::Table<Self> {
                &store.$table
            }

            fn table_mut(store: &mut $crate::store::Store) -> &mut $crate::store::Table<Self> {
                &mut store.$table
            }

            $($method)*
        }

        impl $crate::store::Stored for $type {
            const ID: &'static str = concat!(stringify!($type), "ID");
            const GROUP: &'static str = "SpaceID";
            const INDEXED: &'static [&'static str] = <Self as $crate::entity::record::Particular>::INDEXED;

            fn id(&self) -> uuid::Uuid {
                self.$id
            }

            fn group(&self) -> uuid::Uuid {
                self.metadata.space_id
            }

            fn slug(&self) -> Option<&str> {
                Some(&self.metadata.slug)
            }

            fn labels(&self) -> Option<&std::collections::BTreeMap<String, String>> {
                Some(&self.metadata.labels)
            }

            fn indexed(&self, attribute: &'static str) -> Option<uuid::Uuid> {
                match $crate::entity::Record::value(self, attribute) {
                    $crate::where_clause::Value::Uuid(id) => Some(id),
                    _ => None,
                }
            }
        }

        $crate::entity::record::record!($type, $id);
    };
}

/// Implements [`Record`] for a [`Particular`] structure with `metadata` and an id field.
macro_rules! record {
    ($type:ident, $($id:ident).+) => {
        impl $crate::entity::Record for $type {
            fn kind(&self) -> $crate::entity::Kind {
                $crate::entity::Kind::$type
            }

            fn value(&self, attribute: &str) -> $crate::where_clause::Value<'_> {
                use $crate::entity::record::Particular as _;
                if attribute.strip_suffix("ID") == Some(stringify!($type)) {
                    return $crate::where_clause::Value::Uuid(self.$($id).+);
                }
                self.metadata
                    .value(attribute)
                    .or_else(|| self.own_value(attribute))
                    .unwrap_or($crate::where_clause::Value::Nothing)
            }

            fn relations(&self) -> Vec<$crate::entity::Relation> {
                use $crate::entity::record::Particular as _;
                use $crate::entity::{Kind, Relation};
                let mut relations = vec![
                    Relation::new("OrganizationID", "Organization", Kind::Organization, self.metadata.organization_id),
                    Relation::new("SpaceID", "Space", Kind::Space, self.metadata.space_id),
                ];
                relations.extend(self.own_relations());
                relations
            }

            fn json(&self) -> serde_json::Value {
                serde_json::to_value(self).unwrap_or_default()
            }

            fn outline(&self) -> serde_json::Value {
                use $crate::entity::record::Particular as _;
                self.without_contents().map_or_else(|| self.json(), |outline| outline.json())
            }

            fn encode(&self, text: &mut Vec<u8>) {
                let _memory_takes_all = serde_json::to_writer(text, self);
            }
        }
    };
}

pub(crate) use {entity, record};
