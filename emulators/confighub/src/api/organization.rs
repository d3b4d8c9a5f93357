//! The organization, its users, and what the hub says of itself.

use serde_json::{Value as Json, json};

use super::selection::Selection;
use super::{Call, Reply};
use crate::entity::{Kind, OrganizationMember, Record};
use crate::error::ApiError;
use crate::store::Store;

/// What the hub is. The worker port is the one it was called on, which serves the stream too.
#[expect(clippy::unnecessary_wraps, reason = "a handler")]
pub(super) fn info(_store: &mut Store, call: &Call<'_>) -> Result<Reply, ApiError> {
    Ok(Reply::Json(json!({
        "Build": concat!("stagegate-", env!("CARGO_PKG_VERSION")),
        "BuiltAt": call.hub.simulation.clock.now(),
        "Revision": env!("CARGO_PKG_VERSION"),
        "ClientID": "stagegate",
        "WorkerPort": call.port.map(|port| port.to_string()).unwrap_or_default(),
    })))
}

/// The calling user as a member of the organization.
pub(super) fn me(store: &mut Store, call: &Call<'_>) -> Result<Reply, ApiError> {
    let members = members(store);
    let found = members.iter().find(|member| member.user_id == call.user_id());
    found.map(|member| Reply::Json(member.json())).ok_or_else(|| ApiError::not_found("no such user".to_owned()))
}

/// Lists the one organization.
pub(super) fn list(store: &mut Store, call: &Call<'_>) -> Result<Reply, ApiError> {
    select(store, call, Kind::Organization, [&store.organization])
}

/// Reads the organization.
pub(super) fn get(store: &mut Store, call: &Call<'_>) -> Result<Reply, ApiError> {
    check_organization(store, call)?;
    Ok(Reply::Json(store.organization.json()))
}

/// Lists the organization's members.
pub(super) fn list_members(store: &mut Store, call: &Call<'_>) -> Result<Reply, ApiError> {
    check_organization(store, call)?;
    select(store, call, Kind::OrganizationMember, &members(store))
}

/// Reads a member of the organization, by user id.
pub(super) fn get_member(store: &mut Store, call: &Call<'_>) -> Result<Reply, ApiError> {
    check_organization(store, call)?;
    let id = call.id("organization_member_id")?;
    let members = members(store);
    let found = members.iter().find(|member| member.user_id == id);
    found.map(|member| Reply::Json(member.json())).ok_or_else(|| ApiError::not_found(format!("member {id} not found")))
}

/// Lists users.
pub(super) fn list_users(store: &mut Store, call: &Call<'_>) -> Result<Reply, ApiError> {
    select(store, call, Kind::User, &store.users)
}

/// Reads a user.
pub(super) fn get_user(store: &mut Store, call: &Call<'_>) -> Result<Reply, ApiError> {
    let id = call.id("user_id")?;
    let found = store.find(Kind::User, id);
    found.map(|user| Reply::Json(user.json())).ok_or_else(|| ApiError::not_found(format!("User {id} not found")))
}

fn check_organization(store: &Store, call: &Call<'_>) -> Result<(), ApiError> {
    let id = call.id("organization_id")?;
    if id == store.organization.organization_id {
        return Ok(());
    }
    Err(ApiError::not_found(format!("Organization {id} not found")))
}

fn members(store: &Store) -> Vec<OrganizationMember> {
    store.users.iter().map(|user| OrganizationMember::new(&store.organization, user)).collect()
}

fn select<'a, R: Record + 'a>(
    store: &Store,
    call: &Call<'_>,
    kind: Kind,
    records: impl IntoIterator<Item = &'a R>,
) -> Result<Reply, ApiError> {
    let selection = Selection::of_call(store, call, kind)?;
    let chosen = records.into_iter().filter(|record| selection.holds_for(*record, store));
    Ok(Reply::Json(chosen.map(Record::json).collect::<Vec<Json>>().into()))
}
