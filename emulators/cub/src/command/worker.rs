//! Bridge workers.

use serde_json::Value;

use super::collection::{listed, send_new};
use super::{refuse, worker_manifest};
use crate::cub::Cub;
use crate::entity::WORKER;
use crate::failure::Failure;
use crate::model::{is_zero_time, pretty, text, time};
use crate::output::slug_of;
use crate::slug;
use crate::table::Table;

pub(super) async fn list(cub: &mut Cub<'_, '_>) -> Result<(), Failure> {
    let workers = listed(cub, &WORKER).await?;
    let mut table = Table::with_header(&["Name", "Condition", "Space", "Last-Seen"], cub.shows_header());
    for extended in &workers {
        let worker = &extended["BridgeWorker"];
        let space = match text(&extended["Space"], "Slug") {
            "" if !cub.space.is_all() => cub.space.slug.clone(),
            slug => slug.to_owned(),
        };
        table.row([text(worker, "Slug"), text(worker, "Condition"), &space, &last_seen(worker)]);
    }
    cub.print_list(&workers, &table, slug_of(&WORKER))
}

/// When the worker was last seen, or else made.
fn last_seen(worker: &Value) -> String {
    let field = if is_zero_time(worker, "LastSeenAt") { "CreatedAt" } else { "LastSeenAt" };
    time(worker, field).chars().take("2006-01-02 15:04:05".len()).collect()
}

pub(super) async fn create(cub: &mut Cub<'_, '_>) -> Result<(), Failure> {
    let name = cub.args[0].clone();
    let mut worker = cub.entity_from_flags()?;
    worker["Slug"] = slug::of(&name).into();
    worker["SpaceID"] = cub.space.id.clone().into();
    send_new(cub, &WORKER, &name, &worker).await
}

pub(super) async fn get(cub: &mut Cub<'_, '_>) -> Result<(), Failure> {
    let mut worker = find(cub).await?;
    if !cub.flags.on("include-secret") {
        worker["Secret"] = "********".into();
    }
    if cub.flags.on("json") {
        return cub.streams.line(&pretty(&worker));
    }
    let mut table = Table::new();
    table.row(["ID", text(&worker, "BridgeWorkerID")]);
    table.row(["Name", text(&worker, "Slug")]);
    table.row(["Space ID", text(&worker, "SpaceID")]);
    table.row(["Created At", &time(&worker, "CreatedAt")]);
    table.row(["Updated At", &time(&worker, "UpdatedAt")]);
    table.row(["Secret", text(&worker, "Secret")]);
    table.row(["Condition", text(&worker, "Condition")]);
    table.row(["Last Message", text(&worker, "LastMessage")]);
    table.row(["Last Seen At", &time(&worker, "LastSeenAt")]);
    table.row(["IP Address", text(&worker, "IPAddress")]);
    cub.streams.print(&table.render())
}

/// Prints the secret: the one thing this command is for.
pub(super) async fn get_secret(cub: &mut Cub<'_, '_>) -> Result<(), Failure> {
    let id = text(&find(cub).await?, "BridgeWorkerID").to_owned();
    let space = cub.space.id.clone();
    let worker = cub.by_id(&WORKER, &space, &id, "").await?;
    cub.streams.line(text(&worker["BridgeWorker"], "Secret"))
}

/// Prints the lines that set a worker's environment, for the shell in use.
pub(super) async fn get_envs(cub: &mut Cub<'_, '_>) -> Result<(), Failure> {
    let worker = find(cub).await?;
    let shell = cub.env.get("SHELL").map_or("", String::as_str);
    let (set, between) = match shell.rsplit('/').next() {
        Some("fish") => ("set -gx ", " "),
        Some("csh" | "tcsh") => ("setenv ", " "),
        _ => ("export ", "="),
    };
    let name = cub.args[0].clone();
    cub.streams.line("# Source these environment variables with:")?;
    cub.streams.line(&format!("# eval \"$(cub worker get-envs {name})\""))?;
    cub.streams.line(&format!("{set}CONFIGHUB_WORKER_ID{between}{}", text(&worker, "BridgeWorkerID")))?;
    cub.streams.line(&format!("{set}CONFIGHUB_WORKER_SECRET{between}{}", text(&worker, "Secret")))
}

pub(super) async fn install(cub: &mut Cub<'_, '_>) -> Result<(), Failure> {
    refuse(cub, "worker install", &["unit", "target", "functions"])?;
    let worker = find(cub).await?;
    let manifest = if cub.flags.on("export-secret-only") {
        worker_manifest::secret_only(cub, &worker)?
    } else if cub.flags.on("export") {
        worker_manifest::manifest(cub, &worker)?
    } else {
        let name = cub.args[0].clone();
        return cub.streams.print(&format!(
            "Installing worker {name} to Kubernetes cluster...\n\
             This functionality is not yet implemented. Use --export to get the manifest.\n"
        ));
    };
    cub.streams.print(&format!("{manifest}\n"))
}

async fn find(cub: &mut Cub<'_, '_>) -> Result<Value, Failure> {
    let name = cub.args[0].clone();
    cub.find(&WORKER, &name).await
}
