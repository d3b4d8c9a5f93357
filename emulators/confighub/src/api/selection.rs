//! Which entities a list or bulk operation is about: `where`, `contains`, `filter`, and for units
//! `where_data` and `resource_type`.

use std::collections::{BTreeSet, HashSet};

use uuid::Uuid;

use super::Call;
use crate::entity::{Filter, Kind, Located, Record};
use crate::error::ApiError;
use crate::functions::DataClause;
use crate::history;
use crate::identity::Permission;
use crate::store::{Store, Stored, Table, candidates};
use crate::where_clause::{AttributeType, Clause, Row, Value};

/// A selection; all that was given must hold.
#[derive(Default)]
pub(crate) struct Selection {
    clauses: Vec<Clause>,
    /// On the configuration data of units.
    data: Vec<DataClause>,
    /// The units whose data fits those clauses; evaluated at once, so that what cannot be compared is
    /// a refusal and not an empty selection.
    with_data: HashSet<Uuid>,
    contains: Option<String>,
    /// The spaces that the caller may read, unless it may read all; what is in others is not there.
    readable: Option<BTreeSet<Uuid>>,
    /// The spaces that filters are about.
    spaces: Vec<Uuid>,
}

impl Selection {
    /// Reads the parameters of a request on entities of one type.
    pub(crate) fn of_call(store: &Store, call: &Call<'_>, kind: Kind) -> Result<Self, ApiError> {
        let contains = call.parameter("contains").map(str::to_lowercase);
        let mut selection = Self { contains, readable: readable(store, call), ..Self::default() };
        if let Some(text) = call.parameter("where") {
            selection.clauses.push(Clause::parse(text, kind.schema())?);
        }
        selection.narrow_by_filter(store, call, "filter", kind)?;
        let parameter = |name| call.parameter(name).unwrap_or_default();
        selection.data.extend(data_clause(kind, parameter("where_data"), parameter("resource_type"))?);
        let space = call.path.get("space_id").and_then(|id| id.parse().ok());
        selection.compare_data(store, space)?;
        Ok(selection)
    }

    /// What a clause selects.
    pub(crate) fn of_clause(store: &Store, call: &Call<'_>, text: &str, kind: Kind) -> Result<Self, ApiError> {
        let clauses = vec![Clause::parse(text, kind.schema())?];
        Ok(Self { clauses, readable: readable(store, call), ..Self::default() })
    }

    /// What a clause in one parameter and a filter in another select together, if either was given.
    pub(crate) fn of_parameters(
        store: &Store,
        call: &Call<'_>,
        (clause, filter): (&str, &str),
        kind: Kind,
    ) -> Result<Option<Self>, ApiError> {
        let mut selection = Self { readable: readable(store, call), ..Self::default() };
        if let Some(text) = call.parameter(clause) {
            let parsed = Clause::parse(text, kind.schema());
            selection.clauses.push(parsed.map_err(|error| ApiError::bad_request(format!("{clause}: {error}")))?);
        }
        selection.narrow_by_filter(store, call, filter, kind)?;
        selection.compare_data(store, None)?;
        Ok((!selection.clauses.is_empty()).then_some(selection))
    }

    /// Adds the stored clauses of the filter that a parameter names.
    fn narrow_by_filter(
        &mut self,
        store: &Store,
        call: &Call<'_>,
        parameter: &str,
        kind: Kind,
    ) -> Result<(), ApiError> {
        let Some(id) = call.id_parameter(parameter)? else { return Ok(()) };
        let filter = call.visible::<Filter>(store, id);
        let filter = filter.ok_or_else(|| ApiError::not_found(format!("{parameter}: filter {id} not found")))?;
        if filter.from != kind.name() {
            return Err(ApiError::bad_request(format!(
                "{parameter}: filter {} is for entities of type {}, not {}",
                filter.metadata.slug,
                filter.from,
                kind.name()
            )));
        }
        self.clauses.push(Clause::parse(&filter.clause, kind.schema())?);
        self.data.extend(data_clause(kind, &filter.where_data, &filter.resource_type)?);
        self.spaces.extend(filter.from_space_id);
        Ok(())
    }

