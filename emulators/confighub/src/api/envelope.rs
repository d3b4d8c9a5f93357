//! The `Extended…` envelopes of get and list: the entity, what `include` asks for, `select`ed fields only.

use std::collections::BTreeSet;

use serde_json::{Map, Value as Json, json};

use super::Call;
use super::items::open;
use crate::entity::{CONTENTS, Kind, Record, Unit};
use crate::error::ApiError;
use crate::history;
use crate::store::Store;
use crate::where_clause::Value;
use crate::worker::unit_status;

/// Fields that clients dereference, so that they are there even when they were not asked for.
const NEVER_NULL: [&str; 3] = ["FunctionInvocation", "MutationSources", "ProvidedResource"];

/// What goes into envelopes of one request.
pub(crate) struct Envelope<'a> {
    call: &'a Call<'a>,
    include: Vec<String>,
    select: Option<BTreeSet<String>>,
}

impl<'a> Envelope<'a> {
    /// Reads `include` and `select`, for entities of one type.
    pub(crate) fn of_call(call: &'a Call<'a>, kind: Kind) -> Result<Self, ApiError> {
        let names = |name: &str| {
            let list = call.parameter(name)?;
            Some(list.split(',').map(|word| word.trim().to_owned()).filter(|word| !word.is_empty()))
        };
        let select: Option<BTreeSet<String>> = names("select").map(Iterator::collect);
        let include: Vec<String> = names("include").map(Iterator::collect).unwrap_or_default();
        if let Some(unknown) = include.iter().find(|word| !includes(kind).contains(&word.as_str())) {
            return Err(ApiError::bad_request(format!(
                "include: unsupported attribute `{unknown}` for {}",
                kind.name()
            )));
        }
        Ok(Self { call, include, select: select.filter(|names| !names.contains("*")) })
    }

    /// Puts a record into its envelope.
    #[expect(clippy::unnecessary_wraps, reason = "the shape that callers pass on")]
    pub(crate) fn wrap(&self, store: &Store, record: &dyn Record) -> Result<Json, ApiError> {
        let mut envelope = Map::new();
        envelope.insert(record.kind().name().to_owned(), self.selected(store, record, None));
        for include in &self.include {
            self.include(store, record, include, &mut envelope);
        }
        Ok(Json::Object(envelope))
    }

    /// A record without an envelope, with its selected fields.
    pub(crate) fn bare(&self, store: &Store, record: &dyn Record) -> Json {
        self.selected(store, record, None)
    }

    /// The same for a unit, with what is computed for units.
    pub(crate) fn wrap_unit(&self, store: &Store, unit: &Unit) -> Result<Json, ApiError> {
        let mut envelope = self.wrap(store, unit)?;
        envelope["UnitStatus"] = unit_status(store, unit);
        Ok(envelope)
    }

    /// Appends a record in its envelope to a text.
    pub(crate) fn encode(&self, store: &Store, record: &dyn Record, text: &mut Vec<u8>) {
        self.encode_entries(store, record, text);
        text.push(b'}');
    }

    /// The same for a unit, with what is computed for units.
    pub(crate) fn encode_unit(&self, store: &Store, unit: &Unit, text: &mut Vec<u8>) {
        self.encode_entries(store, unit, text);
        open(text, b',', "UnitStatus");
        let _memory_takes_all = serde_json::to_writer(&mut *text, &unit_status(store, unit));
        text.push(b'}');
    }

    fn encode_entries(&self, store: &Store, record: &dyn Record, text: &mut Vec<u8>) {
        open(text, b'{', record.kind().name());
        self.encode_selected(store, record, None, text);
        let relations = record.relations();
        for include in &self.include {
            if let Some(relation) = relations.iter().find(|relation| relation.include == include) {
                let related = relation.to.and_then(|(kind, id)| store.find(kind, id));
                if let Some(related) = related.filter(|related| self.call.sees(store, *related)) {
                    open(text, b',', relation.key);
                    self.encode_selected(store, related, Some(relation.key), text);
                }
            } else if let Some((key, value)) = included_of_unit(store, record, include) {
                open(text, b',', key);
                let _memory_takes_all = serde_json::to_writer(&mut *text, &value);
            }
        }
    }

    fn encode_selected(&self, store: &Store, record: &dyn Record, relation: Option<&str>, text: &mut Vec<u8>) {
        // A worker's secret is no part of its encoding.
        if self.select.is_none() && record.kind() != Kind::BridgeWorker {
            record.encode(text);
        } else {
            let _memory_takes_all = serde_json::to_writer(text, &self.selected(store, record, relation));
        }
    }

    fn include(&self, store: &Store, record: &dyn Record, include: &str, envelope: &mut Map<String, Json>) {
        if let Some(relation) = record.relations().into_iter().find(|relation| relation.include == include) {
            let related = relation.to.and_then(|(kind, id)| store.find(kind, id));
            if let Some(related) = related.filter(|related| self.call.sees(store, *related)) {
                envelope.insert(relation.key.to_owned(), self.selected(store, related, Some(relation.key)));
            }
        } else if let Some((key, value)) = included_of_unit(store, record, include) {
            envelope.insert(key.to_owned(), value);
        }
    }

