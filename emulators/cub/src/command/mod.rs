//! The commands: one file a group, and one for what units need more of.

mod auth;
mod change_set;
mod collection;
mod context;
pub(crate) mod function;
mod function_output;
mod link;
mod revision;
mod server;
mod space;
mod target;
mod unit;
mod unit_change;
mod unit_details;
mod unit_diff;
mod unit_operation;
mod worker;
mod worker_manifest;

use crate::cub::Cub;
use crate::entity::{CHANGE_SET, FILTER, SET, TAG, TARGET, TRIGGER, UNIT, WORKER};
use crate::failure::Failure;

/// Runs the command with this path.
pub(crate) async fn run(cub: &mut Cub<'_, '_>, path: &str) -> Result<(), Failure> {
    match path {
        "auth get-token" => auth::get_token(cub),
        "auth login" if cub.flags.on("as-worker") => auth::login_as_worker(cub).await,
        "version" => server::version(cub).await,
        "info" => server::info(cub).await,
        "context get" => context::get(cub),
        "context set" => context::set(cub).await,
        "space new-prefix" => space::new_prefix(cub).await,
        "space list" => space::list(cub).await,
        "space get" => space::get(cub).await,
        "space create" => space::create(cub).await,
        "space update" => space::update(cub).await,
        "space delete" => space::delete(cub).await,
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
        "worker delete" => collection::delete(cub, &WORKER, "worker").await,
        "target list" => target::list(cub).await,
        "target create" => target::create(cub).await,
        "target update" => target::update(cub).await,
        "target delete" => collection::delete(cub, &TARGET, "target").await,
        "link list" => link::list(cub).await,
        "link create" => link::create(cub).await,
        "link delete" => link::delete(cub).await,
        "filter list" => collection::list(cub, &FILTER).await,
        "filter get" => collection::get(cub, &FILTER).await,
        "filter delete" => collection::delete(cub, &FILTER, "filter").await,
        "set list" => collection::list(cub, &SET).await,
        "set create" => collection::create(cub, &SET).await,
        "set delete" => collection::delete(cub, &SET, "").await,
        "changeset list" => collection::list(cub, &CHANGE_SET).await,
        "changeset create" => collection::create(cub, &CHANGE_SET).await,
        "changeset delete" => collection::delete(cub, &CHANGE_SET, "changeset").await,
        "tag create" => collection::create(cub, &TAG).await,
        "tag delete" => collection::delete(cub, &TAG, "tag").await,
        "trigger create" => collection::create_trigger(cub).await,
        "trigger delete" => collection::delete(cub, &TRIGGER, "trigger").await,
        "function list" => function::list(cub).await,
        "function explain" => function::explain(cub).await,
        _ => run_on_units(cub, path).await,
    }
}

async fn run_on_units(cub: &mut Cub<'_, '_>, path: &str) -> Result<(), Failure> {
    match path {
        "unit list" => unit::list(cub).await,
        "unit get" => unit::get(cub).await,
        "unit create" => unit::create(cub).await,
        "unit delete" => collection::delete(cub, &UNIT, "unit").await,
        "unit update" => unit_change::update(cub).await,
        "unit set-target" => unit_change::set_target(cub).await,
        "unit push-upgrade" => unit_change::push_upgrade(cub).await,
        "unit diff" => unit_diff::diff(cub).await,
        "unit approve" => unit_operation::approve(cub).await,
        "unit apply" => unit_operation::apply(cub).await,
        "unit destroy" => unit_operation::single(cub, "destroy").await,
        "unit refresh" => unit_operation::single(cub, "refresh").await,
        "unit-event list" => revision::list_events(cub).await,
        "revision list" => revision::list(cub).await,
        "revision get" => revision::get(cub).await,
        "mutation list" => revision::list_mutations(cub).await,
        "run" if cub.flags.on("reload") => function::reload(cub).await,
        "run" if cub.flags.on("reset") => Err(Failure::NotSupported("run --reset".to_owned())),
        "run" => cub.streams.line("Run with --reload or --reset to load and set up function list in CLI"),
        "function do" => function::run_words(cub).await,
        _ if path.starts_with("run ") => function::run_with_flags(cub, path).await,
        unsupported => Err(Failure::NotSupported(unsupported.to_owned())),
    }
}

/// Refuses flags that this client takes but does not act on yet: nothing is left out in silence.
fn refuse(cub: &Cub<'_, '_>, path: &str, flags: &[&str]) -> Result<(), Failure> {
    match flags.iter().find(|flag| cub.flags.given(flag)) {
        Some(flag) => Err(Failure::NotSupported(format!("{path} --{flag}"))),
        None => Ok(()),
    }
}
