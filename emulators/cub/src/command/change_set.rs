//! Change sets and merges as flags of other commands: `--changeset`, `--merge-source` (October 2025 contract).

use serde_json::{Value, json};
use uuid::Uuid;

use crate::api::Call;
use crate::cub::Cub;
use crate::entity::{CHANGE_SET, Kind, Space, UNIT};
use crate::failure::Failure;
use crate::model::text;

/// Leaves a change set: the flag's value for none.
const NONE: &str = "-";

/// The id of the change set that `--changeset` names; empty without the flag, and for `-`.
pub(super) async fn change_set_id(cub: &mut Cub<'_, '_>) -> Result<String, Failure> {
    let name = cub.flags.text("changeset").to_owned();
    if name == NONE {
        return Ok(String::new());
    }
    Ok(text(&named(cub, &CHANGE_SET, "ChangeSet", &name).await?, "ChangeSetID").to_owned())
}

/// What a patch of a unit says of its change set: that it joins the one of `--changeset`, or leaves its own.
pub(super) fn membership(cub: &Cub<'_, '_>, change_set: &str) -> Option<(&'static str, Value)> {
    let id = if change_set.is_empty() { Value::Null } else { change_set.into() };
    cub.flags.given("changeset").then_some(("ChangeSetID", id))
}

/// Adds what `--merge-source`, `--merge-base` and `--merge-end` ask for; `Self` is the unit itself.
pub(super) async fn with_merge(cub: &mut Cub<'_, '_>, call: Call) -> Result<Call, Failure> {
    let name = cub.flags.text("merge-source").to_owned();
    let source = match name.as_str() {
        "Self" => name,
        _ => text(&named(cub, &UNIT, "Unit", &name).await?, "UnitID").to_owned(),
    };
    let (base, end) = (cub.flags.text("merge-base").to_owned(), cub.flags.text("merge-end").to_owned());
    Ok(call.with("merge_source", source).with("merge_base", base).with("merge_end", end))
}

/// The entity that a flag names by id, by slug in the command's space, or as `space/slug`; null without a name.
async fn named(cub: &mut Cub<'_, '_>, kind: &'static Kind, field: &str, name: &str) -> Result<Value, Failure> {
    if name.is_empty() {
        return Ok(Value::Null);
    }
    if Uuid::parse_str(name).is_ok() {
        return Ok(json!({ format!("{field}ID"): name }));
    }
    let (space, slug) = match name.split_once('/') {
        Some((space, slug)) => {
            let found = cub.find_space(space).await?;
            (Space { id: text(&found, "SpaceID").into(), slug: space.into() }, slug)
        }
        None => (cub.space.clone(), name),
    };
    Ok(cub.find_in(kind, slug, &space).await?[field].clone())
}
