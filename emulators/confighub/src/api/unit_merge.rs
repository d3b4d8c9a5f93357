//! Data that a unit takes over: of an earlier revision, of its upstream unit, or of any other one.

use std::collections::BTreeSet;

use super::Call;
use super::revision_spec::RevisionSpec;
use super::selection::Selection;
use crate::configuration::{Conflict, Lines, Protection, merge};
use crate::entity::{Cause, Content, Filter, Kind, Unit};
use crate::error::ApiError;
use crate::history;
use crate::store::Store;

/// New data for a unit, and why it is so.
#[derive(Default)]
pub(super) struct Taken {
    pub(super) data: Content,
    pub(super) cause: Cause,
    /// After an upgrade the revision of the upstream unit that it came up to.
    pub(super) upstream_revision_num: Option<i64>,
    conflicts: Vec<Conflict>,
}

/// So many conflicts are named one by one.
const NAMED: usize = 5;

impl Taken {
    /// What was not taken over because the unit has changes of its own there, for people.
    pub(super) fn kept(&self) -> Option<String> {
        let named: Vec<String> = self.conflicts.iter().take(NAMED).map(ToString::to_string).collect();
        let more = self.conflicts.len().saturating_sub(NAMED);
        let rest = if more > 0 { format!(" and {more} more") } else { String::new() };
        (!named.is_empty()).then(|| format!("kept its own {}{rest}", named.join("; ")))
    }
}

/// The data that a change of `unit` asks for with `revision_id` or `restore`, `upgrade` or `merge_source`;
/// at most one of these.
pub(super) fn taken(store: &Store, call: &Call<'_>, unit: &Unit) -> Result<Option<Taken>, ApiError> {
    let restores = call.parameter("revision_id").or(call.parameter("restore")).is_some();
    let upgrades = call.flag("upgrade")?;
    let merges = call.parameter("merge_source").is_some();
    if !merges {
        let stray = ["merge_base", "merge_end", "where_mutation", "filter_mutation"];
        if let Some(name) = stray.into_iter().find(|name| call.parameter(name).is_some()) {
            return Err(ApiError::bad_request(format!("{name}: only with merge_source")));
        }
    }
    match (restores, upgrades, merges) {
        (false, false, false) => Ok(None),
        (true, false, false) => restored(store, call, unit).map(Some),
        (false, true, false) => upgraded(store, call, unit),
        (false, false, true) => merged(store, call, unit).map(Some),
        _ => Err(ApiError::bad_request("only one of restore, upgrade and merge_source can be given".to_owned())),
    }
}

fn restored(store: &Store, call: &Call<'_>, unit: &Unit) -> Result<Taken, ApiError> {
    let revision = match call.id_parameter("revision_id")? {
        Some(id) => store
            .revisions
            .get(id)
            .filter(|revision| revision.metadata.unit_id == unit.unit_id)
            .ok_or_else(|| ApiError::not_found(format!("revision {id} not found")))?,
        None => RevisionSpec::parse("restore", call.parameter("restore").unwrap_or_default())?
            .find("restore", store, call, unit)?,
    };
    let cause = Cause { restored_revision_num: revision.revision_num, ..Cause::default() };
    Ok(Taken { data: revision.data.clone(), cause, ..Taken::default() })
}

/// The unit's data with what its upstream unit changed since the revision that it has, except where it
/// has changes of its own; `None` when the upstream has nothing new.
fn upgraded(store: &Store, call: &Call<'_>, unit: &Unit) -> Result<Option<Taken>, ApiError> {
    let slug = &unit.metadata.slug;
    let id = unit
        .upstream_unit_id
        .ok_or_else(|| ApiError::bad_request(format!("upgrade: unit {slug} has no upstream unit")))?;
    let upstream = call
        .visible::<Unit>(store, id)
        .ok_or_else(|| ApiError::bad_request(format!("upgrade: the upstream unit {id} of unit {slug} is gone")))?;
    if upstream.head_revision_num == unit.upstream_revision_num {
        return Ok(None);
    }
    let former = unit.upstream_revision_num;
    let base = history::revision(store, id, former)
        .ok_or_else(|| ApiError::bad_request(format!("upgrade: unit {slug} has no upstream revision {former}")))?;
    // What an earlier upgrade or the cloning brought may be overridden; what anybody else did stays.
    let patchable: BTreeSet<i64> = store
        .mutations
        .of_group(unit.unit_id)
        .filter(|one| one.mutation_num == 1 || one.cause.upgraded_from_upstream_revision_num > 0)
        .map(|one| one.mutation_num)
        .collect();
    let (data, conflicts) = combined(unit, &base.data, &upstream.data, &patchable, true)?;
    let cause = Cause { upgraded_from_upstream_revision_num: former, ..Cause::default() };
    Ok(Some(Taken { data, cause, upstream_revision_num: Some(upstream.head_revision_num), conflicts }))
}

