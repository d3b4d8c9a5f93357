//! Whether the caller may call the operation at all; what it may touch is asked on each change.

use axum::http::Method;
use serde_json::Value as Json;
use uuid::Uuid;

use super::Call;
use super::body::RequestBody;
use crate::entity::Kind;
use crate::error::ApiError;
use crate::functions;
use crate::identity::{Access, Permission, Principal, Role, access};
use crate::store::Store;

impl Call<'_> {
    /// Refuses the call to those who are not for the operation, and to those who may not do it in the
    /// space of the path or, where there is none, in any space.
    pub(super) fn authorize(&self, store: &Store) -> Result<(), ApiError> {
        match (self.access, self.caller.principal) {
            (Access::Public, _) | (Access::User, Principal::User(_)) => Ok(()),
            (Access::Worker, Principal::Worker(id)) if self.id("bridge_worker_id")? == id => Ok(()),
            (Access::Worker, _) | (_, Principal::Worker(_) | Principal::Anyone) => {
                Err(ApiError::unauthorized("this token is not for this operation"))
            }
            (Access::Administrator, Principal::User(user)) => {
                self.authorize_role(user, "admin or owner", Role::administers)
            }
            (Access::Owner, Principal::User(user)) => self.authorize_role(user, "owner", |role| role == Role::Owner),
            (Access::Space(needed), _) => self.authorize_in_space(store, needed),
            (Access::Invocation, _) => self.authorize_in_space(store, Permission::Write),
        }
    }

    /// Asks for a role in the organization that the path names or, where it names none, in the caller's.
    fn authorize_role(&self, user: Uuid, roles: &str, enough: impl Fn(Role) -> bool) -> Result<(), ApiError> {
        let named = self.path.contains_key("organization_id");
        let id = if named { self.id("organization_id")? } else { self.caller.organization };
        let accounts = self.hub.accounts();
        let found = accounts.organizations_of(user).find(|organization| organization.organization_id == id);
        let organization = found.ok_or_else(|| ApiError::not_found(format!("Organization {id} not found")))?;
        if accounts.rights(id, user).is_some_and(|rights| enough(rights.role)) {
            return Ok(());
        }
        let (who, what, slug) = (self.caller.described(), self.operation.id, &organization.slug);
        Err(ApiError::forbidden(format!("{who} may not {what} in organization {slug}: that needs the role {roles}")))
    }

    fn authorize_in_space(&self, store: &Store, needed: Permission) -> Result<(), ApiError> {
        if self.path.contains_key("space_id") {
            let space = self.id("space_id")?;
            if store.spaces.get(space).is_none() {
                return Err(ApiError::not_found(format!("Space {space} not found")));
            }
            return self.permit(store, space, needed);
        }
        if self.caller.permitted_somewhere(needed) {
            return Ok(());
        }
        Err(self.forbidden("in any space", needed))
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
pub(super) fn access_of_invocation(body: &RequestBody, dry_run: bool) -> Access {
    let body = body.object().ok();
    let invocations = body.and_then(|body| body.get("FunctionInvocations")?.as_array());
    let only_reads = |one: &Json| one["FunctionName"].as_str().is_some_and(functions::only_reads);
    let reads = invocations.is_some_and(|all| !all.is_empty() && all.iter().all(only_reads));
    Access::Space(if reads || dry_run { Permission::Read } else { Permission::Write })
}

/// An operation of the API and what it asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct OperationAccess {
    /// Its operation id in the OpenAPI description.
    pub id: &'static str,
    /// Its HTTP method.
    pub method: &'static str,
    /// Its path below `/api`, with parameters in braces.
    pub path: &'static str,
    /// What a caller needs: `public`, `worker`, `user`, `read`, `write`, `apply`, `admin`, `invoke` (write
    /// where a function changes data, else read), `administrator`, `owner`. `None` when nobody has thought
    /// about it: only owners may call it then.
    pub needs: Option<&'static str>,
}

/// Every operation that the hub knows, and what it asks for.
pub fn operation_access() -> impl Iterator<Item = OperationAccess> {
    super::operations::operations().map(|operation| OperationAccess {
        id: operation.id,
        method: match operation.method {
            Method::POST => "POST",
            Method::PUT => "PUT",
            Method::PATCH => "PATCH",
            Method::DELETE => "DELETE",
            _ => "GET",
        },
        path: operation.path,
        needs: access(operation).map(|access| match access {
            Access::Public => "public",
            Access::Worker => "worker",
            Access::User => "user",
            Access::Space(permission) => permission.name(),
            Access::Invocation => "invoke",
            Access::Administrator => "administrator",
            Access::Owner => "owner",
        }),
    })
}
