//! Which entities a list or bulk operation is about: `where`, `contains` and `filter`.

use super::Call;
use crate::entity::{Kind, Located, Record};
use crate::error::ApiError;
use crate::store::Store;
use crate::where_clause::{AttributeType, Clause, Row, Value};

/// A selection; all that was given must hold.
pub(crate) struct Selection {
    clauses: Vec<Clause>,
    contains: Option<String>,
}

impl Selection {
    /// Reads the parameters of a request on entities of one type.
    pub(crate) fn of_call(store: &Store, call: &Call<'_>, kind: Kind) -> Result<Self, ApiError> {
        call.refuse_parameters(&["where_data", "resource_type"])?;
        let mut clauses = Vec::new();
        if let Some(text) = call.parameter("where") {
            clauses.push(Clause::parse(text, kind.schema())?);
        }
        if let Some(id) = call.id_parameter("filter")? {
            let filter = store.filters.get(id).ok_or_else(|| ApiError::not_found(format!("filter {id} not found")))?;
            if filter.from != kind.name() {
                return Err(ApiError::bad_request(format!(
                    "filter {} is for entities of type {}, not {}",
                    filter.metadata.slug,
                    filter.from,
                    kind.name()
                )));
            }
            if !filter.where_data.is_empty() || !filter.resource_type.is_empty() {
                return Err(ApiError::not_supported("a filter on configuration data"));
            }
            clauses.push(Clause::parse(&filter.clause, kind.schema())?);
        }
        Ok(Self { clauses, contains: call.parameter("contains").map(str::to_lowercase) })
    }

    /// What a clause selects.
    pub(crate) fn of_clause(text: &str, kind: Kind) -> Result<Self, ApiError> {
        Ok(Self { clauses: vec![Clause::parse(text, kind.schema())?], contains: None })
    }

    /// Reads the parameters of a bulk operation, which must say what they are about.
    pub(crate) fn of_bulk_call(store: &Store, call: &Call<'_>, kind: Kind) -> Result<Self, ApiError> {
        let selection = Self::of_call(store, call, kind)?;
        if selection.clauses.is_empty() && selection.contains.is_none() {
            return Err(ApiError::bad_request(format!("{}: where is required", call.operation.id)));
        }
        Ok(selection)
    }

    /// The slug that an entity must have to be selected, if the clauses say so.
    pub(crate) fn required_slug(&self) -> Option<&str> {
        self.clauses.iter().find_map(|clause| clause.required_text("Slug"))
    }

    /// Whether a record is selected.
    pub(crate) fn holds_for(&self, record: &dyn Record, store: &Store) -> bool {
        let row = Located { record, store };
        self.clauses.iter().all(|clause| clause.holds_for(&row))
            && self.contains.as_ref().is_none_or(|text| contains(record, &row, text))
    }
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
