//! Steps on ConfigHub's entities.

mod apply;
mod change_set;
mod clone;
mod configuration;
mod fault;
mod function;
mod link;
mod member;
mod merge;
pub(crate) mod outage;
mod prefix;
mod query;
mod quota;
mod refusal;
mod revision;
mod space;
mod target;
mod trigger;
pub(crate) mod unit;
mod units;
mod upgrade;
pub(crate) mod wait;
mod worker;

pub(crate) use self::unit::EXPORTED;
pub(crate) use self::wait::seconds;

use serde_json::Value;
use stagegate_harness::environment::{HubClient, HubError};
use stagegate_harness::failure::{Blame, Failure};
use stagegate_harness::run::Scenario;
use stagegate_harness::vocabulary::VocabularyBuilder;

pub(crate) fn add(builder: &mut VocabularyBuilder) {
    member::add(builder);
    prefix::add(builder);
    quota::add(builder);
    fault::add(builder);
    outage::add(builder);
    space::add(builder);
    unit::add(builder);
    apply::add(builder);
    units::add(builder);
    configuration::add(builder);
    clone::add(builder);
    link::add(builder);
    function::add(builder);
    upgrade::add(builder);
    merge::add(builder);
    query::add(builder);
    change_set::add(builder);
    revision::add(builder);
    trigger::add(builder);
    worker::add(builder);
    target::add(builder);
    refusal::add(builder);
}

async fn client(scenario: &mut Scenario) -> Result<HubClient, Failure> {
    Ok(scenario.environment().await?.hub().client.clone())
}

/// A step asked the hub for something and the hub did not do it.
fn hub_failure(error: &HubError) -> Failure {
    let mut failure = match error {
        HubError::NotFound { .. } => Failure::assertion(error.to_string()),
        HubError::Refused { message, .. } => Failure::assertion(format!("the hub refused: {message}")).caused_by(error),
        _ => Failure::assertion("the hub did not do what was asked").caused_by(error),
    };
    if matches!(error, HubError::Unreachable { .. }) {
        failure.blame = Blame::Environment;
    }
    if let Some(hint) = hint(error) {
        failure = failure.help(hint);
    }
    failure
}

fn hint(error: &HubError) -> Option<&'static str> {
    let HubError::Refused { status, message, .. } = error else { return None };
    match status {
        403 if message.contains("quota") => Some("remove what earlier runs left behind, or ask for a higher quota"),
        401 => Some("the token is missing, wrong or expired"),
        _ => None,
    }
}

/// The value at a JSON pointer as text; empty when it is not there.
fn text(value: &Value, pointer: &str) -> String {
    match value.pointer(pointer) {
        None | Some(Value::Null) => String::new(),
        Some(Value::String(text)) => text.clone(),
        Some(other) => other.to_string(),
    }
}

fn number(value: &Value, pointer: &str) -> i64 {
    value.pointer(pointer).and_then(Value::as_i64).unwrap_or_default()
}

/// A space's extended entity and id.
async fn space_id(client: &HubClient, slug: &str) -> Result<String, Failure> {
    let space = client.by_slug("space", "/space", slug, "", None).await.map_err(|error| hub_failure(&error))?;
    Ok(text(&space, "/Space/SpaceID"))
}

/// A unit in its extended form.
async fn unit(client: &HubClient, space: &str, slug: &str) -> Result<Value, Failure> {
    let path = format!("/space/{}/unit", space_id(client, space).await?);
    let include = "UnitEventID,TargetID,UpstreamUnitID,SpaceID";
    client.by_slug("unit", &path, slug, include, Some(space)).await.map_err(|error| hub_failure(&error))
}

/// A bridge worker in its extended form.
async fn worker_entity(client: &HubClient, space: &str, slug: &str) -> Result<Value, Failure> {
    let path = format!("/space/{}/bridge_worker", space_id(client, space).await?);
    client.by_slug("worker", &path, slug, "SpaceID", Some(space)).await.map_err(|error| hub_failure(&error))
}
