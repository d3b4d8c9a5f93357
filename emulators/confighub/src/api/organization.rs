//! Organizations, their users, and what the hub says of itself.

use serde_json::{Map, Value as Json, json};
use stagegate_simulation::Verb;
use uuid::Uuid;

use super::description::difference;
use super::envelope::Envelope;
use super::selection::Selection;
use super::{Call, Reply};
use crate::entity::{Kind, Organization, Record, check_texts};
use crate::error::ApiError;
use crate::identity::{Accounts, Rights, Role};
use crate::store::{Store, Tenant};

/// What clients may set.
const WRITABLE: [&str; 3] = ["DisplayName", "Labels", "Annotations"];

/// What the hub is. The worker port is the one it was called on, which serves the stream too, and the
/// device login of late clients is the hub's own.
#[expect(clippy::unnecessary_wraps, reason = "a handler")]
pub(super) fn info(_store: &mut Store, call: &Call<'_>) -> Result<Reply, ApiError> {
    let own = |path: &str| call.port.map(|port| format!("http://127.0.0.1:{port}{path}")).unwrap_or_default();
    Ok(Reply::Json(json!({
        "Build": concat!("stagegate-", env!("CARGO_PKG_VERSION")),
        "BuiltAt": call.hub.simulation.clock.now(),
        "Revision": env!("CARGO_PKG_VERSION"),
        "ClientID": super::device::CLIENT_ID,
        "DeviceAuthURL": own(super::device::AUTHORIZATION_PATH),
        "DeviceTokenURL": own(super::device::TOKEN_PATH),
        "WorkerPort": call.port.map(|port| port.to_string()).unwrap_or_default(),
    })))
}

/// Lists the organizations that the caller is a member of.
pub(super) fn list(store: &mut Store, call: &Call<'_>) -> Result<Reply, ApiError> {
    let organizations: Vec<Organization> = call.hub.accounts().organizations_of(call.user_id()).cloned().collect();
    select(store, call, Kind::Organization, &organizations)
}

/// Reads an organization that the caller is a member of.
pub(super) fn get(store: &mut Store, call: &Call<'_>) -> Result<Reply, ApiError> {
    let envelope = Envelope::of_call(call, Kind::Organization)?;
    Ok(Reply::Json(envelope.bare(store, &named(call)?)))
}

/// Creates an organization, which the caller owns. Its slug comes from its external id, as in the
/// hosted service; the caller's token stays in its own organization (`cub auth switch` changes that).
pub(super) fn create(_store: &mut Store, call: &Call<'_>) -> Result<Reply, ApiError> {
    let body = call.object()?;
    let name = body.get("DisplayName").and_then(Json::as_str).filter(|name| !name.is_empty());
    let name = name.ok_or_else(|| ApiError::bad_request("DisplayName is required".to_owned()))?;
    let hub = call.hub;
    let mut accounts = hub.accounts();
    hub.quotas().check(Kind::Organization.name(), accounts.organizations().len())?;
    let letters = hub.simulation.seed.uuid("organization").simple().to_string();
    let slug = format!("org_{}", &letters[..26]);
    let mut draft = Accounts::draft_organization(&hub.simulation, &slug, name);
    draft.external_id = slug.to_uppercase().replacen("ORG_", "org_", 1);
    let organization = changed(&draft, body)?;
    accounts.add_organization(organization.clone());
    let id = organization.organization_id;
    accounts.set_member(id, call.user_id(), Rights { role: Role::Owner, grants: Vec::new() });
    let users = accounts.members(id).map(|(user, _)| user.clone()).collect();
    hub.set_tenant(id, Some(Tenant::new(Store::new(organization.clone(), users))));
    drop(accounts);
    report(call, Verb::Created, &organization, format!("DisplayName set to {name}"));
    Ok(Reply::Json(organization.json()))
}

/// Replaces what clients may set of the caller's present organization.
pub(super) fn put(store: &mut Store, call: &Call<'_>) -> Result<Reply, ApiError> {
    let before = present(call)?;
    let body = call.object()?;
    if body.get("Version").and_then(Json::as_i64) != Some(before.version) {
        let message = format!("Version: expected {}, got another one; read it again", before.version);
        return Err(ApiError::conflict(message));
    }
    let mut after = changed(&before, body)?;
    let summary = difference(&before.json(), &after.json(), WRITABLE);
    if !summary.is_empty() {
        after.version += 1;
        after.updated_at = call.now;
        call.hub.accounts().replace_organization(&after);
        store.organization = after.clone();
        report(call, Verb::Updated, &after, summary);
    }
    Ok(Reply::Json(after.json()))
}

