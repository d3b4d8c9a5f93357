//! Watching one resource for as long as the tap runs.

use futures::StreamExt;
use jiff::Timestamp;
use kube::api::{Api, DynamicObject};
use kube::runtime::WatchStreamExt;
use kube::runtime::watcher::{self, Event};
use serde_json::Value;
use stagegate_simulation::Clock;
use tokio::sync::mpsc::UnboundedSender;
use tokio_util::sync::CancellationToken;

use super::resource::Resource;

/// What a watch tells.
pub(super) struct Told {
    pub(super) resource: Resource,
    pub(super) what: What,
    /// Environment time of its arrival.
    pub(super) at: Timestamp,
}

pub(super) enum What {
    /// An object as it is now.
    Now(Value),
    /// An object's last state.
    Gone(Value),
    /// All objects there are: the first time, and when the watch had to be begun anew.
    All(Vec<Value>),
    /// The resource cannot be watched at present.
    Blind(String),
}

/// Watches `resource` until `stop`. A watch that is lost is taken up where it ended, or told anew as [`What::All`].
pub(super) async fn run(
    client: kube::Client,
    resource: Resource,
    (clock, sender): (Clock, UnboundedSender<Told>),
    stop: CancellationToken,
) {
    let api: Api<DynamicObject> = Api::all_with(client, &resource.api);
    let mut events = watcher::watcher(api, watcher::Config::default()).default_backoff().boxed();
    let mut all = Vec::new();
    loop {
        let event = tokio::select! {
            () = stop.cancelled() => return,
            event = events.next() => event,
        };
        let what = match event {
            None => return,
            Some(Err(error)) => What::Blind(crate::upstream::chain(&error)),
            Some(Ok(Event::Init)) => {
                all.clear();
                continue;
            }
            Some(Ok(Event::InitApply(object))) => {
                all.extend(value(&resource, &object));
                continue;
            }
            Some(Ok(Event::InitDone)) => What::All(std::mem::take(&mut all)),
            Some(Ok(Event::Apply(object))) => match value(&resource, &object) {
                Some(object) => What::Now(object),
                None => continue,
            },
            Some(Ok(Event::Delete(object))) => match value(&resource, &object) {
                Some(object) => What::Gone(object),
                None => continue,
            },
        };
        let told = Told { resource: resource.clone(), what, at: clock.now() };
        if sender.send(told).is_err() {
            return;
        }
    }
}

/// The object as JSON. The items of a list do not say what they are.
fn value(resource: &Resource, object: &DynamicObject) -> Option<Value> {
    let mut value = serde_json::to_value(object).ok()?;
    value["apiVersion"] = resource.api.api_version.as_str().into();
    value["kind"] = resource.api.kind.as_str().into();
    Some(value)
}
