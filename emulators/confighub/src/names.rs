//! What a hub's entities are called, for those who show ids to people.

use std::sync::{Arc, Weak};

use uuid::Uuid;

use crate::entity::Kind;
use crate::hub::HubState;
use crate::store::Store;
use crate::where_clause::Value;

/// What has a slug.
const NAMED: [Kind; 14] = [
    Kind::Space,
    Kind::Unit,
    Kind::BridgeWorker,
    Kind::Target,
    Kind::Link,
    Kind::Filter,
    Kind::View,
    Kind::Set,
    Kind::ChangeSet,
    Kind::Tag,
    Kind::Trigger,
    Kind::Invocation,
    Kind::Organization,
    Kind::User,
];

/// The names of what is in a hub, as long as that runs: it is not kept alive by this.
#[derive(Clone)]
pub struct Names(Weak<HubState>);

impl Names {
    pub(crate) fn new(hub: &Arc<HubState>) -> Self {
        Self(Arc::downgrade(hub))
    }

    /// The slug of the entity with this id, in whichever organization; `None` when there is none now.
    pub fn of(&self, id: Uuid) -> Option<String> {
        let hub = self.0.upgrade()?;
        hub.tenants().into_iter().find_map(|(_, tenant)| slug(&tenant.store(), id))
    }
}

impl std::fmt::Debug for Names {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Names").finish_non_exhaustive()
    }
}

fn slug(store: &Store, id: Uuid) -> Option<String> {
    let record = NAMED.into_iter().find_map(|kind| store.find(kind, id))?;
    match record.value("Slug") {
        Value::Text(slug) => Some(slug.to_owned()),
        _ => None,
    }
}
