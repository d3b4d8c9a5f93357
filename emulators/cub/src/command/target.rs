//! Targets.

use serde_json::Value;

use super::collection::listed;
use super::refuse;
use crate::api::Call;
use crate::contract::Era;
use crate::cub::Cub;
use crate::entity::{TARGET, WORKER, condition_of_names};
use crate::failure::Failure;
use crate::model::{text, typed};
use crate::output::slug_of;
use crate::slug;
use crate::table::Table;

pub(super) async fn list(cub: &mut Cub<'_, '_>) -> Result<(), Failure> {
    let targets = listed(cub, &TARGET).await?;
    // The parameters went from the table after August 2025.
    let with_parameters = cub.era == Era::August2025;
    let mut header = vec!["Name", "Worker", "ProviderType"];
    header.extend(with_parameters.then_some("Parameters"));
    header.push("Space");
    let mut table = Table::with_header(&header, cub.shows_header());
    for extended in &targets {
        let target = &extended["Target"];
        let mut row = vec![text(target, "Slug"), text(&extended["BridgeWorker"], "Slug"), text(target, "ProviderType")];
        row.extend(with_parameters.then(|| text(target, "Parameters")));
        row.push(text(&extended["Space"], "Slug"));
        table.row(row);
    }
    cub.print_list(&targets, &table, slug_of(&TARGET))
}

pub(super) async fn create(cub: &mut Cub<'_, '_>) -> Result<(), Failure> {
    refuse(cub, "target create", &["from-target", "from-target-space", "verbose"])?;
    let from_input = cub.flags.on("from-stdin") || cub.flags.given("filename");
    let mut target = cub.entity_from_flags()?;
    if !from_input {
        target["ToolchainType"] = cub.flags.text("toolchain").into();
        target["ProviderType"] = cub.flags.text("provider").into();
    }
    check_provider(text(&target, "ToolchainType"), text(&target, "ProviderType"))?;
    let name = cub.args[0].clone();
    target["SpaceID"] = cub.space.id.clone().into();
    target["Slug"] = slug::of(&name).into();
    if text(&target, "DisplayName").is_empty() {
        target["DisplayName"] = name.clone().into();
    }
    if let Some(parameters) = cub.args.get(1) {
        target["Parameters"] = parameters.clone().into();
    }
    if let Some(worker) = cub.args.get(2).cloned() {
        target["BridgeWorkerID"] = cub.find(&WORKER, &worker).await?["BridgeWorkerID"].clone();
    }
    let allow_exists = if cub.flags.on("allow-exists") { "true" } else { "" };
    let call = Call::post(TARGET.path(&cub.space.id), &typed("Target", &target)).with("allow_exists", allow_exists);
    let created = typed("Target", &cub.call(call).await?);
    let id = text(&created, "TargetID").to_owned();
    cub.print_done("created", "target", &name, &id, &serde_json::json!({"Target": created}))
}

/// The client's own checks of what can be combined.
fn check_provider(toolchain: &str, provider: &str) -> Result<(), Failure> {
    let refuse = |reason: &str| Err(Failure::failed(reason));
    if toolchain.is_empty() || provider.is_empty() {
        return refuse("toolchain and provider must be specified");
    }
    match (provider, toolchain) {
        (_, other) if !["Kubernetes/YAML", "OpenTofu/HCL", "AppConfig/Properties"].contains(&other) => {
            refuse("toolchain must be one of: Kubernetes/YAML, OpenTofu/HCL, AppConfig/Properties")
        }
        ("AWS", "OpenTofu/HCL")
        | ("Kubernetes" | "FluxOCIWriter", "Kubernetes/YAML")
        | ("ConfigMap", "AppConfig/Properties") => Ok(()),
        ("AWS", _) => refuse("provider AWS requires toolchain OpenTofu/HCL"),
        ("Kubernetes" | "FluxOCIWriter", _) => {
            refuse(&format!("provider {provider} requires toolchain Kubernetes/YAML"))
        }
        ("ConfigMap", _) => refuse(
            "provider ConfigMap requires toolchain AppConfig/Properties, AppConfig/TOML, AppConfig/INI, or AppConfig/Env",
        ),
        _ => refuse("provider must be one of: Kubernetes, AWS, FluxOCIWriter, ConfigMap"),
    }
}

pub(super) async fn update(cub: &mut Cub<'_, '_>) -> Result<(), Failure> {
    if !cub.flags.on("patch") {
        return Err(Failure::NotSupported("target update (without --patch)".to_owned()));
    }
    refuse(cub, "target update", &["verbose", "replace"])?;
    let body = cub.patch_from_flags(&[])?;
    let Some(name) = cub.args.first().cloned() else { return update_several(cub, body).await };
    let id = text(&cub.find(&TARGET, &name).await?, "TargetID").to_owned();
    let path = format!("{}/{id}", TARGET.path(&cub.space.id));
    let updated = typed("Target", &cub.call(Call::patch(path, body)).await?);
    cub.print_done("updated", "target", &name, &id, &updated)
}

async fn update_several(cub: &mut Cub<'_, '_>, patch: String) -> Result<(), Failure> {
    let (names, condition) = (cub.flags.list("target").to_vec(), cub.flags.text("where").to_owned());
    if !names.is_empty() && !condition.is_empty() {
        return Err(Failure::failed("--target and --where flags are mutually exclusive"));
    }
    let condition = if names.is_empty() { condition } else { condition_of_names(&names, "TargetID")? };
    let call =
        Call::patch(TARGET.path("*"), patch).with("where", cub.in_space(&condition)).with("include", TARGET.include);
    let answers = cub.call(call).await?;
    let answers = answers.as_array().cloned().unwrap_or_default();
    let failed = answers.iter().filter(|answer: &&Value| answer["Error"].is_object()).count();
    let summary = format!("\nBulk patch completed: {} succeeded, {failed} failed\n", answers.len() - failed);
    cub.streams.print(&summary)
}
