//! Create, read, update and delete, the same for every entity with a slug.

use serde_json::{Map, Value as Json, json};
use stagegate_simulation::Verb;
use uuid::Uuid;

use super::description::difference;
use super::envelope::Envelope;
use super::items::Items;
use super::selection::Selection;
use super::{Call, Reply};
use crate::entity::{
    BridgeWorker, ChangeSet, Entity, Filter, Invocation, Kind, Link, Metadata, SLUG_LIMIT, Set, Space, Tag, Target,
    Trigger, Unit, View, is_slug, raised,
};
use crate::error::ApiError;
use crate::faulty::check_quota;
use crate::store::{Store, Stored};

/// Lists the entities of a space.
pub(super) fn list<E: Entity + Stored>(store: &mut Store, call: &Call<'_>) -> Result<Reply, ApiError> {
    let space = space(store, call)?.metadata.space_id;
    let selection = Selection::of_call(store, call, E::KIND)?;
    reply::<E>(store, call, &selection, Some(space))
}

/// Lists the entities of the organization.
pub(super) fn list_all<E: Entity + Stored>(store: &mut Store, call: &Call<'_>) -> Result<Reply, ApiError> {
    let selection = Selection::of_call(store, call, E::KIND)?;
    reply::<E>(store, call, &selection, None)
}

fn reply<E: Entity + Stored>(
    store: &Store,
    call: &Call<'_>,
    selection: &Selection,
    space: Option<Uuid>,
) -> Result<Reply, ApiError> {
    let envelope = Envelope::of_call(call, E::KIND)?;
    let selected = selection.of_table(store, E::table(store), space);
    let mut items = Items::default();
    for entity in selected {
        match store.units.get(Entity::id(entity)) {
            Some(unit) => items.encode(|text| envelope.encode_unit(store, unit, text)),
            None => items.encode(|text| envelope.encode(store, entity, text)),
        }
    }
    Ok(Reply::List(items))
}

/// An entity in its envelope.
pub(super) fn wrap<E: Entity>(store: &Store, envelope: &Envelope<'_>, entity: &E) -> Result<Json, ApiError> {
    match store.units.get(entity.id()) {
        Some(unit) => envelope.wrap_unit(store, unit),
        None => envelope.wrap(store, entity),
    }
}

/// Reads one entity.
pub(super) fn get<E: Entity + Stored>(store: &mut Store, call: &Call<'_>) -> Result<Reply, ApiError> {
    let entity = find::<E>(store, call)?;
    wrap(store, &Envelope::of_call(call, E::KIND)?, entity).map(Reply::Json)
}

/// Creates an entity in a space.
pub(super) fn create<E: Entity + Stored>(store: &mut Store, call: &Call<'_>) -> Result<Reply, ApiError> {
    let space = space(store, call)?.metadata.space_id;
    let entity: E = draft(call.object()?)?;
    if let Some(existing) = existing::<E>(store, call, space, &entity.metadata().slug)? {
        return Ok(Reply::Json(existing.json()));
    }
    place(store, call, space, entity, String::new()).map(|entity| Reply::Json(entity.json()))
}

/// Replaces what clients may set.
pub(super) fn put<E: Entity + Stored>(store: &mut Store, call: &Call<'_>) -> Result<Reply, ApiError> {
    let before = find::<E>(store, call)?.clone();
    let body = call.object()?;
    check_version(before.metadata().version, body, true)?;
    let after = replacement(&before, body)?;
    change(store, call, &before, after).map(|entity| Reply::Json(entity.json()))
}

/// Applies a merge patch (RFC 7396) to what clients may set; other fields of the patch do nothing.
pub(super) fn patch<E: Entity + Stored>(store: &mut Store, call: &Call<'_>) -> Result<Reply, ApiError> {
    let before = find::<E>(store, call)?.clone();
    let body = call.object()?;
    check_version(before.metadata().version, body, false)?;
    let after = patched(&before, body)?;
    change(store, call, &before, after).map(|entity| Reply::Json(entity.json()))
}

/// Deletes an entity.
pub(super) fn delete<E: Entity + Stored>(store: &mut Store, call: &Call<'_>) -> Result<Reply, ApiError> {
    let entity = find::<E>(store, call)?.clone();
    remove(store, call, &entity)?;
    Ok(deleted(&entity))
}

/// The answer to a deletion.
pub(super) fn deleted<E: Entity>(entity: &E) -> Reply {
    Reply::Json(deletion_message(entity))
}

pub(super) fn deletion_message<E: Entity>(entity: &E) -> Json {
    json!({"Message": format!("{} {} deleted", E::KIND.name(), entity.metadata().slug)})
}

