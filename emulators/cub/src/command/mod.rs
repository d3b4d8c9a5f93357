//! The commands: one file a group, and one for what units need more of.

mod auth;
mod change_set;
mod collection;
mod collection_bulk;
mod collection_create;
mod collection_details;
mod collection_fields;
mod collection_update;
mod context;
mod device_login;
pub(crate) mod function;
mod function_output;
mod link;
mod link_bulk;
mod organization;
mod revision;
mod server;
mod space;
mod space_bulk;
mod target;
mod target_worker_update;
mod unit;
mod unit_change;
mod unit_details;
mod unit_diff;
mod unit_edit;
mod unit_operation;
mod unit_tree;
mod worker;
mod worker_manifest;
mod worker_run;

use crate::contract::Era;
use crate::cub::Cub;
use crate::entity::{CHANGE_SET, FILTER, INVOCATION, LINK, SET, TAG, TARGET, TRIGGER, UNIT, VIEW, WORKER};
use crate::failure::Failure;

/// Runs the command with this path.
pub(crate) async fn run(cub: &mut Cub<'_, '_>, path: &str) -> Result<(), Failure> {
    match path {
        "auth get-token" => auth::get_token(cub),
        "auth login" if cub.flags.on("as-worker") => auth::login_as_worker(cub).await,
        "auth login" if cub.era == Era::August2025 => Err(Failure::not_supported(path, device_login::BROWSER)),
        "auth login" => device_login::log_in(cub).await,
        "auth test-login" => auth::test_login(cub).await,
        "auth switch" => auth::switch(cub).await,
        "version" => server::version(cub).await,
        "info" => server::info(cub).await,
        "upgrade" => Err(Failure::not_supported(path, "it would replace the program that runs it")),
        "context get" => context::get(cub),
        "context set" => context::set(cub).await,
        "context save" => context::save_as(cub),
        "context use" => context::take(cub),
        // The client takes this command and does nothing.
        "space set" => Ok(()),
        "space new-prefix" => space::new_prefix(cub).await,
        "space list" => space::list(cub).await,
        "space get" => space::get(cub).await,
        "space create" => space::create(cub).await,
        "space update" => space::update(cub).await,
        "space delete" => space::delete(cub).await,
        _ => run_in_organization(cub, path).await,
    }
}

const CHARTS: &str = "charts come from the network and are rendered by Helm's own template engine";
const COMPLETION: &str = "these scripts ask the real client for what may follow";

async fn run_in_organization(cub: &mut Cub<'_, '_>, path: &str) -> Result<(), Failure> {
    match path {
        "organization list" => organization::list(cub).await,
        "organization get" => organization::get(cub).await,
        "organization create" => organization::create(cub).await,
        "organization update" => organization::update(cub).await,
        "organization delete" => organization::delete(cub).await,
        "organization-member list" => organization::list_members(cub).await,
        "organization-member get" => organization::get_member(cub).await,
        "organization-member create" => organization::create_member(cub).await,
        "organization-member delete" => organization::delete_member(cub).await,
        "user list" => organization::list_users(cub).await,
        "user get" => organization::get_user(cub).await,
        _ if path.starts_with("completion ") => Err(Failure::not_supported(path, COMPLETION)),
        _ => run_in_space(cub, path).await,
    }
}