    /// A record's fields: all of them, or the selected ones with its ids and slug. `relation` is the
    /// key under which a related record is shown; its fields are selected as `Key.Field`.
    fn selected(&self, store: &Store, record: &dyn Record, relation: Option<&str>) -> Json {
        let prefix = relation.map_or_else(String::new, |key| format!("{key}."));
        let picked = self.select.as_ref().map(|select| picked(select, &prefix));
        let picked = picked.filter(|picked| relation.is_none() || !picked.is_empty());
        let has_contents = picked.as_ref().is_none_or(|picked| CONTENTS.iter().any(|field| picked.contains(field)));
        let mut json = if has_contents { record.json() } else { record.outline() };
        if let (Kind::BridgeWorker, None, Value::Uuid(id)) = (record.kind(), relation, record.value("BridgeWorkerID"))
            && let Some(worker) = store.bridge_workers.get(id)
            && self.call.sees_secret(store, worker)
        {
            // Read through the worker itself only, never as something related.
            json["Secret"] = json!(worker.secret);
        }
        let Some(picked) = picked else { return json };
        if let Json::Object(fields) = &mut json {
            let id = record.kind().id_key();
            fields.retain(|field, _| {
                matches!(field.as_str(), "OrganizationID" | "SpaceID" | "UnitID" | "Slug")
                    || NEVER_NULL.contains(&field.as_str())
                    || *field == id
                    || required(record.kind()).contains(&field.as_str())
                    || picked.contains(field.as_str())
            });
            if let Some(sources) = fields.get_mut("MutationSources")
                && !picked.contains("MutationSources")
            {
                *sources = json!([]);
            }
        }
        json
    }
}

/// The selected fields of what is shown under a prefix.
fn picked<'a>(select: &'a BTreeSet<String>, prefix: &str) -> BTreeSet<&'a str> {
    select.iter().filter_map(|name| name.strip_prefix(prefix)).filter(|name| !name.contains('.')).collect()
}

/// What the description requires of an entity wherever it is shown, beside its slug.
fn required(kind: Kind) -> &'static [&'static str] {
    match kind {
        Kind::Filter => &["From"],
        Kind::Invocation | Kind::Unit => &["ToolchainType"],
        Kind::Link => &["FromUnitID", "ToUnitID"],
        Kind::Target => &["BridgeWorkerID", "ProviderType", "ToolchainType"],
        Kind::Trigger => &["Event", "ToolchainType"],
        Kind::View => &["FilterID"],
        _ => &[],
    }
}

/// What may be included with entities of a type, as the description's `include` parameters list it.
fn includes(kind: Kind) -> &'static [&'static str] {
    match kind {
        Kind::ChangeSet => &["EndTagID", "FilterID", "OrganizationID", "SpaceID", "StartTagID"],
        Kind::Filter => &["FromSpaceID", "OrganizationID", "SpaceID"],
        Kind::Invocation | Kind::Target => &["BridgeWorkerID", "OrganizationID", "SpaceID"],
        Kind::Link => &["FromUnitID", "OrganizationID", "SpaceID", "ToSpaceID", "ToUnitID"],
        Kind::Mutation => &["InvocationID", "LinkID", "OrganizationID", "RevisionID", "SpaceID", "TriggerID", "UnitID"],
        Kind::Revision => &["OrganizationID", "SpaceID", "UnitID", "UserID"],
        Kind::BridgeWorker | Kind::Set | Kind::Tag => &["OrganizationID", "SpaceID"],
        Kind::Space => &["OrganizationID"],
        Kind::Trigger => &["BridgeWorkerID", "InvocationID", "OrganizationID", "SpaceID"],
        Kind::Unit => &[
            "ApprovedBy",
            "ChangeSetID",
            "HeadMutationNum",
            "HeadRevisionNum",
            "LastAppliedRevisionNum",
            "LiveRevisionNum",
            "OrganizationID",
            "SetID",
            "SpaceID",
            "TargetID",
            "UnitEventID",
            "UpstreamSpaceID",
            "UpstreamUnitID",
        ],
        Kind::View => &["FilterID", "OrganizationID", "SpaceID"],
        Kind::Organization | Kind::OrganizationMember | Kind::UnitEvent | Kind::User => &[],
    }
}

/// What else a unit's envelope has, where there is any.
fn included_of_unit(store: &Store, record: &dyn Record, include: &str) -> Option<(&'static str, Json)> {
    if record.kind() != Kind::Unit {
        return None;
    }
    of_unit(store, record, include).filter(|(_, value)| !value.is_null())
}

/// What a unit's envelope has beyond its relations, by the word that asks for it.
fn of_unit(store: &Store, record: &dyn Record, include: &str) -> Option<(&'static str, Json)> {
    let Value::Uuid(id) = record.value("UnitID") else { return None };
    let unit = store.units.get(id)?;
    let revision = |number| history::revision(store, id, number).map_or(Json::Null, Record::json);
    Some(match include {
        "HeadRevisionNum" => ("HeadRevision", revision(unit.head_revision_num)),
        "LiveRevisionNum" => ("LiveRevision", revision(unit.live_revision_num)),
        "LastAppliedRevisionNum" => ("LastAppliedRevision", revision(unit.last_applied_revision_num)),
        "HeadMutationNum" => {
            ("HeadMutation", store.mutations.of_group(id).next_back().map_or(Json::Null, Record::json))
        }
        "ApprovedBy" => {
            let users = store.users.iter().filter(|user| unit.approved_by.contains(&user.user_id));
            ("ApprovedBy", users.map(Record::json).collect())
        }
        _ => return None,
    })
}
