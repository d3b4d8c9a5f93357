//! Facts about the server.

use serde_json::Value;

use crate::api::Call;
use crate::contract::Era;
use crate::cub::Cub;
use crate::failure::Failure;
use crate::model::text;
use crate::table::Table;

pub(super) async fn version(cub: &mut Cub<'_, '_>) -> Result<(), Failure> {
    // Commit and date of the clients whose contracts these are.
    let (commit, built) = match cub.era {
        Era::August2025 => ("a4a979ae", "2025-08-21T21:40:35Z"),
        Era::October2025 => ("a9e49bab", "2025-10-04T00:00:00Z"),
    };
    cub.streams.print(&format!("Client Version:\n  Commit:     {commit}\n  Build Date: {built}\n"))?;
    let info = api_info(cub).await?;
    let url = cub.api.server.clone();
    cub.streams.print(&format!("Server Version:\n  URL:        {url}\n  Commit:     {}\n", text(&info, "Build")))
}

pub(super) async fn info(cub: &mut Cub<'_, '_>) -> Result<(), Failure> {
    let info = api_info(cub).await?;
    let mut table = Table::new();
    table.row(["Server URL:", &cub.api.server]);
    table.row(["Client ID:", text(&info, "ClientID")]);
    table.row(["Build:", text(&info, "Build")]);
    table.row(["BuiltAt:", text(&info, "BuiltAt")]);
    table.row(["Revision:", text(&info, "Revision")]);
    cub.streams.print(&table.render())
}

async fn api_info(cub: &mut Cub<'_, '_>) -> Result<Value, Failure> {
    cub.call(Call::get("/info")).await
}