/// The space that the path names.
pub(super) fn space<'a>(store: &'a Store, call: &Call<'_>) -> Result<&'a Space, ApiError> {
    let id = call.id("space_id")?;
    store.spaces.get(id).ok_or_else(|| ApiError::not_found(format!("Space {id} not found")))
}

/// The entity that the path names, in the space that the path names.
pub(super) fn find<'a, E: Entity + Stored>(store: &'a Store, call: &Call<'_>) -> Result<&'a E, ApiError> {
    let space = space(store, call)?.metadata.space_id;
    let id = call.id(&path_parameter::<E>())?;
    E::table(store)
        .get(id)
        .filter(|entity| entity.metadata().space_id == space)
        .ok_or_else(|| ApiError::not_found(format!("{} {id} not found in space {space}", E::KIND.name())))
}

/// `BridgeWorker` is in paths as `bridge_worker_id`.
fn path_parameter<E: Entity>() -> String {
    let mut parameter = String::new();
    for (index, letter) in E::KIND.name().char_indices() {
        if letter.is_ascii_uppercase() && index > 0 {
            parameter.push('_');
        }
        parameter.push(letter.to_ascii_lowercase());
    }
    parameter + "_id"
}

/// The fields of `E` that clients may set.
pub(super) fn writable<E: Entity>() -> impl Iterator<Item = &'static str> {
    Metadata::WRITABLE.into_iter().chain(E::WRITABLE.iter().copied())
}

/// What is told of a new entity.
fn told_when_new<E: Entity>() -> impl Iterator<Item = &'static str> {
    writable::<E>().filter(|field| !matches!(*field, "Slug" | "DisplayName" | "Data") && !field.ends_with("ID"))
}

/// What is told of an entity of a type, such as `Unit`, that is new or has changed; nothing of an unknown one.
pub(crate) fn told_fields(entity_type: &str, new: bool) -> Vec<&'static str> {
    type Told = fn(bool) -> Vec<&'static str>;
    fn of<E: Entity>(new: bool) -> Vec<&'static str> {
        if new { told_when_new::<E>().collect() } else { writable::<E>().filter(|field| *field != "Data").collect() }
    }
    let all: [(Kind, Told); 12] = [
        (Kind::BridgeWorker, of::<BridgeWorker>),
        (Kind::ChangeSet, of::<ChangeSet>),
        (Kind::Filter, of::<Filter>),
        (Kind::Invocation, of::<Invocation>),
        (Kind::Link, of::<Link>),
        (Kind::Set, of::<Set>),
        (Kind::Space, of::<Space>),
        (Kind::Tag, of::<Tag>),
        (Kind::Target, of::<Target>),
        (Kind::Trigger, of::<Trigger>),
        (Kind::Unit, of::<Unit>),
        (Kind::View, of::<View>),
    ];
    let found = all.iter().find(|(kind, _)| kind.name() == entity_type);
    found.map(|(_, told)| told(new)).unwrap_or_default()
}

/// A new entity from what a client may set; everything else in the body is ignored, as the zero
/// times that clients send are.
pub(super) fn draft<E: Entity>(body: &Map<String, Json>) -> Result<E, ApiError> {
    let entity = overlaid(&E::default(), body)?;
    check_required(&entity)?;
    Ok(entity)
}

fn check_required<E: Entity>(entity: &E) -> Result<(), ApiError> {
    let json = entity.json();
    let missing = required::<E>().find(|field| is_missing(field, &json[field]));
    missing.map_or(Ok(()), |field| Err(is_required(field)))
}

/// The fields of `E` that must hold something.
fn required<E: Entity>() -> impl Iterator<Item = &'static str> {
    std::iter::once("Slug").chain(E::REQUIRED.iter().copied())
}

fn is_missing(field: &str, value: &Json) -> bool {
    is_unset(field, value) || value == ""
}

fn is_required(field: &str) -> ApiError {
    ApiError::bad_request(format!("{field} is required"))
}

/// Whether a field's value says that it has none: clients send the nil id where they have no other.
fn is_unset(field: &str, value: &Json) -> bool {
    let is_nil = || value.as_str().and_then(|text| text.parse().ok()) == Some(Uuid::nil());
    value.is_null() || (field.ends_with("ID") && is_nil())
}

/// `before` with everything that clients may set replaced by the body's or, where it has none, unset.
pub(super) fn replacement<E: Entity>(before: &E, body: &Map<String, Json>) -> Result<E, ApiError> {
    let unset = E::default().json();
    let mut whole = before.json();
    for field in writable::<E>() {
        whole[field] = unset[field].clone();
    }
    let after = decode(whole, before).and_then(|blank| overlaid(&blank, body))?;
    check_required(&after)?;
    Ok(after)
}

