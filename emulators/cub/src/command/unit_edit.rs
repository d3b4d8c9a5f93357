//! A unit's data in the user's editor, and from live resources.

use std::io::Write as _;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};

use super::unit_change::{await_triggers, print_updated};
use super::unit_operation::await_completion;
use crate::api::Call;
use crate::cub::Cub;
use crate::entity::UNIT;
use crate::failure::Failure;
use crate::model::{text, typed};

/// Opens the data in `EDITOR` (or vi) and saves what came of it.
pub(super) async fn edit(cub: &mut Cub<'_, '_>) -> Result<(), Failure> {
    let name = cub.args[0].clone();
    let mut unit = cub.find(&UNIT, &name).await?;
    let before = STANDARD
        .decode(text(&unit, "Data"))
        .map_err(|error| Failure::failed(format!("illegal base64 data: {error}")))?;
    let after = edited(cub, text(&unit, "UnitID"), &before)?;
    if after == before {
        return cub.streams.line("No changes made");
    }
    unit["Data"] = STANDARD.encode(after).into();
    unit["LastChangeDescription"] = "CLI edit".into();
    let path = format!("{}/{}", UNIT.path(text(&unit, "SpaceID")), text(&unit, "UnitID"));
    let updated = typed("Unit", &cub.call(Call::put(path, &typed("Unit", &unit))).await?);
    if cub.flags.on("wait") {
        await_triggers(cub, updated.clone()).await?;
    }
    print_updated(cub, &name, &updated)
}

/// The content of a file with `content` after the editor has ended, however it ended.
fn edited(cub: &Cub<'_, '_>, unit: &str, content: &[u8]) -> Result<Vec<u8>, Failure> {
    let failed = |error: std::io::Error| Failure::failed(error.to_string());
    let folder = cub.env.get("TMPDIR").map_or_else(std::env::temp_dir, std::path::PathBuf::from);
    let path = folder.join(format!("{unit}-{}.yaml", std::process::id()));
    let mut file = std::fs::OpenOptions::new().write(true).create_new(true).open(&path).map_err(failed)?;
    file.write_all(content).map_err(failed)?;
    drop(file);
    let editor = cub.env.get("EDITOR").filter(|editor| !editor.is_empty()).map_or("vi", String::as_str);
    let mut words = editor.split(' ');
    let mut command = std::process::Command::new(words.next().unwrap_or("vi"));
    let _ended_somehow = command.args(words).arg(&path).current_dir(cub.cwd).envs(cub.env).status();
    let content = std::fs::read(&path).map_err(failed);
    let _best_effort = std::fs::remove_file(&path);
    content
}

/// Asks the worker for the resources that a file lists, or that `--where` selects.
pub(super) async fn import(cub: &mut Cub<'_, '_>) -> Result<(), Failure> {
    let name = cub.args[0].clone();
    let unit = cub.find(&UNIT, &name).await?;
    let mut request = json!({});
    if let Some(source) = cub.args.get(1).cloned() {
        let list = cub.content(&source)?;
        let list: Value = serde_json::from_slice(&list).map_err(|error| Failure::failed(error.to_string()))?;
        request["ResourceInfoList"] = list;
    } else if !cub.flags.text("where").is_empty() {
        request["Where"] = cub.flags.text("where").into();
    }
    let path = format!("{}/{}/import", UNIT.path(&cub.space.id), text(&unit, "UnitID"));
    let queued = typed("QueuedOperation", &cub.call(Call::post(path, &request)).await?);
    if cub.flags.on("wait") { await_completion(cub, &queued).await } else { Ok(()) }
}
