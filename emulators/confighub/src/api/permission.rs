//! Whether the caller may call the operation at all; what it may touch is asked on each change.

use serde::Deserialize;
use uuid::Uuid;

use super::Call;
use crate::entity::Kind;
use crate::error::ApiError;
use crate::functions;
use crate::identity::{Access, Permission, Principal};
use crate::store::Store;

impl Call<'_> {
    /// Refuses the call to those who are not for the operation, and to those who may not do it in the
    /// space of the path or, where there is none, in any space.
    pub(super) fn authorize(&self, store: &Store) -> Result<(), ApiError> {
        let role = self.caller.role();
        match (self.access, self.caller.principal) {
            (Access::Public, _) | (Access::User, Principal::User(_)) => Ok(()),
            (Access::Worker, Principal::Worker(id)) if self.id("bridge_worker_id")? == id => Ok(()),
            (Access::Worker, _) | (_, Principal::Worker(_) | Principal::Anyone) => {
                let refusal = "this token is not for this operation";
                Err(ApiError::unauthorized(refusal))
            }
            (Access::Administrator, _) if role.is_some_and(crate::identity::Role::administers) => Ok(()),
            (Access::Owner, _) if role == Some(crate::identity::Role::Owner) => Ok(()),
            (Access::Administrator, _) => Err(self.needs_role("admin or owner")),
            (Access::Owner, _) => Err(self.needs_role("owner")),
            (Access::Space(needed), _) => self.authorize_in_space(store, needed),
            (Access::Invocation, _) => self.authorize_in_space(store, Permission::Write),
        }
    }

    fn authorize_in_space(&self, store: &Store, needed: Permission) -> Result<(), ApiError> {
        if self.path.contains_key("space_id") {
            let space = self.id("space_id")?;
            return self.permit(store, space, needed);
        }
        if self.caller.permitted_somewhere(needed) {
            return Ok(());
        }
        Err(self.forbidden("in any space", needed))
    }

    fn needs_role(&self, roles: &str) -> ApiError {
        let (who, what) = (self.caller.described(), self.operation.id);
        let organization = self.tenant_slug();
        ApiError::forbidden(format!("{who} may not {what} in organization {organization}: that needs the role {roles}"))
    }

    fn tenant_slug(&self) -> String {
        let accounts = self.hub.accounts();
        let own = accounts.organizations().iter().find(|one| one.organization_id == self.caller.organization);
        own.map(|organization| organization.slug.clone()).unwrap_or_default()
    }

    /// Notes for the audit trail that one of many entities was refused, if it was for want of a
    /// permission or of quota.
    pub(crate) fn note_denial(&self, store: &Store, kind: Kind, id: Uuid, space: Uuid, slug: &str, refusal: &ApiError) {
        if refusal.is_denial() {
            self.notes.denied(kind, id, store.space_slug(space), slug, &refusal.message);
        }
    }
}

/// What an invocation asks for: reading, if none of its functions changes data or nothing is kept.
pub(super) fn access_of_invocation(body: &[u8], dry_run: bool) -> Access {
    #[derive(Deserialize)]
    #[serde(rename_all = "PascalCase")]
    struct Body {
        function_invocations: Vec<Invocation>,
    }
    #[derive(Deserialize)]
    #[serde(rename_all = "PascalCase")]
    struct Invocation {
        function_name: String,
    }
    let body: Option<Body> = serde_json::from_slice(body).ok();
    let reads = body.is_some_and(|body| {
        !body.function_invocations.is_empty()
            && body.function_invocations.iter().all(|one| functions::only_reads(&one.function_name))
    });
    Access::Space(if reads || dry_run { Permission::Read } else { Permission::Write })
}
