//! Changing entities in a space: one by its slug, whole or as a patch, or several by a patch.

use serde_json::{Value, json};

use super::collection_bulk::{Bulk, sum_up};
use super::space::merge;
use super::{collection_details, collection_fields};
use crate::api::Call;
use crate::cub::Cub;
use crate::entity::Kind;
use crate::failure::Failure;
use crate::model::{compact, text, typed};

pub(super) async fn update(cub: &mut Cub<'_, '_>, kind: &'static Kind) -> Result<(), Failure> {
    let bulk = cub.flags.on("patch") && cub.args.is_empty();
    check(cub, kind, bulk)?;
    if bulk {
        return update_several(cub, kind).await;
    }
    cub.refuse_all_spaces()?;
    let name = cub.args[0].clone();
    let current = cub.find(kind, &name).await?;
    let mut changed = merged_with_input(cub, &current, &["OrganizationID", "SpaceID", kind.id])?;
    for (field, value) in collection_fields::given(cub, kind, false).await? {
        changed[field] = value;
    }
    let path = format!("{}/{}", kind.path(&cub.space.id), text(&current, kind.id));
    let changed = typed(kind.model, &changed);
    // A patch of one entity is the whole entity too, so it removes nothing.
    let call = if cub.flags.on("patch") { Call::patch(path, compact(&changed)) } else { Call::put(path, &changed) };
    let updated = typed(kind.model, &cub.call(call).await?);
    let details = collection_details::table(kind, &updated).render();
    let id = text(&updated, kind.id).to_owned();
    cub.print_done_with("updated", kind.noun, &name, &id, &updated, |cub| cub.streams.print(&details))
}

/// An entity with what `--from-stdin` or `--filename` gives and the labels; `fixed` fields stay.
pub(super) fn merged_with_input(cub: &mut Cub<'_, '_>, current: &Value, fixed: &[&str]) -> Result<Value, Failure> {
    let mut changed = current.clone();
    if let Some(input) = cub.entity_input()? {
        let input: Value = serde_json::from_slice(&input).map_err(|error| Failure::failed(error.to_string()))?;
        if cub.flags.on("replace") {
            changed = json!({"Version": current["Version"]});
        }
        merge(&mut changed, &input);
        for field in fixed {
            changed[*field] = current[*field].clone();
        }
    }
    cub.add_labels(&mut changed)?;
    Ok(changed)
}

fn check(cub: &Cub<'_, '_>, kind: &Kind, bulk: bool) -> Result<(), Failure> {
    let noun = kind.noun;
    let (usage, least, most) = match kind.model {
        "Filter" => (": <slug> <from> [options...]", 2, usize::MAX),
        "Trigger" => (": <slug> <event> <config type> <function> [arguments...]", 4, usize::MAX),
        "Invocation" => (": <slug> <toolchain type> <function> [arguments...]", 3, usize::MAX),
        _ => (" exactly one argument: <slug or id>", 1, 1),
    };
    let selects = !cub.flags.text("where").is_empty() || !cub.flags.list(noun).is_empty();
    Err(Failure::failed(if !bulk && selects {
        format!("--where or --{noun} can only be specified with --patch and no positional arguments")
    } else if !bulk && !(least..=most).contains(&cub.args.len()) {
        format!("single {noun} update requires{usage}")
    } else if !cub.flags.text("where").is_empty() && !cub.flags.list(noun).is_empty() {
        format!("--{noun} and --where flags are mutually exclusive")
    } else if cub.flags.on("patch") && cub.flags.on("replace") {
        "only one of --patch and --replace should be specified".to_owned()
    } else if bulk && !selects {
        format!("bulk patch mode requires --where or --{noun} flags")
    } else {
        return Ok(());
    }))
}

async fn update_several(cub: &mut Cub<'_, '_>, kind: &'static Kind) -> Result<(), Failure> {
    let condition = super::unit::selected(cub, kind, kind.noun)?;
    let fields = collection_fields::given(cub, kind, true).await?;
    let patch = match cub.patch_from_flags(&fields)?.as_str() {
        "null" => "{}".to_owned(),
        patch => patch.to_owned(),
    };
    let call = Call::patch(kind.path("*"), patch).with("where", &condition).with("include", "SpaceID");
    let (status, answers) = cub.call_with_status(call.hiding_reason(cub.era)).await?;
    let bulk = Bulk { verb: "update", noun: kind.noun, model: kind.model, context: &condition };
    sum_up(cub, &bulk, status, &answers)
}
