//! Creating entities in a space: one by its slug, or several as clones of those there are.

use serde_json::Value;

use super::collection_bulk::{Bulk, sum_up};
use super::{collection_details, collection_fields};
use crate::api::Call;
use crate::cub::Cub;
use crate::entity::{Kind, condition_of_names};
use crate::failure::Failure;
use crate::model::{text, typed};
use crate::slug;

/// The arguments that one entity takes, as the client's complaint shows them, and how many are needed.
fn arguments(kind: &Kind) -> (&'static str, usize) {
    match kind.model {
        "Filter" => ("<slug> <from> [options...]", 2),
        "View" => ("<slug> <filter>", 2),
        "Trigger" => ("<slug> <event> <config type> <function> [arguments...]", 4),
        "Invocation" => ("<slug> <toolchain type> <function> [arguments...]", 3),
        _ => ("<slug>", 1),
    }
}

/// The flags that select what is cloned, and where to.
fn bulk_flags(cub: &Cub<'_, '_>, kind: &Kind) -> Vec<&'static str> {
    // For filters `--where` was also the condition of the new one.
    let by_condition = kind.model != "Filter" || cub.era == crate::contract::Era::October2025;
    let by_condition = by_condition.then_some("where");
    by_condition.into_iter().chain([kind.noun, "dest-space", "where-space", "name-prefix"]).collect()
}

pub(super) async fn create(cub: &mut Cub<'_, '_>, kind: &'static Kind) -> Result<(), Failure> {
    let flags = bulk_flags(cub, kind);
    let bulk = flags.iter().any(|flag| cub.flags.given(flag));
    if bulk && cub.args.is_empty() {
        check_bulk(cub, kind)?;
        return create_several(cub, kind).await;
    }
    let (usage, count) = arguments(kind);
    if cub.args.len() < count {
        return Err(Failure::failed(format!("single {} creation requires: {usage}", kind.noun)));
    }
    if bulk {
        let flags = flags.iter().map(|flag| format!("--{flag}")).collect::<Vec<_>>().join(", ");
        let reason = format!("bulk create flags ({flags}) can only be used without positional arguments");
        return Err(Failure::failed(reason));
    }
    cub.refuse_all_spaces()?;
    create_one(cub, kind).await
}

async fn create_one(cub: &mut Cub<'_, '_>, kind: &'static Kind) -> Result<(), Failure> {
    let name = cub.args[0].clone();
    let mut entity = cub.entity_from_flags()?;
    entity["SpaceID"] = cub.space.id.clone().into();
    entity["Slug"] = slug::of(&name).into();
    if text(&entity, "DisplayName").is_empty() {
        entity["DisplayName"] = name.clone().into();
    }
    for (field, value) in collection_fields::given(cub, kind, false).await? {
        entity[field] = value;
    }
    send_new(cub, kind, &name, &entity).await
}

/// Creates the entity and says so.
pub(super) async fn send_new(cub: &mut Cub<'_, '_>, kind: &Kind, name: &str, entity: &Value) -> Result<(), Failure> {
    let allow_exists = if cub.flags.on("allow-exists") { "true" } else { "" };
    let call = Call::post(kind.path(&cub.space.id), &typed(kind.model, entity)).with("allow_exists", allow_exists);
    let created = typed(kind.model, &cub.call(call).await?);
    let details = collection_details::table(kind, &created).render();
    cub.print_done_with("created", kind.noun, name, text(&created, kind.id), &created, |cub| {
        // The client has no details of workers to show here.
        if kind.model == "BridgeWorker" { Ok(()) } else { cub.streams.print(&details) }
    })
}

fn check_bulk(cub: &Cub<'_, '_>, kind: &Kind) -> Result<(), Failure> {
    let given = |flag: &str| cub.flags.given(flag);
    let noun = kind.noun;
    Err(Failure::failed(if !given("where") && !given(noun) {
        format!("bulk create mode requires --where or --{noun} flags")
    } else if given("where") && given(noun) {
        format!("--{noun} and --where flags are mutually exclusive")
    } else if given("dest-space") && given("where-space") {
        "--dest-space and --where-space flags are mutually exclusive".to_owned()
    } else if !given("dest-space") && !given("where-space") && !given("name-prefix") {
        "bulk create mode requires at least one of --dest-space, --where-space, or --name-prefix".to_owned()
    } else {
        return Ok(());
    }))
}

async fn create_several(cub: &mut Cub<'_, '_>, kind: &'static Kind) -> Result<(), Failure> {
    let condition = super::unit::selected(cub, kind, kind.noun)?;
    let patch = cub.patch_from_flags(&[])?;
    let spaces = destinations(cub)?;
    let allow_exists = if cub.flags.on("allow-exists") { "true" } else { "" };
    let call = Call::post_patch(kind.path("*"), patch)
        .with("where", &condition)
        .with("include", "SpaceID")
        .with("name_prefixes", cub.flags.list("name-prefix").join(","))
        .with("where_space", spaces)
        .with("allow_exists", allow_exists)
        .hiding_reason(cub.era);
    let (status, answers) = cub.call_with_status(call).await?;
    let bulk = Bulk { verb: "create", noun: kind.noun, model: kind.model, context: &condition };
    sum_up(cub, &bulk, status, &answers)
}

/// The condition of `--where-space`, or of the spaces that `--dest-space` names.
pub(super) fn destinations(cub: &Cub<'_, '_>) -> Result<String, Failure> {
    match cub.flags.list("dest-space") {
        [] => Ok(cub.flags.text("where-space").to_owned()),
        spaces => condition_of_names(spaces, "SpaceID"),
    }
}