    /// Reads the parameters of a bulk operation, which must say what they are about.
    pub(crate) fn of_bulk_call(store: &Store, call: &Call<'_>, kind: Kind) -> Result<Self, ApiError> {
        let selection = Self::of_call(store, call, kind)?;
        if selection.clauses.is_empty() && selection.data.is_empty() && selection.contains.is_none() {
            return Err(ApiError::bad_request(format!("{}: where is required", call.operation.id)));
        }
        Ok(selection)
    }

    /// The selected rows of a table, in order of creation; with `group` only those of one space or,
    /// for parts of a unit's history, of one unit.
    pub(crate) fn of_table<'a, T: Stored + Record>(
        &'a self,
        store: &'a Store,
        table: &'a Table<T>,
        group: Option<Uuid>,
    ) -> impl Iterator<Item = &'a T> {
        candidates(table, &self.clauses, group).filter(move |row| self.holds_for(*row, store))
    }

    /// Whether a record is selected.
    pub(crate) fn holds_for(&self, record: &dyn Record, store: &Store) -> bool {
        self.holds_but_for_data(record, store)
            && (self.data.is_empty()
                || matches!(record.value("UnitID"), Value::Uuid(id) if self.with_data.contains(&id)))
    }

    fn holds_but_for_data(&self, record: &dyn Record, store: &Store) -> bool {
        let row = Located::for_reader(record, store, self.readable.as_ref());
        row.is_readable()
            && self.clauses.iter().all(|clause| clause.holds_for(&row))
            && self.contains.as_ref().is_none_or(|text| contains(record, &row, text))
            && self.spaces.iter().all(|space| record.value("SpaceID") == Value::Uuid(*space))
    }

    /// Finds the units, of one space if there is one, that are selected by their data too.
    fn compare_data(&mut self, store: &Store, space: Option<Uuid>) -> Result<(), ApiError> {
        if self.data.is_empty() {
            return Ok(());
        }
        let mut found = HashSet::new();
        for unit in candidates(&store.units, &self.clauses, space) {
            let text = unit.data.text().filter(|_| unit.toolchain_type == history::KUBERNETES);
            let Some(text) = text.filter(|_| self.holds_but_for_data(unit, store)) else { continue };
            let mut fits = true;
            for clause in &self.data {
                let refuse = |error| ApiError::bad_request(format!("where_data: unit {}: {error}", unit.metadata.slug));
                fits = fits && clause.holds_for(text).map_err(refuse)?;
            }
            if fits {
                found.insert(unit.unit_id);
            }
        }
        self.with_data = found;
        Ok(())
    }
}

fn readable(store: &Store, call: &Call<'_>) -> Option<BTreeSet<Uuid>> {
    if call.caller.permitted_everywhere(Permission::Read) {
        return None;
    }
    let ids = store.spaces.iter().map(|space| space.metadata.space_id);
    Some(ids.filter(|space| call.permitted(store, *space, Permission::Read)).collect())
}

/// The clause on configuration data that these two give together, if they give any.
pub(crate) fn data_clause(kind: Kind, clause: &str, resource_type: &str) -> Result<Option<DataClause>, ApiError> {
    if clause.is_empty() && resource_type.is_empty() {
        return Ok(None);
    }
    if kind != Kind::Unit {
        return Err(ApiError::bad_request(format!("where_data: {} entities have no configuration data", kind.name())));
    }
    DataClause::parse_whole(clause, resource_type)
        .map(Some)
        .map_err(|error| ApiError::bad_request(format!("where_data: {error}")))
}

/// Whether a text attribute, or a key or value of a map, contains `text`, which is in lower case.
fn contains(record: &dyn Record, row: &dyn Row, text: &str) -> bool {
    let within = |candidate: &str| candidate.to_lowercase().contains(text);
    record.kind().schema().attributes.iter().any(|attribute| match attribute.kind {
        AttributeType::Text | AttributeType::TextMap | AttributeType::BooleanMap => {
            match row.value(&[], attribute.name) {
                Value::Text(value) => within(value),
                Value::TextMap(map) => map.iter().any(|(key, value)| within(key) || within(value)),
                Value::BooleanMap(map) => map.keys().any(|key| within(key)),
                _ => false,
            }
        }
        _ => false,
    })
}