async fn run_in_space(cub: &mut Cub<'_, '_>, path: &str) -> Result<(), Failure> {
    match path {
        "worker list" => worker::list(cub).await,
        "worker create" => worker::create(cub).await,
        "worker get" => worker::get(cub).await,
        "worker get-secret" => worker::get_secret(cub).await,
        "worker get-envs" => worker::get_envs(cub).await,
        "worker install" => worker::install(cub).await,
        "worker list-status" => worker::list_statuses(cub).await,
        "worker list-function" => worker::list_functions(cub).await,
        "worker run" => worker_run::run(cub).await,
        "worker update" => target_worker_update::update(cub, &WORKER).await,
        "worker delete" => collection::delete(cub, &WORKER, "worker").await,
        "target list" => target::list(cub).await,
        "target create" => target::create(cub).await,
        "target update" => target_worker_update::update(cub, &TARGET).await,
        "link list" => link::list(cub).await,
        "link create" => link::create(cub).await,
        "link update" => link::update(cub).await,
        "link delete" => link::delete(cub).await,
        "set delete" => collection::delete(cub, &SET, "").await,
        "function list" => function::list(cub).await,
        "function explain" => function::explain(cub).await,
        "function do" => function::run_words(cub).await,
        "function exec" => function::exec(cub).await,
        "helm install" | "helm upgrade" => Err(Failure::not_supported(path, CHARTS)),
        _ => run_on_collection(cub, path).await,
    }
}

/// The commands that all kinds of entities have.
async fn run_on_collection(cub: &mut Cub<'_, '_>, path: &str) -> Result<(), Failure> {
    let Some((group, verb)) = path.split_once(' ') else { return run_on_units(cub, path).await };
    let kinds = [&CHANGE_SET, &FILTER, &INVOCATION, &LINK, &SET, &TAG, &TARGET, &TRIGGER, &VIEW];
    let Some(kind) = kinds.into_iter().find(|kind| kind.noun == group) else { return run_on_units(cub, path).await };
    match verb {
        "list" => collection::list(cub, kind).await,
        "get" => collection::get(cub, kind).await,
        "create" => collection_create::create(cub, kind).await,
        "update" => collection_update::update(cub, kind).await,
        "delete" => collection::delete(cub, kind, kind.noun).await,
        _ => run_on_units(cub, path).await,
    }
}

async fn run_on_units(cub: &mut Cub<'_, '_>, path: &str) -> Result<(), Failure> {
    match path {
        "unit list" => unit::list(cub).await,
        "unit tree" => unit_tree::tree(cub).await,
        "unit get" => unit::get(cub).await,
        "unit create" => unit::create(cub).await,
        "unit delete" => collection::delete(cub, &UNIT, "unit").await,
        "unit edit" => unit_edit::edit(cub).await,
        "unit import" => unit_edit::import(cub).await,
        "unit update" => unit_change::update(cub).await,
        "unit set-target" => unit_change::set_target(cub).await,
        "unit push-upgrade" => unit_change::push_upgrade(cub).await,
        "unit diff" => unit_diff::diff(cub).await,
        "unit approve" => unit_operation::approve(cub).await,
        "unit apply" => unit_operation::apply(cub).await,
        "unit destroy" => unit_operation::destroy(cub).await,
        "unit refresh" => unit_operation::single(cub, "refresh").await,
        "unit-event list" => revision::list_events(cub).await,
        "unit-event get" => revision::get_event(cub).await,
        "revision list" => revision::list(cub).await,
        "revision get" => revision::get(cub).await,
        "mutation list" => revision::list_mutations(cub).await,
        "mutation get" => revision::get_mutation(cub).await,
        // Both flags set the same switch in the client.
        "run" if cub.flags.on("reload") || cub.flags.on("reset") => function::reload(cub).await,
        "run" => cub.streams.line("Run with --reload or --reset to load and set up function list in CLI"),
        _ if path.starts_with("run ") => function::run_with_flags(cub, path).await,
        unknown => Err(Failure::not_supported(unknown, "this version of the stand-in does not know what it does")),
    }
}

/// Refuses flags that the client takes and that mean nothing known here: nothing is left out in silence.
fn refuse(cub: &Cub<'_, '_>, path: &str, flags: &[&str], reason: &'static str) -> Result<(), Failure> {
    match flags.iter().find(|flag| cub.flags.given(flag)) {
        Some(flag) => Err(Failure::not_supported(format!("{path} --{flag}"), reason)),
        None => Ok(()),
    }
}
