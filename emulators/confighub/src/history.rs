//! How a unit's configuration data changes: each change is a revision and a mutation.

use jiff::Timestamp;
use uuid::Uuid;

use crate::api::Call;
use crate::configuration::{ConfigurationError, record_mutations, resources};
use crate::entity::{Cause, Content, HistoryMetadata, Kind, Mutation, Revision, Unit};
use crate::error::ApiError;
use crate::gates::gates;
use crate::store::Store;

/// A change of configuration data.
pub(crate) struct DataChange {
    pub(crate) data: Content,
    pub(crate) description: String,
    /// Why it was made; a change of many steps is for [`revise_in_steps`].
    pub(crate) causes: Vec<Cause>,
}

/// The most that one unit's data, live state or outputs may be, in bytes. Nowhere is a limit named; the
/// cluster takes at most 1.5 MB for an object, and the largest bundles of definitions have about 4 MB.
const MOST_CONTENT: usize = 4 * 1024 * 1024;

/// The most documents of one unit's data.
const MOST_DOCUMENTS: usize = 5_000;

/// Refuses data that is too large or cannot be read; other toolchains than `Kubernetes/YAML` are not looked
/// into.
pub(crate) fn check_data(unit: &Unit) -> Result<(), ApiError> {
    check_kubernetes_data("Data", &unit.toolchain_type, &unit.data)
}

/// The same for data that comes by a field, for a unit of a toolchain.
pub(crate) fn check_kubernetes_data(field: &str, toolchain: &str, data: &Content) -> Result<(), ApiError> {
    check_content(field, Some(data))?;
    if toolchain != KUBERNETES {
        return Ok(());
    }
    let text = data.text().ok_or(ConfigurationError::NotText);
    let count = text.and_then(resources).map_err(|error| ApiError::bad_request(format!("{field}: {error}")))?.len();
    if count > MOST_DOCUMENTS {
        return Err(ApiError::bad_request(format!("{field}: {count} resources; at most {MOST_DOCUMENTS}")));
    }
    Ok(())
}

/// Refuses bytes that are too many for a field.
pub(crate) fn check_content(field: &str, content: Option<&Content>) -> Result<(), ApiError> {
    match content.map(|content| content.as_bytes().len()) {
        Some(length) if length > MOST_CONTENT => {
            Err(ApiError::bad_request(format!("{field}: {length} bytes; at most {MOST_CONTENT}")))
        }
        _ => Ok(()),
    }
}

/// The toolchain whose data is looked into.
pub(crate) const KUBERNETES: &str = "Kubernetes/YAML";

/// One step of a change: the data after it, and why it was made. Each step is a mutation.
pub(crate) struct ChangeStep {
    pub(crate) data: Content,
    pub(crate) cause: Cause,
}

/// The source of revisions that the hub makes by itself, for links and triggers.
const RESOLVE: &str = "Resolve";

/// Who made a revision, and how.
struct Author {
    source: String,
    user_agent: String,
    user_id: Uuid,
}

impl Author {
    /// Whoever sent the request.
    fn of(call: &Call<'_>) -> Self {
        Self { source: call.operation.id.to_owned(), user_agent: call.user_agent.clone(), user_id: call.user_id() }
    }
}

/// Gives `unit` new data as its next revision. The caller puts the unit back into the store.
pub(crate) fn revise(store: &mut Store, call: &Call<'_>, unit: &mut Unit, change: DataChange) {
    let data = change.data;
    let steps = change.causes.into_iter().map(|cause| ChangeStep { data: data.clone(), cause }).collect();
    add_revision(store, call, unit, steps, change.description, Author::of(call));
}

/// The same for a change in several steps, each of which is a mutation with what it changed.
pub(crate) fn revise_in_steps(
    store: &mut Store,
    call: &Call<'_>,
    unit: &mut Unit,
    steps: Vec<ChangeStep>,
    description: String,
) {
    add_revision(store, call, unit, steps, description, Author::of(call));
}

/// The same for a change that the hub makes by itself: its author is the nil UUID, as the
/// description says of triggers and resolve.
pub(crate) fn revise_automatically(
    store: &mut Store,
    call: &Call<'_>,
    unit: &mut Unit,
    steps: Vec<ChangeStep>,
    description: String,
) {
    let author = Author { source: RESOLVE.to_owned(), user_agent: String::new(), user_id: Uuid::nil() };
    add_revision(store, call, unit, steps, description, author);
}

fn add_revision(
    store: &mut Store,
    call: &Call<'_>,
    unit: &mut Unit,
    steps: Vec<ChangeStep>,
    description: String,
    author: Author,
) {
    let seed = &call.hub.simulation.seed;
    unit.head_revision_num += 1;
    let mut causes = Vec::new();
    for (number, step) in (unit.head_mutation_num + 1..).zip(steps) {
        if unit.toolchain_type == KUBERNETES
            && let (Some(old), Some(new)) = (unit.data.text(), step.data.text())
            && let Ok(sources) = record_mutations(&unit.mutation_sources, old, new, number)
        {
            unit.mutation_sources = sources;
        }
        unit.data = step.data;
        causes.push(step.cause);
    }
    unit.content_hash = unit.data.hash();
    unit.last_change_description.clone_from(&description);
    unit.approved_by.clear();
    unit.apply_gates = gates(store, unit);
    let revision_id = seed.uuid("Revision");
    store.revisions.insert(Revision {
        metadata: metadata(unit, Kind::Revision, store.revisions.next_cursor(), call.now),
        revision_id,
        revision_num: unit.head_revision_num,
        data: unit.data.clone(),
        content_hash: unit.content_hash,
        description,
        source: author.source,
        user_agent: author.user_agent,
        user_id: author.user_id,
        live_at: None,
        mutation_sources: unit.mutation_sources.clone(),
        apply_gates: unit.apply_gates.clone(),
        approved_by: Vec::new(),
        tags: std::collections::BTreeMap::new(),
        change_set_id: unit.change_set_id,
    });
    for cause in causes {
        unit.head_mutation_num += 1;
        store.mutations.insert(Mutation {
            metadata: metadata(unit, Kind::Mutation, store.mutations.next_cursor(), call.now),
            mutation_id: seed.uuid("Mutation"),
            mutation_num: unit.head_mutation_num,
            revision_id,
            revision_num: unit.head_revision_num,
            cause,
        });
    }
}

/// The metadata of a new entry of a unit's history.
pub(crate) fn metadata(unit: &Unit, kind: Kind, cursor_id: i64, now: Timestamp) -> HistoryMetadata {
    HistoryMetadata {
        organization_id: unit.metadata.organization_id,
        space_id: unit.metadata.space_id,
        unit_id: unit.unit_id,
        created_at: now,
        updated_at: now,
        version: 1,
        entity_type: kind.name().to_owned(),
        cursor_id,
    }
}

/// The revision of this number.
pub(crate) fn revision(store: &Store, unit_id: Uuid, number: i64) -> Option<&Revision> {
    store.revisions.of_group(unit_id).rev().find(|revision| revision.revision_num == number)
}
