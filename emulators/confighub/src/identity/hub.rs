//! Telling who calls, from the credential that a request carries.

use stagegate_simulation::command_of_token;

use super::Caller;
use crate::entity::Organization;
use crate::error::ApiError;
use crate::hub::HubState;
use crate::store::{Store, Tenant};

impl HubState {
    /// Whoever calls an operation that needs no token; it is answered for the environment's organization.
    pub(crate) fn anyone(&self) -> (Caller, Tenant) {
        let nothing = || Tenant::new(Store::new(Organization::default(), Vec::new()));
        let tenant = self.tenant(self.primary()).unwrap_or_else(nothing);
        (Caller::anyone(self.primary()), tenant)
    }

    /// The caller behind an `Authorization` header, and the store of its organization.
    pub(crate) fn caller(&self, authorization: Option<&str>) -> Result<(Caller, Tenant), ApiError> {
        let authorization = authorization.ok_or_else(|| ApiError::unauthorized("missing authorization header"))?;
        let user = self.accounts().caller(authorization, self.simulation.clock.now())?;
        match user {
            Some(caller) => {
                let tenant = self.tenant(caller.organization);
                tenant
                    .map(|tenant| (caller, tenant))
                    .ok_or_else(|| ApiError::unauthorized("the token's organization was deleted"))
            }
            None => self.worker(authorization).ok_or_else(|| ApiError::unauthorized("invalid token")),
        }
    }

    /// The worker whose secret this is.
    fn worker(&self, authorization: &str) -> Option<(Caller, Tenant)> {
        let (secret, _) = command_of_token(authorization.strip_prefix("Bearer ")?);
        self.tenants().into_iter().find_map(|(organization, tenant)| {
            let store = tenant.store();
            let found = store.bridge_workers.iter().find(|worker| worker.secret.expose() == secret)?;
            let (id, slug) = (found.bridge_worker_id, found.metadata.slug.clone());
            let caller = Caller::bridge_worker(id, organization, slug, found.metadata.space_id);
            drop(store);
            Some((caller, tenant))
        })
    }
}
