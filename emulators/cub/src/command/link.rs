//! Links between units.

use serde_json::{Value, json};

use super::collection::listed;
use super::collection_update::merged_with_input;
use super::unit_change::await_triggers;
use super::{collection_details, link_bulk};
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

const BULK: [&str; 5] = ["where-from", "where-to", "where-space", "where-to-space", "dest-space"];

pub(super) async fn create(cub: &mut Cub<'_, '_>) -> Result<(), Failure> {
    if cub.args.is_empty() {
        return link_bulk::create(cub).await;
    }
    if cub.args.len() < 3 {
        return Err(Failure::failed("single link creation requires: <slug> <from unit> <to unit> [to space]"));
    }
    if BULK.iter().any(|flag| cub.flags.given(flag)) {
        return Err(Failure::failed(
            "bulk create flags (--where-from, --where-to, --where-space, --where-to-space, --dest-space) can only be \
             used without positional arguments",
        ));
    }
    cub.refuse_all_spaces()?;
    let name = cub.args[0].clone();
    let mut link = cub.entity_from_flags()?;
    link["SpaceID"] = cub.space.id.clone().into();
    // A dash leaves the choice of a slug to the server.
    if name != "-" {
        link["Slug"] = slug::of(&name).into();
        if text(&link, "DisplayName").is_empty() {
            link["DisplayName"] = name.into();
        }
    }
    connect(cub, &mut link).await?;
    let allow_exists = if cub.flags.on("allow-exists") { "true" } else { "" };
    let call = Call::post(LINK.path(&cub.space.id), &typed("Link", &link)).with("allow_exists", allow_exists);
    let created = typed("Link", &cub.call(call).await?);
    let slug = text(&created, "Slug").to_owned();
    print_changed(cub, "created", &slug, &created).await
}

/// Sets the ends that the second to fourth arguments name: from unit, to unit, the to unit's space.
async fn connect(cub: &mut Cub<'_, '_>, link: &mut Value) -> Result<(), Failure> {
    let (from, to, to_space) = (cub.args[1].clone(), cub.args[2].clone(), cub.args.get(3).cloned());
    let here = cub.space.clone();
    let from = cub.find_in(&UNIT, &from, &here).await?["Unit"].clone();
    let there = match to_space {
        Some(name) => {
            let space = cub.find_space(&name).await?;
            Space { id: text(&space, "SpaceID").to_owned(), slug: text(&space, "Slug").to_owned() }
        }
        None => here,
    };
    let to = cub.find_in(&UNIT, &to, &there).await?["Unit"].clone();
    link["FromUnitID"] = from["UnitID"].clone();
    link["ToUnitID"] = to["UnitID"].clone();
    link["ToSpaceID"] = there.id.into();
    Ok(())
}

async fn print_changed(cub: &mut Cub<'_, '_>, done: &str, name: &str, link: &Value) -> Result<(), Failure> {
    let details = collection_details::table(&LINK, link).render();
    let id = text(link, "LinkID").to_owned();
    cub.print_done_with(done, "link", name, &id, link, |cub| cub.streams.print(&details))?;
    await_from_unit(cub, text(link, "FromUnitID")).await
}

pub(super) async fn update(cub: &mut Cub<'_, '_>) -> Result<(), Failure> {
    let removed = cub.flags.list("label").iter().find(|label| label.ends_with("=-"));
    let patch = cub.flags.on("patch");
    let input = cub.flags.on("from-stdin") || cub.flags.given("filename") || !cub.flags.list("label").is_empty();
    // Of these two complaints the client makes no failure: it goes on as if one link were meant.
    if let Some(label) = removed.filter(|_| !patch) {
        let line = format!("Error: label removal (--label {label}) requires --patch flag\n");
        cub.streams.print(&line)?;
    } else if (!patch || !cub.args.is_empty()) && (cub.flags.given("where") || cub.flags.given("link")) {
        cub.streams.print(
            "Error: --where and --link flags can only be used in bulk mode (with --patch and without positional arguments)\n",
        )?;
    }
    let Some(name) = cub.args.first().cloned() else {
        if !patch {
            return Err(Failure::failed(
                "specify link slug/id for single update, or use --patch with --where/--link for bulk update",
            ));
        }
        if !input {
            return Err(Failure::failed("bulk patch requires one of: --from-stdin, --filename, or --label"));
        }
        return link_bulk::patch(cub).await;
    };
    cub.refuse_all_spaces()?;
    if patch {
        if !input {
            return Err(Failure::failed("--patch requires one of: --from-stdin, --filename, or --label"));
        }
        let id = text(&cub.find(&LINK, &name).await?, "LinkID").to_owned();
        let body = cub.patch_from_flags(&[])?;
        let call = Call::patch(format!("{}/{id}", LINK.path(&cub.space.id)), body);
        let updated = typed("Link", &cub.call(call).await?);
        return print_changed(cub, "updated", &name, &updated).await;
    }
    replace(cub, &name).await
}

/// Sends the link whole, with the ends that the arguments name.
async fn replace(cub: &mut Cub<'_, '_>, name: &str) -> Result<(), Failure> {
    if cub.args.len() < 3 {
        return Err(Failure::failed(
            "specify link slug/id and unit slugs for single update, or use --patch for individual patch",
        ));
    }
    let current = cub.find(&LINK, name).await?;
    let mut link = merged_with_input(cub, &current, &["OrganizationID", "SpaceID", "LinkID"])?;
    connect(cub, &mut link).await?;
    let path = format!("{}/{}", LINK.path(&cub.space.id), text(&current, "LinkID"));
    let updated = typed("Link", &cub.call(Call::put(path, &typed("Link", &link))).await?);
    print_changed(cub, "updated", name, &updated).await
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