/// Deletes an organization with all that is in it. Tokens and worker secrets for it are no longer good.
pub(super) fn delete(_store: &mut Store, call: &Call<'_>) -> Result<Reply, ApiError> {
    let organization = named(call)?;
    let id = organization.organization_id;
    if id == call.hub.primary() {
        return Err(ApiError::bad_request("the environment's own organization cannot be deleted".to_owned()));
    }
    call.hub.accounts().remove_organization(id);
    call.hub.set_tenant(id, None);
    report(call, Verb::Deleted, &organization, String::new());
    Ok(Reply::Json(json!({"Message": format!("Organization {} deleted", organization.slug)})))
}

/// Lists the users of the caller's organization.
pub(super) fn list_users(store: &mut Store, call: &Call<'_>) -> Result<Reply, ApiError> {
    select(store, call, Kind::User, &store.users)
}

/// Reads a user of the caller's organization.
pub(super) fn get_user(store: &mut Store, call: &Call<'_>) -> Result<Reply, ApiError> {
    let id = call.id("user_id")?;
    let found = store.find(Kind::User, id);
    found.map(|user| Reply::Json(user.json())).ok_or_else(|| ApiError::not_found(format!("User {id} not found")))
}

/// The organization that the path names, if the caller is a member of it.
pub(super) fn named(call: &Call<'_>) -> Result<Organization, ApiError> {
    let id = call.id("organization_id")?;
    let accounts = call.hub.accounts();
    let found = accounts.organizations_of(call.user_id()).find(|organization| organization.organization_id == id);
    found.cloned().ok_or_else(|| ApiError::not_found(format!("Organization {id} not found")))
}

/// The same, if it is also the one that the caller's token is for.
pub(super) fn present(call: &Call<'_>) -> Result<Organization, ApiError> {
    let organization = named(call)?;
    if organization.organization_id == call.caller.organization {
        return Ok(organization);
    }
    let (what, slug) = (call.operation.id, &organization.slug);
    Err(ApiError::forbidden(format!("{what}: the token is for another organization; switch to {slug} first")))
}

/// An organization with what the body sets; nulls and other fields do nothing.
fn changed(before: &Organization, body: &Map<String, Json>) -> Result<Organization, ApiError> {
    let mut after = before.clone();
    let given = |field: &str| body.get(field).filter(|value| !value.is_null()).cloned();
    let refused = |field: &str, error: serde_json::Error| ApiError::bad_request(format!("{field}: {error}"));
    if let Some(name) = given("DisplayName") {
        after.display_name = serde_json::from_value(name).map_err(|error| refused("DisplayName", error))?;
    }
    if let Some(labels) = given("Labels") {
        after.labels = serde_json::from_value(labels).map_err(|error| refused("Labels", error))?;
    }
    if let Some(annotations) = given("Annotations") {
        after.annotations = serde_json::from_value(annotations).map_err(|error| refused("Annotations", error))?;
    }
    check_texts(&after.display_name, &after.labels, &after.annotations)?;
    Ok(after)
}

fn report(call: &Call<'_>, verb: Verb, organization: &Organization, summary: String) {
    let entity = (Kind::Organization, Some(organization.organization_id));
    call.report_as(call.origin.clone(), verb, entity, None, &organization.slug, summary);
}

/// The selected ones of some records, as a list.
pub(super) fn select<'a, R: Record + 'a>(
    store: &Store,
    call: &Call<'_>,
    kind: Kind,
    records: impl IntoIterator<Item = &'a R>,
) -> Result<Reply, ApiError> {
    let selection = Selection::of_call(store, call, kind)?;
    let envelope = Envelope::of_call(call, kind)?;
    let chosen = records.into_iter().filter(|record| selection.holds_for(*record, store));
    Ok(Reply::Json(chosen.map(|record| envelope.bare(store, record)).collect::<Vec<Json>>().into()))
}

/// A UUID field of a body, unless absent, null or nil.
pub(super) fn id_field(body: &Map<String, Json>, field: &str) -> Result<Option<Uuid>, ApiError> {
    let text = body.get(field).and_then(Json::as_str).filter(|text| !text.is_empty());
    let id = text.map(str::parse::<Uuid>);
    let id = id.transpose().map_err(|_| ApiError::bad_request(format!("{field}: not a UUID")))?;
    Ok(id.filter(|id| !id.is_nil()))
}
