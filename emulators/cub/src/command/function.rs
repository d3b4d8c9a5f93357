//! Functions on configuration.

use crate::Invocation;
use crate::api::Call;
use crate::command_line::CommandLine;
use crate::contract::{Contract, Era};
use crate::cub::Cub;
use crate::failure::Failure;
use crate::model::compact;
use crate::table::Table;

pub(crate) fn function_flags<'c>(_: &'c Contract, _: &Invocation, _: Era) -> Option<CommandLine<'c>> {
    None
}
pub(super) async fn run(_: &mut Cub<'_, '_>) -> Result<(), Failure> {
    Err(Failure::NotSupported("run".into()))
}
pub(super) async fn list(cub: &mut Cub<'_, '_>) -> Result<(), Failure> {
    let _ = Table::new();
    let _ = cub;
    Err(Failure::NotSupported("function list".into()))
}
pub(super) async fn reload(cub: &mut Cub<'_, '_>) -> Result<(), Failure> {
    save_list(cub).await?;
    cub.streams.line("Function list saved to ~/.confighub/functions.json")
}
pub(super) async fn save_list(cub: &mut Cub<'_, '_>) -> Result<(), Failure> {
    let path = format!("/space/{}/function", cub.space.id);
    let functions = cub.call(Call::get(path)).await?;
    let saved = cub.home.write("functions.json", &compact(&serde_json::json!({"builtin": functions})));
    saved.map_err(|error| Failure::failed(error.to_string()))
}
