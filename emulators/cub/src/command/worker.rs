//! Bridge workers.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};

use super::collection::listed;
use super::collection_create::send_new;
use super::unit_change::await_triggers;
use super::worker_manifest;
use crate::api::Call;
use crate::cub::Cub;
use crate::entity::{TARGET, UNIT, WORKER};
use crate::failure::Failure;
use crate::model::{is_zero_time, number, pretty, text, time, typed};
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
    let worker = find(cub).await?;
    let manifest = if cub.flags.on("export-secret-only") {
        worker_manifest::secret_only(cub, &worker)?
    } else if cub.flags.on("export") {
        worker_manifest::manifest(cub, &worker)?
    } else if !cub.flags.text("unit").is_empty() {
        let manifest = worker_manifest::manifest(cub, &worker)?;
        return install_as_unit(cub, &manifest).await;
    } else {
        let name = cub.args[0].clone();
        return cub.streams.print(&format!(
            "Installing worker {name} to Kubernetes cluster...\n\
             This functionality is not yet implemented. Use --export to get the manifest.\n"
        ));
    };
    cub.streams.print(&format!("{manifest}\n"))
}

/// Makes a unit of the manifest, and runs on it the functions that a file lists.
async fn install_as_unit(cub: &mut Cub<'_, '_>, manifest: &str) -> Result<(), Failure> {
    let (name, target) = (cub.flags.text("unit").to_owned(), cub.flags.text("target").to_owned());
    let mut unit = json!({
        "SpaceID": cub.space.id,
        "Slug": slug::of(&name),
        "DisplayName": name,
        "ToolchainType": "Kubernetes/YAML",
        "Data": STANDARD.encode(manifest),
    });
    if !target.is_empty() {
        unit["TargetID"] = cub.find(&TARGET, &target).await?["TargetID"].clone();
    }
    let mut created = typed("Unit", &cub.call(Call::post(UNIT.path(&cub.space.id), &typed("Unit", &unit))).await?);
    if cub.flags.on("wait") {
        await_triggers(cub, created.clone()).await?;
    }
    let (functions, id) = (cub.flags.text("functions").to_owned(), text(&created, "UnitID").to_owned());
    if !functions.is_empty() {
        super::function::exec_quietly(cub, &functions, &format!("Slug='{name}'")).await?;
        if cub.flags.on("wait") {
            let space = cub.space.id.clone();
            created = cub.by_id(&UNIT, &space, &id, "").await?["Unit"].clone();
            await_triggers(cub, created.clone()).await?;
        }
    }
    cub.print_done("created", UNIT.noun, &name, &id, &created)
}

pub(super) async fn list_statuses(cub: &mut Cub<'_, '_>) -> Result<(), Failure> {
    let id = text(&find(cub).await?, "BridgeWorkerID").to_owned();
    let path = format!("{}/{id}/status", WORKER.path(&cub.space.id));
    let statuses = typed("BridgeWorkerStatus", &cub.call(Call::get(path)).await?);
    let statuses = statuses.as_array().cloned().unwrap_or_default();
    let mut table = Table::with_header(&["ID", "Status", "Remote IP", "Seen At"], cub.shows_header());
    for status in &statuses {
        let (id, address) = (text(status, "BridgeWorkerStatusID"), text(status, "IPAddress"));
        table.row([id, text(status, "Status"), address, &time(status, "SeenAt")]);
    }
    cub.print_list(&statuses, &table, |status| text(status, "BridgeWorkerSlug").to_owned())
}

/// A table, whatever the flags of lists ask for: the client looks at none of them here.
pub(super) async fn list_functions(cub: &mut Cub<'_, '_>) -> Result<(), Failure> {
    let id = text(&find(cub).await?, "BridgeWorkerID").to_owned();
    let path = format!("{}/{id}/function", WORKER.path(&cub.space.id));
    let offered = cub.call(Call::get(path)).await?;
    let header = [
        "ToolchainType",
        "FunctionName",
        "Req'dParameters",
        "VarArgs",
        "Mutating",
        "Validating",
        "Hermetic",
        "Idempotent",
        "Description",
        "Parameters",
    ];
    let mut rows = Vec::new();
    for (toolchain, functions) in offered.as_object().into_iter().flatten() {
        for (name, signature) in functions.as_object().into_iter().flatten() {
            rows.push(function_row(toolchain, name, signature));
        }
    }
    rows.sort_by(|left, right| left[1].cmp(&right[1]));
    let mut table = Table::with_header(&header, true);
    for row in rows {
        table.row(row);
    }
    cub.streams.print(&table.render())
}

fn function_row(toolchain: &str, name: &str, signature: &Value) -> Vec<String> {
    let flag = |field: &str| (signature[field] == true).to_string();
    let mut row = vec![toolchain.to_owned(), name.to_owned(), number(signature, "RequiredParameters").to_string()];
    row.extend(["VarArgs", "Mutating", "Validating", "Hermetic", "Idempotent"].map(flag));
    row.push(text(signature, "Description").to_owned());
    // Each parameter adds a column with all that came before it: the client's own slip.
    let mut parameters = String::new();
    for parameter in signature["Parameters"].as_array().into_iter().flatten() {
        let needed = if parameter["Required"] == true { "req" } else { "opt" };
        let (name, description) = (text(parameter, "ParameterName"), text(parameter, "Description"));
        parameters.push_str(&format!("{name}:{description:?}({needed}), "));
        row.push(parameters.clone());
    }
    row
}

async fn find(cub: &mut Cub<'_, '_>) -> Result<Value, Failure> {
    let name = cub.args[0].clone();
    cub.find(&WORKER, &name).await
}