/// The unit's data with what changed between two revisions of another unit, or of itself (`Self`). With
/// `where_mutation` or `filter_mutation`, only what was last changed by mutations of these is overridden.
fn merged(store: &Store, call: &Call<'_>, unit: &Unit) -> Result<Taken, ApiError> {
    let source = if call.parameter("merge_source") == Some("Self") {
        unit
    } else {
        let id = call.id_parameter("merge_source")?.unwrap_or_default();
        let source = call.visible::<Unit>(store, id);
        source.ok_or_else(|| ApiError::not_found(format!("merge_source: unit {id} not found")))?
    };
    if source.toolchain_type != unit.toolchain_type {
        return Err(ApiError::bad_request(format!(
            "merge_source: its toolchain type is {}, that of unit {} is {}",
            source.toolchain_type, unit.metadata.slug, unit.toolchain_type
        )));
    }
    let revision = |name: &str| {
        let spec = call.parameter(name);
        let spec = spec.ok_or_else(|| ApiError::bad_request(format!("{name}: is required with merge_source")))?;
        RevisionSpec::parse(name, spec)?.find(name, store, call, source)
    };
    let (base, end) = (revision("merge_base")?, revision("merge_end")?);
    let patchable = selected_mutations(store, call, unit)?;
    let (data, conflicts) = combined(unit, &base.data, &end.data, &patchable, false)?;
    Ok(Taken { data, conflicts, ..Taken::default() })
}

/// The numbers of the unit's mutations that a merge may override.
fn selected_mutations(store: &Store, call: &Call<'_>, unit: &Unit) -> Result<BTreeSet<i64>, ApiError> {
    let mut selections = Vec::new();
    if let Some(text) = call.parameter("where_mutation") {
        selections.push(Selection::of_clause(store, call, text, Kind::Mutation)?);
    }
    if let Some(id) = call.id_parameter("filter_mutation")? {
        let filter = call.visible::<Filter>(store, id).filter(|filter| filter.from == Kind::Mutation.name());
        let filter = filter.ok_or_else(|| {
            ApiError::bad_request(format!("filter_mutation: no filter {id} for entities of type Mutation"))
        })?;
        selections.push(Selection::of_clause(store, call, &filter.clause, Kind::Mutation)?);
    }
    let all = store.mutations.of_group(unit.unit_id);
    let selected = all.filter(|one| selections.iter().all(|selection| selection.holds_for(*one, store)));
    Ok(selected.map(|one| one.mutation_num).collect())
}

/// The unit's data with the changes from `base` to `end`. Data that is still that of `base` becomes that
/// of `end` as it is.
fn combined(
    unit: &Unit,
    base: &Content,
    end: &Content,
    patchable: &BTreeSet<i64>,
    keep_differences: bool,
) -> Result<(Content, Vec<Conflict>), ApiError> {
    let toolchain = &unit.toolchain_type;
    if base == end {
        return Ok((unit.data.clone(), Vec::new()));
    }
    if toolchain != history::KUBERNETES {
        if *base == unit.data {
            return Ok((end.clone(), Vec::new()));
        }
        return Err(ApiError::not_supported(&format!("merging {toolchain} with changes of its own")));
    }
    let protection = Protection {
        sources: &unit.mutation_sources,
        patchable: &|index| patchable.contains(&index),
        keep_differences,
    };
    if *base == unit.data && protection.protects_nothing() {
        return Ok((end.clone(), Vec::new()));
    }
    let (Some(base), Some(end), Some(own)) = (base.text(), end.text(), unit.data.text()) else {
        return Err(ApiError::not_supported("merging binary data with changes of its own"));
    };
    let merged = merge(Lines { base, end, own }, &protection)
        .map_err(|error| ApiError::bad_request(format!("unit {}: Data: {error}", unit.metadata.slug)))?;
    Ok((merged.data.into_bytes().into(), merged.conflicts))
}
