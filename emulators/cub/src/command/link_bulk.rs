//! Links by condition: between units of many spaces, and patches of several.

use serde_json::Value;

use super::collection_bulk::{Bulk, sum_up};
use super::collection_create::destinations;
use super::unit_change::await_triggers;
use crate::api::Call;
use crate::cub::Cub;
use crate::entity::{LINK, UNIT};
use crate::failure::Failure;
use crate::model::text;

/// Links the units of `--where-from` to those of `--where-to`, in each space that is selected.
pub(super) async fn create(cub: &mut Cub<'_, '_>) -> Result<(), Failure> {
    let (from, to) = (cub.flags.text("where-from").to_owned(), cub.flags.text("where-to").to_owned());
    let (by_condition, by_name) = (cub.flags.given("where-space"), cub.flags.given("dest-space"));
    let refusal = if from.is_empty() || to.is_empty() {
        "bulk create mode requires --where-from and --where-to flags"
    } else if !by_condition && !by_name {
        "bulk create mode requires either --where-space or --dest-space flag"
    } else if by_condition && by_name {
        "--where-space and --dest-space flags are mutually exclusive"
    } else {
        ""
    };
    if !refusal.is_empty() {
        return Err(Failure::failed(refusal));
    }
    let patch = cub.patch_from_flags(&[])?;
    let spaces = destinations(cub)?;
    let allow_exists = if cub.flags.on("allow-exists") { "true" } else { "" };
    let context = format!("where_from: {from}, where_to: {to}");
    let call = Call::post_patch(LINK.path("*"), patch)
        .with("where_from", from)
        .with("where_to", to)
        .with("where_space", spaces)
        .with("where_to_space", cub.flags.text("where-to-space"))
        .with("allow_exists", allow_exists);
    finish(cub, call, "create", &context).await
}

/// Patches the links that `--where` or `--link` selects.
pub(super) async fn patch(cub: &mut Cub<'_, '_>) -> Result<(), Failure> {
    let condition = super::unit::selected(cub, &LINK, "link")?;
    let patch = cub.patch_from_flags(&[])?;
    let call = Call::patch(LINK.path("*"), patch).with("where", &condition).with("include", LINK.include);
    finish(cub, call, "update", &condition).await
}

/// Sends the call, sums its answers up and waits for the units that the links change.
async fn finish(cub: &mut Cub<'_, '_>, call: Call, verb: &str, context: &str) -> Result<(), Failure> {
    let (status, answers) = cub.call_with_status(call.hiding_reason(cub.era)).await?;
    sum_up(cub, &Bulk { verb, noun: "link", model: "Link", context }, status, &answers)?;
    if !cub.flags.on("wait") {
        return Ok(());
    }
    if !cub.flags.on("quiet") {
        cub.streams.line("Awaiting triggers...")?;
    }
    let links: Vec<Value> = answers.as_array().into_iter().flatten().map(|answer| answer["Link"].clone()).collect();
    for link in links.iter().filter(|link| link.is_object()) {
        let unit = cub.by_id(&UNIT, text(link, "SpaceID"), text(link, "FromUnitID"), "").await?["Unit"].clone();
        await_triggers(cub, unit).await?;
    }
    Ok(())
}