/// `before` with a merge patch applied.
pub(super) fn patched<E: Entity>(before: &E, patch: &Map<String, Json>) -> Result<E, ApiError> {
    let present = before.json();
    let mut fields = Map::new();
    for field in writable::<E>() {
        let Some(change) = patch.get(field) else { continue };
        let mut value = present[field].clone();
        json_patch::merge(&mut value, change);
        if is_unset(field, &value) {
            value = E::default().json()[field].take();
        }
        fields.insert(field.to_owned(), value);
    }
    let after_field = |field: &str| fields.get(field).unwrap_or(&present[field]);
    let missing = required::<E>().find(|field| is_missing(field, after_field(field)));
    let after = with_encoded(before, present, &fields)?;
    missing.map_or(Ok(after), |field| Err(is_required(field)))
}

/// `entity` with those fields of `body` that clients may set and that hold something.
fn overlaid<E: Entity>(entity: &E, body: &Map<String, Json>) -> Result<E, ApiError> {
    let given = body.iter().filter(|(field, value)| !is_unset(field, value));
    with_fields(entity, &given.map(|(field, value)| (field.clone(), value.clone())).collect())
}

/// `entity` with those of `fields` that clients may set.
fn with_fields<E: Entity>(entity: &E, fields: &Map<String, Json>) -> Result<E, ApiError> {
    let settable = writable::<E>().filter_map(|field| Some((field.to_owned(), fields.get(field)?.clone())));
    with(entity, &settable.collect())
}

/// `entity` with `fields`, which it must have.
fn with<E: Entity>(entity: &E, fields: &Map<String, Json>) -> Result<E, ApiError> {
    with_encoded(entity, entity.json(), fields)
}

/// The same, with the encoding of `entity`.
fn with_encoded<E: Entity>(entity: &E, mut whole: Json, fields: &Map<String, Json>) -> Result<E, ApiError> {
    for (field, value) in fields {
        whole[field] = value.clone();
    }
    decode(whole, entity).map_err(|refusal| {
        // Find the field that cannot be read, so that the message can name it.
        let base = entity.json();
        let culprit = fields.iter().find_map(|(field, value)| {
            let mut alone = base.clone();
            alone[field] = value.clone();
            decode(alone, entity).err().map(|error| (field, error))
        });
        culprit.map_or(refusal, |(field, error)| ApiError::bad_request(format!("{field}: {}", error.message)))
    })
}

fn decode<E: Entity>(whole: Json, from: &E) -> Result<E, ApiError> {
    let mut entity: E = serde_json::from_value(whole).map_err(|error| ApiError::bad_request(error.to_string()))?;
    entity.inherit(from);
    Ok(entity)
}

/// With `allow_exists`, the entity that is there already.
pub(super) fn existing<'a, E: Entity + Stored>(
    store: &'a Store,
    call: &Call<'_>,
    group: Uuid,
    slug: &str,
) -> Result<Option<&'a E>, ApiError> {
    let found = if call.flag("allow_exists")? { E::table(store).by_slug(group, slug) } else { None };
    // A space that the caller may not read is in the way all the same, but it is not shown.
    Ok(found.filter(|entity| call.sees(store, *entity)))
}

/// Puts a new entity into a space of the store.
pub(crate) fn place<E: Entity + Stored>(
    store: &mut Store,
    call: &Call<'_>,
    space_id: Uuid,
    mut entity: E,
    summary: String,
) -> Result<E, ApiError> {
    let cursor_id = E::table(store).next_cursor();
    let summary = if summary.is_empty() {
        difference(&E::default().json(), &entity.json(), told_when_new::<E>())
    } else {
        summary
    };
    let metadata = entity.metadata_mut();
    metadata.organization_id = store.organization.organization_id;
    metadata.space_id = space_id;
    metadata.created_at = call.now;
    metadata.updated_at = call.now;
    metadata.version = 1;
    E::KIND.name().clone_into(&mut metadata.entity_type);
    metadata.cursor_id = cursor_id;
    if metadata.display_name.is_empty() {
        metadata.display_name.clone_from(&metadata.slug);
    }
    entity.metadata().check()?;
    call.permit_change(store, &entity)?;
    check_slug(&entity, store)?;
    entity.derive(store);
    entity.check(store)?;
    call.permit_references(store, None, &entity)?;
    check_quota(call, E::KIND.name(), E::table(store).len())?;
    call.hub.quotas().check(E::KIND.name(), E::table(store).len())?;
    entity.prepare(store, call)?;
    entity.set_id(call.hub.simulation.seed.uuid(E::KIND.name()));
    E::table_mut(store).insert(entity.clone());
    report(store, call, Verb::Created, &entity, summary);
    entity.follow_up(store, call);
    Ok(E::table(store).get(Entity::id(&entity)).cloned().unwrap_or(entity))
}

