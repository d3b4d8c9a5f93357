//! Changing targets and workers, which the client does alike: whole, or by a patch that removes labels too.

use serde_json::{Value, json};

use super::collection_update::merged_with_input;
use super::{collection_details, target};
use crate::api::Call;
use crate::cub::Cub;
use crate::entity::Kind;
use crate::failure::Failure;
use crate::model::{text, typed};

/// What the client's messages about a kind say.
struct Words {
    /// The flag that names several, and what one is called.
    flag: &'static str,
    noun: &'static str,
    /// The argument of the command.
    argument: &'static str,
    /// What a patch and a whole update say was updated.
    patched: &'static str,
}

fn words(kind: &Kind) -> Words {
    if kind.model == "Target" {
        Words { flag: "target", noun: "target", argument: "<slug or id>", patched: "target" }
    } else {
        Words { flag: "worker", noun: "bridge worker", argument: "<name>", patched: "bridge worker" }
    }
}

pub(super) async fn update(cub: &mut Cub<'_, '_>, kind: &'static Kind) -> Result<(), Failure> {
    let words = words(kind);
    let removed = cub.flags.list("label").iter().find(|label| label.ends_with("=-"));
    if let Some(label) = removed.filter(|_| !cub.flags.on("patch")) {
        return Err(Failure::failed(format!("label removal (--label {label}) requires --patch flag")));
    }
    let Some(name) = cub.args.first().cloned() else {
        if cub.flags.on("patch") {
            return patch_several(cub, kind, &words).await;
        }
        return Err(Failure::failed(format!("single {} update requires: {}", words.noun, words.argument)));
    };
    if cub.flags.on("patch") {
        return patch_one(cub, kind, &words, &name).await;
    }
    if !cub.flags.text("where").is_empty() || !cub.flags.list(words.flag).is_empty() {
        return Err(Failure::failed(format!("--where or --{} can only be specified with --patch", words.flag)));
    }
    cub.refuse_all_spaces()?;
    let current = cub.find(kind, &name).await?;
    let changed = merged_with_input(cub, &current, &["OrganizationID", "SpaceID", kind.id])?;
    if kind.model == "Target" {
        target::check_provider(text(&changed, "ToolchainType"), text(&changed, "ProviderType"))?;
    }
    let path = format!("{}/{}", kind.path(&cub.space.id), text(&current, kind.id));
    let updated = typed(kind.model, &cub.call(Call::put(path, &typed(kind.model, &changed))).await?);
    print(cub, kind, kind.noun, &name, &updated)
}

async fn patch_one(cub: &mut Cub<'_, '_>, kind: &'static Kind, words: &Words, name: &str) -> Result<(), Failure> {
    cub.refuse_all_spaces()?;
    let id = text(&cub.find(kind, name).await?, kind.id).to_owned();
    let body = cub.patch_from_flags(&[])?;
    if body == "null" {
        return Err(Failure::failed("no updates specified"));
    }
    let path = format!("{}/{id}", kind.path(&cub.space.id));
    let updated = typed(kind.model, &cub.call(Call::patch(path, body)).await?);
    print(cub, kind, words.patched, name, &updated)
}

fn print(cub: &mut Cub<'_, '_>, kind: &Kind, noun: &str, name: &str, updated: &Value) -> Result<(), Failure> {
    let id = text(updated, kind.id).to_owned();
    if kind.model != "Target" {
        // The client has no details of workers to show here.
        return cub.print_done("updated", noun, name, &id, updated);
    }
    let details = collection_details::table(kind, updated).render();
    let extended = json!({ kind.model: updated });
    cub.print_done_with("updated", noun, name, &id, &extended, |cub| cub.streams.print(&details))
}

async fn patch_several(cub: &mut Cub<'_, '_>, kind: &'static Kind, words: &Words) -> Result<(), Failure> {
    let condition = if cub.flags.list(words.flag).is_empty() {
        cub.in_space(cub.flags.text("where"))
    } else {
        super::unit::selected(cub, kind, words.flag)?
    };
    let patch = cub.patch_from_flags(&[])?;
    if patch == "null" {
        return Err(Failure::failed("no updates specified for bulk patch"));
    }
    let call = Call::patch(kind.path("*"), patch).with("where", condition).with("include", kind.include);
    let answers = cub.call(call).await?;
    let (mut good, mut bad) = (0, 0);
    for answer in answers.as_array().into_iter().flatten() {
        let (entity, error) = (&answer[kind.model], &answer["Error"]);
        if error.is_object() {
            bad += 1;
            let named = match text(entity, "Slug") {
                "" => String::new(),
                slug => format!(" {slug}"),
            };
            cub.streams.print(&format!("Failed to update {}{named}: {}\n", words.noun, text(error, "Message")))?;
        } else if entity.is_object() {
            good += 1;
            if cub.flags.on("verbose") && kind.model == "Target" {
                cub.streams.print(&collection_details::table(kind, entity).render())?;
            }
        }
    }
    cub.streams.print(&format!("\nBulk patch completed: {good} succeeded, {bad} failed\n"))?;
    if bad > 0 { Err(Failure::failed(format!("some {}s failed to update", words.noun))) } else { Ok(()) }
}
