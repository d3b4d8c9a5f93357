//! Targets.

use serde_json::Value;

use super::collection::listed;
use super::collection_details;
use crate::api::Call;
use crate::contract::Era;
use crate::cub::Cub;
use crate::entity::{Space, TARGET, WORKER};
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
    let copied = copied_target(cub).await?;
    let from_input = cub.flags.on("from-stdin") || cub.flags.given("filename");
    let mut target = cub.entity_from_flags()?;
    if let Some(mut copied) = copied {
        super::space::merge(&mut copied, &target);
        target = copied;
    } else if !from_input {
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
    let details = collection_details::table(&TARGET, &created).render();
    let extended = serde_json::json!({"Target": created});
    cub.print_done_with("created", "target", &name, &id, &extended, |cub| cub.streams.print(&details))
}

/// The target that `--from-target` names, in the space of `--from-target-space`.
async fn copied_target(cub: &mut Cub<'_, '_>) -> Result<Option<Value>, Failure> {
    let (name, space) = (cub.flags.text("from-target").to_owned(), cub.flags.text("from-target-space").to_owned());
    if name.is_empty() && space.is_empty() {
        return Ok(None);
    }
    if name.is_empty() || space.is_empty() {
        return Err(Failure::failed("both of --from-target and --from-target-space must be specified"));
    }
    if cub.flags.on("from-stdin") || cub.flags.given("filename") {
        return Err(Failure::failed("only one of --from-target or --from-stdin/--filename may be specified"));
    }
    let found = cub.find_space(&space).await?;
    let there = Space { id: text(&found, "SpaceID").into(), slug: space };
    Ok(Some(cub.find_in(&TARGET, &name, &there).await?["Target"].clone()))
}

/// The client's own checks of what can be combined.
pub(super) fn check_provider(toolchain: &str, provider: &str) -> Result<(), Failure> {
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
