//! A hub that is away, cut off from a worker, or full.

use std::time::Duration;

use serde_json::Value;
use stagegate_harness::environment::{HubClient, HubError};
use stagegate_harness::failure::{Failure, StepResult};
use stagegate_harness::run::Scenario;
use stagegate_harness::vocabulary::{Arguments, VocabularyBuilder};

use super::wait::{NotYet, until};
use super::{client, hub_failure, text, worker_entity};
use crate::fault;

/// How long the hub may take to be away, in environment time.
const GOING: Duration = Duration::from_secs(1);
/// How often that is looked at.
const LOOK_AGAIN: Duration = Duration::from_millis(10);

pub(super) fn add(builder: &mut VocabularyBuilder) {
    builder
        .sentence(
            "fault",
            "the hub is down for {duration}",
            "From now on, and for so long, connections to the hub are refused, and those that are open end; as a fault \
             of the label `hub down`.",
            goes_down,
        )
        .sentence("fault", "the hub does not answer", "A connection to the hub is refused.", does_not_answer)
        .sentence(
            "fault",
            "the hub answers within {duration}",
            "The hub tells who is logged in, asked again until it does.",
            answers_within,
        )
        .sentence(
            "fault",
            "the network between worker {string} of space {string} and the hub is cut for {duration}",
            "What the two send each other arrives when the time is over; a stream that is cut off for 140 s is over. As a \
             fault of the label `partition`.",
            is_cut,
        )
        .sentence(
            "fault",
            "the hub has room for {int} more space(s)",
            "The hub refuses what is beyond, as by its quota; as a fault of the label `quota`.",
            has_room,
        );
}

async fn goes_down(scenario: &mut Scenario, arguments: &Arguments) -> StepResult {
    let limit = arguments.duration(0)?.as_millis();
    let rule = format!("{{ label: hub down, match: {{ for: {limit}ms }}, effect: {{ down: refuse }} }}");
    fault::add_rules(scenario.environment().await?, "confighub", &rule)?;
    let hub = client(scenario).await?;
    let clock = scenario.environment().await?.clock().clone();
    let going = async {
        while is_there(&hub).await {
            clock.sleep(LOOK_AGAIN).await;
        }
    };
    let gone = scenario.wait(GOING, going).await?;
    gone.map_err(|_| Failure::environment("the hub answers although it is down on purpose"))
}

/// Whether connections to the hub are taken.
async fn is_there(hub: &HubClient) -> bool {
    !matches!(hub.get::<Value>("/me", &[]).await, Err(HubError::Unreachable { .. }))
}

async fn does_not_answer(scenario: &mut Scenario, _: &Arguments) -> StepResult {
    if is_there(&client(scenario).await?).await {
        return Err(Failure::assertion("the hub answers"));
    }
    Ok(())
}

async fn answers_within(scenario: &mut Scenario, arguments: &Arguments) -> StepResult {
    until_it_answers(scenario, arguments.duration(0)?).await
}

/// Asks the hub until it answers, for at most `limit` of environment time.
pub(crate) async fn until_it_answers(scenario: &mut Scenario, limit: Duration) -> StepResult {
    let fetch = async |hub: &HubClient| hub.get::<Value>("/me", &[]).await;
    let known = |member: &Value| match text(member, "/Username").as_str() {
        "" => Err(NotYet("it does not say who is logged in".to_owned())),
        _ => Ok(()),
    };
    until(scenario, "the hub does not answer", limit, fetch, known).await?;
    Ok(())
}

async fn is_cut(scenario: &mut Scenario, arguments: &Arguments) -> StepResult {
    let (slug, space, limit) = (arguments.text(0)?, arguments.text(1)?, arguments.duration(2)?.as_millis());
    let worker = worker_entity(&client(scenario).await?, space, slug).await?;
    let path = format!("/api/bridge_worker/{}/*", text(&worker, "/BridgeWorker/BridgeWorkerID"));
    let rule = format!("{{ label: partition, match: {{ path: {path}, for: {limit}ms }}, effect: partition }}");
    fault::add_rules(scenario.environment().await?, "confighub", &rule)?;
    Ok(())
}

async fn has_room(scenario: &mut Scenario, arguments: &Arguments) -> StepResult {
    let room = usize::try_from(arguments.int(0)?).map_err(|_| Failure::assertion("room is not negative"))?;
    let spaces: Vec<Value> = client(scenario).await?.get("/space", &[]).await.map_err(|error| hub_failure(&error))?;
    let limit = spaces.len() + room;
    let rule = format!("{{ label: quota, effect: {{ quota: {{ entity-type: Space, limit: {limit} }} }} }}");
    fault::add_rules(scenario.environment().await?, "confighub", &rule)?;
    Ok(())
}
