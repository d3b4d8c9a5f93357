//! Members of organizations.

use serde_json::{Map, Value as Json, json};
use stagegate_simulation::Verb;

use super::organization::{id_field, named, present, select};
use super::{Call, Reply};
use crate::entity::{Kind, Organization, OrganizationMember, Record, User};
use crate::error::ApiError;
use crate::identity::{Rights, Role, UserDescription};
use crate::store::Store;

/// The calling user as a member of its organization.
pub(super) fn me(store: &mut Store, call: &Call<'_>) -> Result<Reply, ApiError> {
    let user = store.users.iter().find(|user| user.user_id == call.user_id());
    let user = user.ok_or_else(|| ApiError::not_found("no such user".to_owned()))?;
    Ok(Reply::Json(OrganizationMember::new(&store.organization, user).json()))
}

/// Lists the members of an organization that the caller is a member of.
pub(super) fn list(store: &mut Store, call: &Call<'_>) -> Result<Reply, ApiError> {
    let organization = named(call)?;
    let users: Vec<User> =
        call.hub.accounts().members(organization.organization_id).map(|(user, _)| user.clone()).collect();
    let members: Vec<OrganizationMember> =
        users.iter().map(|user| OrganizationMember::new(&organization, user)).collect();
    select(store, call, Kind::OrganizationMember, &members)
}

/// Reads a member of an organization that the caller is a member of, by user id.
pub(super) fn get(_store: &mut Store, call: &Call<'_>) -> Result<Reply, ApiError> {
    let organization = named(call)?;
    let user = member(call, &organization)?;
    Ok(Reply::Json(OrganizationMember::new(&organization, &user).json()))
}

/// Makes a user a member who may read everything. A user that is not known by its id or username is made;
/// the username must be its email.
pub(super) fn create(store: &mut Store, call: &Call<'_>) -> Result<Reply, ApiError> {
    let organization = present(call)?;
    let id = organization.organization_id;
    let body = call.object()?;
    let mut accounts = call.hub.accounts();
    call.hub.quotas().check(Kind::OrganizationMember.name(), accounts.members(id).count())?;
    let known = match id_field(body, "UserID")? {
        Some(user) => {
            let user = accounts.user(user).cloned();
            Some(user.ok_or_else(|| ApiError::bad_request("UserID: no such user".to_owned()))?)
        }
        None => accounts.user_called(&username(body)?).cloned(),
    };
    let user = match known {
        Some(user) if accounts.rights(id, user.user_id).is_some() => {
            return Err(ApiError::bad_request(format!("Username: {} is a member already", user.username)));
        }
        Some(user) => user,
        None => {
            let name = body.get("DisplayName").and_then(Json::as_str).filter(|name| !name.is_empty());
            let (email, name) = (username(body)?, name.map(str::to_owned));
            let description = UserDescription { email, name, ..UserDescription::default() };
            let user = accounts.add_user(&call.hub.simulation, &description);
            let entity = (Kind::User, Some(user.user_id));
            call.report_as(call.origin.clone(), Verb::Created, entity, None, &user.username, String::new());
            user
        }
    };
    accounts.set_member(id, user.user_id, Rights { role: Role::Viewer, grants: Vec::new() });
    drop(accounts);
    store.users.push(user.clone());
    report(call, Verb::Created, &organization, &user, "role viewer");
    Ok(Reply::Json(OrganizationMember::new(&organization, &user).json()))
}

/// Ends a membership. The last owner stays.
pub(super) fn delete(store: &mut Store, call: &Call<'_>) -> Result<Reply, ApiError> {
    let organization = present(call)?;
    let id = organization.organization_id;
    let user = member(call, &organization)?;
    let mut accounts = call.hub.accounts();
    accounts.check_owner_stays(id, user.user_id)?;
    accounts.remove_member(id, user.user_id);
    drop(accounts);
    store.users.retain(|known| known.user_id != user.user_id);
    report(call, Verb::Deleted, &organization, &user, "");
    Ok(Reply::Json(json!({"Message": format!("OrganizationMember {} deleted", user.username)})))
}

fn username(body: &Map<String, Json>) -> Result<String, ApiError> {
    let username = body.get("Username").and_then(Json::as_str).unwrap_or_default();
    if username.is_empty() {
        return Err(ApiError::bad_request("Username is required".to_owned()));
    }
    if !crate::identity::is_email(username) {
        return Err(ApiError::bad_request(format!("Username: `{username}` is no email address")));
    }
    Ok(username.to_owned())
}

fn member(call: &Call<'_>, organization: &Organization) -> Result<User, ApiError> {
    let id = call.id("organization_member_id")?;
    let accounts = call.hub.accounts();
    let found = accounts.members(organization.organization_id).find(|(user, _)| user.user_id == id);
    found.map(|(user, _)| user.clone()).ok_or_else(|| ApiError::not_found(format!("member {id} not found")))
}

fn report(call: &Call<'_>, verb: Verb, organization: &Organization, user: &User, summary: &str) {
    let entity = (Kind::OrganizationMember, Some(user.user_id));
    let summary = match summary {
        "" => format!("of organization {}", organization.slug),
        summary => format!("{summary}, of organization {}", organization.slug),
    };
    call.report_as(call.origin.clone(), verb, entity, None, &user.username, summary);
}
