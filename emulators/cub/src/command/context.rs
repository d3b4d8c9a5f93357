//! The server and space that commands use by default.

use serde_json::Value;

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
