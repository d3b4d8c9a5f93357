//! Links between units.

use serde_json::{Value, json};

use super::collection::listed;
use super::refuse;
use super::unit_change::await_triggers;
use crate::api::Call;
use crate::cub::Cub;
use crate::entity::{LINK, Space, UNIT};
use crate::failure::Failure;
use crate::model::{NIL, text, typed};
use crate::output::slug_of;
use crate::slug;
use crate::table::Table;

pub(super) async fn list(cub: &mut Cub<'_, '_>) -> Result<(), Failure> {
    let links = listed(cub, &LINK).await?;
    let header = ["Name", "Space", "From-Unit", "To-Unit", "To-Space"];
    let mut table = Table::with_header(&header, cub.shows_header());
    for link in &links {
        let slug = |entity: &str| text(&link[entity], "Slug").to_owned();
        let to_space = match slug("ToSpace") {
            none if none.is_empty() && text(&link["Link"], "ToSpaceID") == cub.space.id => cub.space.slug.clone(),
            slug => slug,
        };
        table.row([slug("Link"), slug("Space"), slug("FromUnit"), slug("ToUnit"), to_space]);
    }
    cub.print_list(&links, &table, slug_of(&LINK))
}

pub(super) async fn create(cub: &mut Cub<'_, '_>) -> Result<(), Failure> {
    refuse(cub, "link create", &["where-space", "where-from", "where-to", "where-to-space", "dest-space", "verbose"])?;
    let [name, from, to, to_space @ ..] = cub.args.as_slice() else {
        return Err(Failure::failed("single link creation requires: <link slug> <from unit slug> <to unit slug>"));
    };
    let (name, from, to, to_space) = (name.clone(), from.clone(), to.clone(), to_space.first().cloned());
    let mut link = cub.entity_from_flags()?;
    let here = cub.space.clone();
    let from = cub.find_in(&UNIT, &from, &here).await?["Unit"].clone();
    let there = match to_space {
        Some(name) => {
            let space = cub.find_space(&name).await?;
            Space { id: text(&space, "SpaceID").to_owned(), slug: text(&space, "Slug").to_owned() }
        }
        None => here.clone(),
    };
    let to = cub.find_in(&UNIT, &to, &there).await?["Unit"].clone();
    link["SpaceID"] = here.id.clone().into();
    // A dash leaves the choice of a slug to the server.
    if name != "-" {
        link["Slug"] = slug::of(&name).into();
        link["DisplayName"] = name.clone().into();
    }
    link["FromUnitID"] = from["UnitID"].clone();
    link["ToUnitID"] = to["UnitID"].clone();
    link["ToSpaceID"] = there.id.into();
    let allow_exists = if cub.flags.on("allow-exists") { "true" } else { "" };
    let call = Call::post(LINK.path(&here.id), &typed("Link", &link)).with("allow_exists", allow_exists);
    let created = typed("Link", &cub.call(call).await?);
    let shown = if name == "-" { text(&created, "Slug").to_owned() } else { name };
    let id = text(&created, "LinkID").to_owned();
    cub.print_done("created", "link", &shown, &id, &created)?;
    await_from_unit(cub, text(&from, "UnitID")).await
}

pub(super) async fn delete(cub: &mut Cub<'_, '_>) -> Result<(), Failure> {
    let Some(name) = cub.args.first().cloned() else {
        return super::collection::delete(cub, &LINK, "link").await;
    };
    if cub.flags.given("where") || cub.flags.given("link") {
        return Err(Failure::failed("--where or --link can only be specified with no positional arguments"));
    }
    let link = cub.find(&LINK, &name).await?;
    let id = text(&link, "LinkID").to_owned();
    let path = format!("{}/{id}", LINK.path(&cub.space.id));
    cub.call(Call::delete(path)).await?;
    cub.print_deleted(&LINK, &name, &id)?;
    await_from_unit(cub, text(&link, "FromUnitID")).await
}

/// A link changes its from unit: waits until that has settled.
async fn await_from_unit(cub: &mut Cub<'_, '_>, unit: &str) -> Result<(), Failure> {
    if !cub.flags.on("wait") || unit == NIL {
        return Ok(());
    }
    if !cub.flags.on("quiet") {
        cub.streams.line("Awaiting triggers...")?;
    }
    let space = cub.space.id.clone();
    let unit: Value = cub.by_id(&UNIT, &space, unit, "").await.unwrap_or_else(|_| json!({}))["Unit"].clone();
    await_triggers(cub, unit).await
}
