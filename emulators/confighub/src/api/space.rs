//! Spaces.

use std::collections::BTreeMap;
use std::time::Duration;

use serde_json::{Value as Json, json};
use uuid::Uuid;

use super::envelope::Envelope;
use super::selection::Selection;
use super::{Call, Reply, bulk, crud, set, target, unit};
use crate::entity::record::{UNREADABLE, named_for};
use crate::entity::{
    BridgeWorker, ChangeSet, Entity, Filter, Invocation, Kind, Link, Record, Set, Space, Tag, Target, Trigger, View,
};
use crate::error::ApiError;
use crate::store::{Store, Stored};
use crate::where_clause::Value;

/// How long a change counts as recent in a space's summary.
const RECENT: Duration = Duration::from_secs(24 * 60 * 60);

/// Lists spaces, with counts of what is in them when `summary` is asked for.
pub(super) fn list(store: &mut Store, call: &Call<'_>) -> Result<Reply, ApiError> {
    let selection = Selection::of_call(store, call, Kind::Space)?;
    let spaces = selection.of_table(store, &store.spaces, None);
    let items: Result<Vec<Json>, ApiError> = spaces.map(|space| extended(store, call, space)).collect();
    Ok(Reply::Json(Json::Array(items?)))
}

/// Reads a space.
pub(super) fn get(store: &mut Store, call: &Call<'_>) -> Result<Reply, ApiError> {
    extended(store, call, crud::space(store, call)?).map(Reply::Json)
}

/// Creates a space.
pub(super) fn create(store: &mut Store, call: &Call<'_>) -> Result<Reply, ApiError> {
    let space: Space = crud::draft(call.object()?)?;
    let organization = store.organization.organization_id;
    if let Some(existing) = crud::existing::<Space>(store, call, organization, &space.metadata.slug)? {
        return Ok(Reply::Json(json!(existing)));
    }
    crud::place(store, call, Uuid::nil(), space, String::new()).map(|space| Reply::Json(json!(space)))
}

/// Deletes a space with what is in it. Bridge workers in it prevent that, unless `recursive` is given.
pub(super) fn delete(store: &mut Store, call: &Call<'_>) -> Result<Reply, ApiError> {
    let space = crud::space(store, call)?.clone();
    remove(store, call, &space)?;
    Ok(crud::deleted(&space))
}

/// Deletes all selected spaces.
pub(super) fn bulk_delete(store: &mut Store, call: &Call<'_>) -> Result<Reply, ApiError> {
    bulk::each(store, call, |store, space: Space| {
        remove(store, call, &space)?;
        Ok(crud::deletion_message(&space))
    })
}

fn remove(store: &mut Store, call: &Call<'_>, space: &Space) -> Result<(), ApiError> {
    let id = space.metadata.space_id;
    if !call.flag("recursive")? {
        space.check_deletion(store, call)?;
    }
    check_contents(store, call, space)?;
    let units: Vec<Uuid> = store.units.of_group(id).map(|unit| unit.unit_id).collect();
    for unit_id in units {
        unit::remove(store, call, unit_id)?;
    }
    clear::<Link>(store, call, id)?;
    clear::<Trigger>(store, call, id)?;
    clear::<Invocation>(store, call, id)?;
    clear::<View>(store, call, id)?;
    clear::<ChangeSet>(store, call, id)?;
    clear::<Filter>(store, call, id)?;
    clear::<Tag>(store, call, id)?;
    let sets: Vec<Set> = store.sets.of_group(id).cloned().collect();
    for gone in sets {
        set::remove(store, call, &gone)?;
    }
    let targets: Vec<Target> = store.targets.of_group(id).cloned().collect();
    for gone in targets {
        target::remove(store, call, &gone)?;
    }
    let workers: Vec<BridgeWorker> = store.bridge_workers.of_group(id).cloned().collect();
    for worker in workers {
        super::worker::remove(store, call, &worker)?;
    }
    crud::remove(store, call, space)
}

