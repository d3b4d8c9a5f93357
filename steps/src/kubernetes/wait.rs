//! Waiting for an object with a watch.

use std::time::Duration;

use futures::{StreamExt as _, TryStreamExt as _};
use kube::Api;
use kube::api::{ApiResource, DynamicObject};
use kube::runtime::watcher::{self, Event, watcher};
use serde_json::Value;
use stagegate_harness::failure::Failure;
use stagegate_harness::run::Scenario;

use super::client;
use crate::confighub::seconds;

/// An object to wait for.
pub(super) struct Awaited<'a> {
    pub(super) resource: ApiResource,
    pub(super) namespace: &'a str,
    pub(super) name: &'a str,
}

/// How long a watch rests after an error, in environment time.
pub(super) const RETRY: Duration = Duration::from_secs(1);

/// Whether asking again would get the same answer: the API server refused the request as it is.
pub(super) fn is_final(error: &watcher::Error) -> bool {
    use watcher::Error::{InitialListFailed, WatchStartFailed};
    match error {
        InitialListFailed(kube::Error::Api(status)) | WatchStartFailed(kube::Error::Api(status)) => {
            (400..500).contains(&status.code) && status.code != 410 && status.code != 429
        }
        _ => false,
    }
}

/// Watches an object until `check` is content, for at most `limit` of environment time.
///
/// On timeout the failure shows why `check` was not content last, the object's last status and the
/// last error of the watch.
pub(super) async fn until(
    scenario: &mut Scenario,
    what: &str,
    awaited: &Awaited<'_>,
    limit: Duration,
    check: impl Fn(&Value) -> Result<(), String>,
) -> Result<Value, Failure> {
    let client = client(scenario).await?;
    let api: Api<DynamicObject> = Api::namespaced_with(client, awaited.namespace, &awaited.resource);
    let config = watcher::Config::default().fields(&format!("metadata.name={}", awaited.name));
    let clock = scenario.environment().await?.clock().clone();
    let mut last: Option<(Value, String)> = None;
    let mut last_error: Option<String> = None;
    let watching = async {
        let mut events = watcher(api, config).boxed();
        loop {
            let object = match events.try_next().await {
                Ok(Some(Event::Apply(object) | Event::InitApply(object))) => object,
                Ok(Some(Event::Delete(_))) => {
                    last = None;
                    continue;
                }
                Ok(Some(Event::Init | Event::InitDone)) => continue,
                // The watcher goes on after an error; its stream never ends by itself.
                Ok(None) => return None,
                Err(error) => {
                    last_error = Some(error.to_string());
                    if is_final(&error) {
                        return None;
                    }
                    clock.sleep(RETRY).await;
                    continue;
                }
            };
            let object = serde_json::to_value(&object).unwrap_or_default();
            match check(&object) {
                Ok(()) => return Some(object),
                Err(why) => last = Some((object, why)),
            }
        }
    };
    if let Ok(Some(object)) = Box::pin(scenario.wait(limit, watching)).await? {
        return Ok(object);
    }
    let mut failure = Failure::assertion(what).expected(format!("within {}", seconds(limit)));
    failure = match last {
        Some((object, why)) => {
            let status = object.get("status").cloned().unwrap_or_default();
            failure.actual(format!("{why}\nlast status: {status}"))
        }
        None => failure.actual(format!(
            "there is no {} `{}` in namespace `{}`",
            awaited.resource.kind, awaited.name, awaited.namespace
        )),
    };
    if let Some(error) = last_error {
        failure = failure.cause(error);
    }
    Err(failure)
}
