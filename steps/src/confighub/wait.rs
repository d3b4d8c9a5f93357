//! Waiting for the hub, which has no watch: asking again as environment time passes.

use std::time::Duration;

use serde_json::Value;
use stagegate_harness::environment::{HubClient, HubError};
use stagegate_harness::failure::Failure;
use stagegate_harness::run::Scenario;
use stagegate_reports::journal::{Attachment, Event};

use super::client;
use crate::kubernetes::stuck;

/// How often the hub is asked; of the order of the real client's own polls.
const INTERVAL: Duration = Duration::from_millis(500);

/// What is not yet as it should be.
pub(super) struct NotYet(pub(super) String);

/// Asks with `fetch` until `check` is content, for at most `limit` of environment time.
///
/// On timeout the failure shows why `check` was not content last, the last entity and the last error.
pub(super) async fn until(
    scenario: &mut Scenario,
    what: &str,
    limit: Duration,
    fetch: impl AsyncFn(&HubClient) -> Result<Value, HubError>,
    check: impl Fn(&Value) -> Result<(), NotYet>,
) -> Result<Value, Failure> {
    let hub = client(scenario).await?;
    let clock = scenario.environment().await?.clock().clone();
    let mut last_error: Option<HubError> = None;
    let mut last: Option<(Value, NotYet)> = None;
    let asking = async {
        loop {
            match fetch(&hub).await {
                Ok(entity) => match check(&entity) {
                    Ok(()) => return entity,
                    Err(not_yet) => last = Some((entity, not_yet)),
                },
                Err(error) => last_error = Some(error),
            }
            clock.sleep(INTERVAL).await;
        }
    };
    if let Ok(entity) = scenario.wait(limit, asking).await? {
        return Ok(entity);
    }
    let mut failure = Failure::assertion(what).expected(format!("within {}", seconds(limit)));
    failure = match last {
        Some((entity, NotYet(why))) => {
            let name = format!("last seen: {what}");
            let attachment = Attachment { name, media_type: "application/json".to_owned(), text: compact(&entity) };
            scenario.scribe()?.write(Event::Attachment(attachment));
            failure.actual(why)
        }
        None => failure.actual("it was never seen"),
    };
    if let Some(error) = last_error {
        failure = failure.caused_by(&error);
    }
    // Workers act for the hub, and run in pods.
    Err(stuck(scenario).await.into_iter().fold(failure, Failure::cause))
}

/// A duration as people write it in features.
pub(crate) fn seconds(duration: Duration) -> String {
    format!("{} s", duration.as_secs_f64())
}

/// The entity on a line, without the long texts that other steps look at.
fn compact(entity: &Value) -> String {
    let mut entity = entity.clone();
    shorten(&mut entity);
    serde_json::to_string_pretty(&entity).unwrap_or_default()
}

fn shorten(value: &mut Value) {
    match value {
        Value::Object(fields) => {
            for hidden in ["Data", "LiveState", "Outputs", "Secret", "MutationSources", "ProvidedInfo"] {
                fields.remove(hidden);
            }
            fields.values_mut().for_each(shorten);
        }
        Value::Array(items) => items.iter_mut().for_each(shorten),
        _ => {}
    }
}
