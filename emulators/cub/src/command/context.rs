//! The server and space that commands use by default.

use serde_json::Value;

use crate::api::Call;
use crate::cub::Cub;
use crate::entity::Space;
use crate::failure::Failure;
use crate::model::text;
use crate::session::Context;
use crate::table::Table;

pub(super) fn get(cub: &mut Cub<'_, '_>) -> Result<(), Failure> {
    let context = cub.context.clone();
    if cub.flags.on("space-slug-only") {
        return cub.streams.line(&context.space);
    }
    let mut table = Table::new();
    table.row(["User Email", &cub.session.user.email]);
    table.row(["IDP User ID", &cub.session.user.id]);
    table.row(["IDP Organization ID", &cub.session.organization_id]);
    table.row(["ConfigHub URL", &context.confighub_url]);
    table.row(["Space".to_owned(), format!("{} ({})", context.space, context.space_id)]);
    table.row(["Organization", &context.organization_id]);
    cub.streams.print(&table.render())
}

pub(super) async fn set(cub: &mut Cub<'_, '_>) -> Result<(), Failure> {
    let asked = cub.flags.text("space").to_owned();
    if asked.is_empty() {
        return save(cub);
    }
    let space = cub.find_space(&asked).await?;
    use_space(cub, &space)
}

/// Saves context and session under a name.
pub(super) fn save_as(cub: &mut Cub<'_, '_>) -> Result<(), Failure> {
    let name = cub.args[0].clone();
    save(cub)?;
    if !cub.flags.on("overwrite") {
        for (file, what) in [("context", "context"), ("session", "context (session)")] {
            if read(cub, &format!("{file}-{name}.json"))?.is_some() {
                return Err(Failure::failed(format!("{what} {name} already exists")));
            }
        }
    }
    for file in ["context", "session"] {
        let content = read(cub, &format!("{file}.json"))?.unwrap_or_default();
        write(cub, &format!("{file}-{name}.json"), &content)?;
    }
    cub.streams.line(&format!("Current context saved as {name}"))
}

/// Takes the context and session that were saved under a name.
pub(super) fn take(cub: &mut Cub<'_, '_>) -> Result<(), Failure> {
    let name = cub.args[0].clone();
    for file in ["context", "session"] {
        let saved = read(cub, &format!("{file}-{name}.json"))?;
        let saved = saved.ok_or_else(|| Failure::failed(format!("context {name} does not exist")))?;
        write(cub, &format!("{file}.json"), &saved)?;
    }
    cub.streams.line(&format!("{name} is now the current context"))
}

fn read(cub: &Cub<'_, '_>, file: &str) -> Result<Option<String>, Failure> {
    cub.home.read(file).map_err(|error| Failure::failed(error.to_string()))
}

fn write(cub: &Cub<'_, '_>, file: &str, content: &str) -> Result<(), Failure> {
    cub.home.write(file, content).map_err(|error| Failure::failed(error.to_string()))
}

/// Makes the space of the context the current one, or else the first there is, and says so.
pub(super) async fn take_space(cub: &mut Cub<'_, '_>) -> Result<(), Failure> {
    let slug = cub.context.space.clone();
    let space = match cub.find_space(&slug).await {
        Ok(space) => space,
        Err(Failure::Failed(_)) => {
            let spaces = cub.call(Call::get("/space")).await?;
            let first = spaces.as_array().and_then(|spaces| spaces.first()).map(|extended| extended["Space"].clone());
            first.ok_or_else(|| Failure::failed("no spaces found. Current space could not be set"))?
        }
        Err(other) => return Err(other),
    };
    use_space(cub, &space)?;
    let line = format!("Current space set to {} ({})", text(&space, "Slug"), text(&space, "SpaceID"));
    cub.streams.line(&line)
}

/// Makes a space the current one and saves that.
pub(super) fn use_space(cub: &mut Cub<'_, '_>, space: &Value) -> Result<(), Failure> {
    cub.context = Context {
        confighub_url: std::mem::take(&mut cub.context.confighub_url),
        space: text(space, "Slug").to_owned(),
        space_id: text(space, "SpaceID").to_owned(),
        organization_id: text(space, "OrganizationID").to_owned(),
    };
    cub.space = Space { id: cub.context.space_id.clone(), slug: cub.context.space.clone() };
    save(cub)
}

fn save(cub: &mut Cub<'_, '_>) -> Result<(), Failure> {
    cub.home.save_context(&cub.context).map_err(|error| Failure::failed(error.to_string()))
}