/// Refuses, before anything is deleted, what could not be deleted with all that is in it and what
/// leads to that from other spaces.
fn check_contents(store: &Store, call: &Call<'_>, space: &Space) -> Result<(), ApiError> {
    let id = space.metadata.space_id;
    call.permit_change(store, space)?;
    crud::check_delete_gates(space)?;
    store.units.of_group(id).try_for_each(crud::check_delete_gates)?;
    store.links.of_group(id).try_for_each(crud::check_delete_gates)?;
    store.triggers.of_group(id).try_for_each(crud::check_delete_gates)?;
    store.invocations.of_group(id).try_for_each(crud::check_delete_gates)?;
    store.views.of_group(id).try_for_each(crud::check_delete_gates)?;
    store.change_sets.of_group(id).try_for_each(crud::check_delete_gates)?;
    store.filters.of_group(id).try_for_each(crud::check_delete_gates)?;
    store.tags.of_group(id).try_for_each(crud::check_delete_gates)?;
    store.sets.of_group(id).try_for_each(crud::check_delete_gates)?;
    store.targets.of_group(id).try_for_each(crud::check_delete_gates)?;
    store.bridge_workers.of_group(id).try_for_each(crud::check_delete_gates)?;
    let links = store.units.of_group(id).flat_map(|unit| unit::links(store, unit.unit_id));
    let mut from_elsewhere = links.filter(|link| link.metadata.space_id != id);
    from_elsewhere.try_for_each(|link| crud::check_removal(store, call, link))?;
    store.targets.of_group(id).try_for_each(|one| target::check_pointing(store, call, one))?;
    store.sets.of_group(id).try_for_each(|one| set::check_members(store, call, one))?;
    let locked = store.units.iter().filter(|unit| unit.change_set_id.is_some()).map(|unit| unit as &dyn Record);
    let views = store.views.iter().map(|view| view as &dyn Record);
    let sets = store.change_sets.iter().map(|set| set as &dyn Record);
    let triggers = store.triggers.iter().map(|trigger| trigger as &dyn Record);
    locked.chain(views).chain(sets).chain(triggers).try_for_each(|record| check_outsider(store, call, record, space))
}

/// Refuses while something outside the space cannot do without something inside it.
fn check_outsider(store: &Store, call: &Call<'_>, record: &dyn Record, space: &Space) -> Result<(), ApiError> {
    let place = Value::Uuid(space.metadata.space_id);
    if record.value("SpaceID") == place {
        return Ok(());
    }
    let needed = record.relations().into_iter().filter_map(|relation| relation.to).find(|(kind, id)| {
        matches!(kind, Kind::Filter | Kind::Tag | Kind::Invocation | Kind::ChangeSet)
            && store.find(*kind, *id).is_some_and(|needed| needed.value("SpaceID") == place)
    });
    let slug = |record: &dyn Record| match record.value("Slug") {
        Value::Text(slug) => slug.to_owned(),
        _ => String::new(),
    };
    match needed.and_then(|(kind, id)| store.find(kind, id)) {
        Some(needed) => {
            let user = named_for(store, call, record);
            let user = user.map_or_else(|| UNREADABLE.to_owned(), |user| format!("{user} of another space"));
            Err(ApiError::bad_request(format!(
                "cannot delete space {}: {} {} is in use by {user}",
                space.metadata.slug,
                needed.kind().name(),
                slug(needed),
            )))
        }
        None => Ok(()),
    }
}

fn clear<E: Entity + Stored>(store: &mut Store, call: &Call<'_>, space: Uuid) -> Result<(), ApiError> {
    let entities: Vec<E> = E::table(store).of_group(space).cloned().collect();
    entities.iter().try_for_each(|entity| crud::remove(store, call, entity))
}

fn extended(store: &Store, call: &Call<'_>, space: &Space) -> Result<Json, ApiError> {
    let mut envelope = Envelope::of_call(call, Kind::Space)?.wrap(store, space)?;
    if call.flag("summary")?
        && let (Json::Object(fields), Json::Object(counts)) = (&mut envelope, summary(store, call, space))
    {
        fields.extend(counts);
    }
    Ok(envelope)
}

/// The counts of the description's `ExtendedSpace`.
fn summary(store: &Store, call: &Call<'_>, space: &Space) -> Json {
    let id = space.metadata.space_id;
    let mut targets = BTreeMap::<&str, usize>::new();
    for target in store.targets.of_group(id) {
        *targets.entry(&target.toolchain_type).or_default() += 1;
    }
    let mut triggers = BTreeMap::<&str, usize>::new();
    for trigger in store.triggers.of_group(id) {
        *triggers.entry(&trigger.event).or_default() += 1;
    }
    let count =
        |test: &dyn Fn(&crate::entity::Unit) -> bool| store.units.of_group(id).filter(|unit| test(unit)).count();
    let since = call.now - RECENT;
    json!({
        "TotalUnitCount": count(&|_| true),
        "GatedUnitCount": count(&|unit| !unit.apply_gates.is_empty()),
        "UpgradableUnitCount": count(&|unit| unit::upgradable(store, call, unit)),
        "UnappliedUnitCount": count(&|unit| unit.head_revision_num > unit.live_revision_num),
        "UnapprovedUnitCount": count(&|unit| unit.approved_by.is_empty()),
        "UnlinkedUnitCount": count(&|unit| store.links.referring("FromUnitID", unit.unit_id).next().is_none()),
        "IncompleteApplyUnitCount": count(&|unit| unit.last_applied_revision_num != unit.live_revision_num),
        "RecentChangeUnitCount": count(&|unit| unit.metadata.updated_at >= since),
        "TotalBridgeWorkerCount": store.bridge_workers.of_group(id).count(),
        "TargetCountByToolchainType": targets,
        "TriggerCountByEventType": triggers,
    })
}
