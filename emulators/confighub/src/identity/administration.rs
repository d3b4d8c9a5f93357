//! Changing who may do what while the hub runs, from Rust.

use std::time::Duration;

use stagegate_simulation::{Actor, Change, Origin, Verb};
use uuid::Uuid;

use super::accounts::Rights;
use super::{Grantee, Membership, Secret, UserDescription};
use crate::api::SYSTEM;
use crate::entity::BridgeWorker;
use crate::error::ApiError;
use crate::hub::{Hub, HubState};
use crate::session::{Session, SessionTokens};
use crate::store::Tenant;
use crate::worker::rotate_secret;

impl Hub {
    /// A new bearer token of a user, by email, in the first organization that it is a member of; good
    /// for `lifetime` in environment time, or for ever. `None` when there is no such user.
    pub fn issue_token(&self, email: &str, lifetime: Option<Duration>) -> Option<String> {
        let expires_at = lifetime.map(|lifetime| self.state.simulation.clock.now() + lifetime);
        let mut accounts = self.state.accounts();
        let grantee = accounts.home_of(email)?;
        let [access, _] = accounts.issue(&self.state.simulation, grantee, expires_at);
        Some(access.expose().to_owned())
    }

    /// Makes a token no longer good; `false` when there is no such token.
    pub fn revoke_token(&self, token: &str) -> bool {
        self.state.accounts().tokens.revoke(token, "by an administrator")
    }

    /// The password of a user, by email.
    pub fn password(&self, email: &str) -> Option<String> {
        let accounts = self.state.accounts();
        let mut passwords = accounts.passwords();
        passwords.find(|(known, _)| *known == email).map(|(_, password)| password.expose().to_owned())
    }

    /// The files with which the real clients are logged in as a user, by email. Of passwords they hold the
    /// user's own only.
    pub fn session_of(&self, email: &str) -> Option<Session> {
        let mut accounts = self.state.accounts();
        let grantee = accounts.home_of(email)?;
        let user = accounts.user(grantee.user)?.clone();
        let organization = accounts.organizations_of(grantee.user).next()?.clone();
        let [access, refresh] = accounts.issue(&self.state.simulation, grantee, None);
        let tokens = SessionTokens { access, refresh };
        let own = accounts.passwords().filter(|(known, _)| *known == email);
        Some(Session::new(&self.url(), &tokens, &user, &organization, own))
    }

    /// Sets what a user may do in the environment's organization; a user that is not known is made.
    /// Gives `false` and changes nothing when that would leave no owner or the name is no email address.
    pub fn set_membership(&self, membership: &Membership) -> bool {
        let organization = self.state.primary();
        let tenant = self.state.tenant(organization);
        tenant.is_some_and(|tenant| self.state.set_membership(organization, &tenant, membership).is_ok())
    }
}

impl HubState {
    /// Sets what a user may do in an organization; gives the line that says what changed.
    pub(crate) fn set_membership(
        &self,
        organization: Uuid,
        tenant: &Tenant,
        membership: &Membership,
    ) -> Result<String, ApiError> {
        if !super::is_email(&membership.user) {
            return Err(ApiError::bad_request(format!("user: `{}` is no email address", membership.user)));
        }
        let mut store = tenant.store();
        let mut accounts = self.accounts();
        let known = accounts.user_called(&membership.user).cloned();
        let user = known.unwrap_or_else(|| {
            let email = membership.user.clone();
            accounts.add_user(&self.simulation, &UserDescription { email, ..UserDescription::default() })
        });
        let former = accounts.rights(organization, user.user_id).map(|rights| rights.role.name());
        if membership.role != super::Role::Owner {
            accounts.check_owner_stays(organization, user.user_id)?;
        }
        let rights = Rights { role: membership.role, grants: membership.grants.clone() };
        accounts.set_member(organization, user.user_id, rights);
        let (role, grants) = (membership.role.name(), membership.grants.len());
        let summary = match former {
            Some(former) => format!("role {former} → {role}, grants: {grants}"),
            None => format!("role {role}, grants: {grants}"),
        };
        if store.users.iter().all(|known| known.user_id != user.user_id) {
            store.users.push(user.clone());
        }
        self.simulation.observer.change(Change {
            system: SYSTEM.to_owned(),
            origin: Origin { actor: Actor::Client { user_agent: String::new() }, command: None },
            at: self.simulation.clock.now(),
            verb: if former.is_some() { Verb::Updated } else { Verb::Created },
            kind: "OrganizationMember".to_owned(),
            scope: None,
            name: user.username,
            summary: summary.clone(),
        });
        Ok(summary)
    }

    /// Gives a worker a new secret; its stream and the sessions of logins with the former one end.
    pub(crate) fn rotate_secret(&self, id: Uuid) -> Option<(BridgeWorker, Secret)> {
        let secret = rotate_secret(self, id)?;
        let worker = self.tenants().iter().find_map(|(_, tenant)| tenant.store().bridge_workers.get(id).cloned())?;
        let of = |grantee: &Grantee| grantee.worker == Some(id);
        self.accounts().tokens.revoke_all("the secret of its worker was changed", of);
        Some((worker, secret))
    }
}
