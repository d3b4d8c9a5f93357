//! One caller, and what it may do.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use uuid::Uuid;

use super::accounts::Rights;
use super::{Permission, Role};
use crate::entity::{BridgeWorker, Space};
use crate::store::Store;

/// Who a request comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Principal {
    /// Nobody in particular: the operation needs no token.
    Anyone,
    /// A user, or a worker that logged in as its user.
    User(Uuid),
    /// A bridge worker.
    Worker(Uuid),
}

/// A caller.
#[derive(Debug)]
pub(crate) struct Caller {
    pub(crate) principal: Principal,
    /// The organization whose entities the call is about.
    pub(crate) organization: Uuid,
    /// The user's email or the worker's slug.
    pub(crate) name: String,
    /// The worker that logged in as the user.
    pub(crate) worker: Option<Uuid>,
    rights: CallerRights,
    /// What was judged already: a bulk operation asks for the same few spaces again and again.
    judged: Mutex<HashMap<(Uuid, Permission), bool>>,
}

#[derive(Debug, Clone)]
enum CallerRights {
    None,
    Member(Arc<Rights>),
    /// A worker's own space, where it registers its targets.
    Worker(Uuid),
}

impl Caller {
    /// The same caller, for what is done after its call.
    pub(crate) fn again(&self) -> Self {
        Self::new(self.principal, self.organization, self.name.clone(), self.worker, self.rights.clone())
    }

    /// Whoever calls an operation that needs no token.
    pub(crate) fn anyone(organization: Uuid) -> Self {
        Self::new(Principal::Anyone, organization, String::new(), None, CallerRights::None)
    }

    /// A member of an organization, maybe through a worker that logged in as it.
    pub(super) fn member(
        user: Uuid,
        organization: Uuid,
        email: String,
        worker: Option<Uuid>,
        rights: Arc<Rights>,
    ) -> Self {
        Self::new(Principal::User(user), organization, email, worker, CallerRights::Member(rights))
    }

    /// A worker with a space of its own.
    pub(crate) fn bridge_worker(worker: Uuid, organization: Uuid, slug: String, space: Uuid) -> Self {
        Self::new(Principal::Worker(worker), organization, slug, None, CallerRights::Worker(space))
    }

    fn new(principal: Principal, organization: Uuid, name: String, worker: Option<Uuid>, rights: CallerRights) -> Self {
        Self { principal, organization, name, worker, rights, judged: Mutex::default() }
    }

    /// How refusals call it.
    pub(crate) fn described(&self) -> String {
        match self.principal {
            Principal::Anyone => "nobody in particular".to_owned(),
            Principal::User(_) => format!("user {}", self.name),
            Principal::Worker(_) => format!("worker {}", self.name),
        }
    }

    /// Its role in its organization.
    pub(crate) fn role(&self) -> Option<Role> {
        match &self.rights {
            CallerRights::Member(rights) => Some(rights.role),
            CallerRights::None | CallerRights::Worker(_) => None,
        }
    }

    /// Whether it has a permission in every space.
    pub(crate) fn permitted_everywhere(&self, needed: Permission) -> bool {
        self.role().is_some_and(|role| role.permits(needed))
    }

    /// Whether there can be a space in which it has a permission.
    pub(crate) fn permitted_somewhere(&self, needed: Permission) -> bool {
        match &self.rights {
            CallerRights::None => false,
            CallerRights::Member(rights) => {
                rights.role.permits(needed) || rights.grants.iter().any(|grant| grant.gives(needed))
            }
            CallerRights::Worker(_) => needed != Permission::Admin,
        }
    }

    /// Whether it has a permission in the space with this id.
    pub(crate) fn permitted(&self, store: &Store, space: Uuid, needed: Permission) -> bool {
        if self.permitted_everywhere(needed) {
            return true;
        }
        if let CallerRights::Worker(own) = self.rights {
            return own == space && needed != Permission::Admin;
        }
        let mut judged = self.judged.lock().unwrap_or_else(PoisonError::into_inner);
        *judged
            .entry((space, needed))
            .or_insert_with(|| store.spaces.get(space).is_some_and(|space| self.permitted_in(store, space, needed)))
    }

    /// Whether it may see a worker's secret: it made the worker, or administers the worker's space.
    pub(crate) fn sees_secret(&self, store: &Store, worker: &BridgeWorker) -> bool {
        let space = worker.metadata.space_id;
        let owner = worker.user_id.is_some_and(|id| self.principal == Principal::User(id));
        (owner && self.permitted(store, space, Permission::Read)) || self.permitted(store, space, Permission::Admin)
    }

    /// Whether it has a permission in a space as given, which need not be in the store.
    pub(crate) fn permitted_in(&self, store: &Store, space: &Space, needed: Permission) -> bool {
        let CallerRights::Member(rights) = &self.rights else { return false };
        rights.role.permits(needed)
            || rights.grants.iter().any(|grant| grant.gives(needed) && grant.matches(space, store))
    }
}