/// Puts a changed entity in the place of the former one. Without a difference nothing happens.
pub(super) fn change<E: Entity + Stored>(
    store: &mut Store,
    call: &Call<'_>,
    before: &E,
    after: E,
) -> Result<E, ApiError> {
    let summary = difference(&before.json(), &after.json(), writable::<E>());
    if summary.is_empty() {
        return Ok(after);
    }
    change_with(store, call, before, after, summary)
}

/// The same, with a summary of the caller's.
pub(crate) fn change_with<E: Entity + Stored>(
    store: &mut Store,
    call: &Call<'_>,
    before: &E,
    mut after: E,
    summary: String,
) -> Result<E, ApiError> {
    after.derive(store);
    check_change(store, call, before, &after)?;
    after.prepare(store, call)?;
    let metadata = after.metadata_mut();
    metadata.version += 1;
    metadata.updated_at = call.now;
    E::table_mut(store).replace(after.clone());
    report(store, call, Verb::Updated, &after, summary);
    after.follow_up(store, call);
    Ok(E::table(store).get(Entity::id(&after)).cloned().unwrap_or(after))
}

/// Refuses a change that the caller may not make, or that leads to what cannot be.
pub(super) fn check_change<E: Entity + Stored>(
    store: &Store,
    call: &Call<'_>,
    before: &E,
    after: &E,
) -> Result<(), ApiError> {
    call.permit_change(store, before)?;
    call.permit_change(store, after)?;
    if before.metadata().slug != after.metadata().slug {
        check_slug(after, store)?;
    }
    after.metadata().check()?;
    after.check(store)?;
    call.permit_references(store, Some(before), after)
}

/// Refuses to delete what the caller may not delete, or what cannot be deleted.
pub(super) fn check_removal<E: Entity + Stored>(store: &Store, call: &Call<'_>, entity: &E) -> Result<(), ApiError> {
    call.permit_change(store, entity)?;
    check_delete_gates(entity)?;
    entity.check_deletion(store, call)
}

/// Takes an entity out of the store.
pub(crate) fn remove<E: Entity + Stored>(store: &mut Store, call: &Call<'_>, entity: &E) -> Result<(), ApiError> {
    check_removal(store, call, entity)?;
    report(store, call, Verb::Deleted, entity, String::new());
    E::table_mut(store).remove(Entity::id(entity));
    entity.follow_up(store, call);
    Ok(())
}

/// Refuses to delete an entity while one of its delete gates is up.
pub(super) fn check_delete_gates<E: Entity>(entity: &E) -> Result<(), ApiError> {
    let metadata = entity.metadata();
    match raised(&metadata.delete_gates).as_slice() {
        [] => Ok(()),
        gates => {
            let (kind, slug) = (E::KIND.name(), &metadata.slug);
            Err(ApiError::bad_request(format!("cannot delete {kind} {slug}: delete gates: {}", gates.join(", "))))
        }
    }
}

pub(super) fn report<E: Entity>(store: &Store, call: &Call<'_>, verb: Verb, entity: &E, summary: String) {
    let metadata = entity.metadata();
    let scope = (E::KIND != Space::KIND).then(|| store.space_slug(metadata.space_id)).flatten();
    call.report_as(call.origin.clone(), verb, (E::KIND, Some(entity.id())), scope, &metadata.slug, summary);
}

/// Optimistic locking: PUT must carry the present version, a patch may.
pub(super) fn check_version(present: i64, body: &Map<String, Json>, required: bool) -> Result<(), ApiError> {
    match body.get("Version").map(Json::as_i64) {
        Some(Some(version)) if version == present => Ok(()),
        None if !required => Ok(()),
        given => {
            let given = given.flatten().map_or_else(|| "none".to_owned(), |version| version.to_string());
            let message = format!("Version: expected {present}, got {given}; read it again");
            Err(if required { ApiError::conflict(message) } else { ApiError::bad_request(message) })
        }
    }
}

fn check_slug<E: Entity + Stored>(entity: &E, store: &Store) -> Result<(), ApiError> {
    let slug = &entity.metadata().slug;
    check_slug_text(slug)?;
    if E::table(store).by_slug(entity.group(), slug).is_some() {
        let kind = E::KIND.name();
        return Err(ApiError::bad_request(format!("{kind} with slug {slug} already exists")));
    }
    Ok(())
}

/// Refuses what cannot be a slug.
fn check_slug_text(slug: &str) -> Result<(), ApiError> {
    if !is_slug(slug) {
        let shown: String = slug.chars().take(SLUG_LIMIT).collect();
        return Err(ApiError::bad_request(format!(
            "Slug: `{shown}` must be at most {SLUG_LIMIT} letters, digits, - and _, with a letter or digit at both ends"
        )));
    }
    Ok(())
}
