//! Organizations, their members, and users.

use serde_json::{Value, json};

use super::collection_update::merged_with_input;
use crate::api::Call;
use crate::cub::Cub;
use crate::failure::Failure;
use crate::model::{pairs, text, time, typed};
use crate::table::Table;

pub(super) async fn list(cub: &mut Cub<'_, '_>) -> Result<(), Failure> {
    let organizations = listed(cub, "Organization", "/organization", cub.flags.text("where").to_owned()).await?;
    let titles = ["Display-Name", "ID", "Billing-ID", "External-ID"];
    let fields = ["DisplayName", "OrganizationID", "BillingAccountID", "ExternalID"];
    print_list(cub, &organizations, &titles, &fields, "Slug")
}

pub(super) async fn get(cub: &mut Cub<'_, '_>) -> Result<(), Failure> {
    let organization = find(cub).await?;
    let details = details(&organization).render();
    cub.print_one(&organization, |cub| cub.streams.print(&details))
}

pub(super) async fn create(cub: &mut Cub<'_, '_>) -> Result<(), Failure> {
    let name = cub.args[0].clone();
    let mut organization = cub.entity_from_flags()?;
    // The server gives the slug.
    organization["DisplayName"] = name.clone().into();
    let call = Call::post("/organization", &typed("Organization", &organization));
    let created = typed("Organization", &cub.call(call).await?);
    print_changed(cub, "created", &name, &created)
}

pub(super) async fn update(cub: &mut Cub<'_, '_>) -> Result<(), Failure> {
    let name = cub.args[0].clone();
    let current = find(cub).await?;
    let changed = merged_with_input(cub, &current, &["OrganizationID"])?;
    let path = format!("/organization/{}", text(&current, "OrganizationID"));
    let updated = typed("Organization", &cub.call(Call::put(path, &typed("Organization", &changed))).await?);
    print_changed(cub, "updated", &name, &updated)
}

pub(super) async fn delete(cub: &mut Cub<'_, '_>) -> Result<(), Failure> {
    let name = cub.args[0].clone();
    let id = text(&find(cub).await?, "OrganizationID").to_owned();
    cub.call(Call::delete(format!("/organization/{id}"))).await?;
    print_deleted(cub, "organization", &name, &id)
}

fn print_changed(cub: &mut Cub<'_, '_>, done: &str, name: &str, organization: &Value) -> Result<(), Failure> {
    let details = details(organization).render();
    let id = text(organization, "OrganizationID").to_owned();
    cub.print_done_with(done, "organization", name, &id, organization, |cub| cub.streams.print(&details))
}

fn print_deleted(cub: &mut Cub<'_, '_>, noun: &str, name: &str, id: &str) -> Result<(), Failure> {
    if cub.flags.on("quiet") { Ok(()) } else { cub.streams.line(&format!("Successfully deleted {noun} {name} ({id})")) }
}

/// The organization that the first argument names by slug or id.
async fn find(cub: &mut Cub<'_, '_>) -> Result<Value, Failure> {
    let name = cub.args[0].clone();
    if uuid::Uuid::parse_str(&name).is_ok() {
        let call = Call::get(format!("/organization/{name}")).with("select", cub.select_flag());
        return Ok(typed("Organization", &cub.call(call).await?));
    }
    let found = listed(cub, "Organization", "/organization", format!("Slug = '{name}'")).await?;
    let named = found.into_iter().find(|organization| text(organization, "Slug") == name);
    named.ok_or_else(|| Failure::failed(format!("organization {name} not found")))
}

fn details(organization: &Value) -> Table {
    let mut table = Table::new();
    table.row(["Organization ID", text(organization, "OrganizationID")]);
    table.row(["Display Name", text(organization, "DisplayName")]);
    table.row(["Created At", &time(organization, "CreatedAt")]);
    table.row(["Updated At", &time(organization, "UpdatedAt")]);
    table.row(["Labels", &pairs(organization, "Labels")]);
    table.row(["Annotations", &pairs(organization, "Annotations")]);
    table.row(["Billing Account ID", text(organization, "BillingAccountID")]);
    table.row(["External ID", text(organization, "ExternalID")]);
    table
}

/// All organizations of the user, for `auth switch`.
pub(super) async fn all(cub: &mut Cub<'_, '_>) -> Result<Vec<Value>, Failure> {
    listed(cub, "Organization", "/organization", String::new()).await
}

async fn listed(cub: &mut Cub<'_, '_>, model: &str, path: &str, condition: String) -> Result<Vec<Value>, Failure> {
    if model != "Organization" && !condition.is_empty() {
        // The client logs this condition, as Go's logger does.
        let now = jiff::Zoned::now().strftime("%Y/%m/%d %H:%M:%S");
        cub.streams.error(&format!("{now} where filter: {condition}"))?;
    }
    let call = Call::get(path).with("where", condition).with("contains", cub.flags.text("contains"));
    // Only organizations have fields that can be selected.
    let select = if model == "Organization" { cub.select_flag() } else { String::new() };
    let listed = typed(model, &cub.call(call.with("select", select)).await?);
    Ok(listed.as_array().cloned().unwrap_or_default())
}

fn print_list(
    cub: &mut Cub<'_, '_>,
    entities: &[Value],
    titles: &[&str],
    fields: &[&str],
    name: &str,
) -> Result<(), Failure> {
    let mut table = Table::with_header(titles, cub.shows_header());
    for entity in entities {
        table.row(fields.iter().map(|field| text(entity, field)));
    }
    cub.print_list(entities, &table, |entity| text(entity, name).to_owned())
}

fn print_person(cub: &mut Cub<'_, '_>, person: &Value, rows: &[(&str, &str)]) -> Result<(), Failure> {
    let mut table = Table::new();
    for (title, field) in rows {
        table.row([title, text(person, field)]);
    }
    let details = table.render();
    cub.print_one(person, |cub| cub.streams.print(&details))
}

const USER_ROWS: [(&str, &str); 4] =
    [("User ID", "UserID"), ("External ID", "ExternalID"), ("Display Name", "DisplayName"), ("Username", "Username")];

pub(super) async fn list_users(cub: &mut Cub<'_, '_>) -> Result<(), Failure> {
    let users = listed(cub, "User", "/user", cub.flags.text("where").to_owned()).await?;
    let titles = ["User-ID", "External-ID", "Name", "Username"];
    print_list(cub, &users, &titles, &USER_ROWS.map(|(_, field)| field), "Slug")
}

pub(super) async fn get_user(cub: &mut Cub<'_, '_>) -> Result<(), Failure> {
    let name = cub.args[0].clone();
    let id = person_id(cub, "User", "/user", &format!("Username = '{name}'")).await?;
    let id = id.ok_or_else(|| Failure::failed(format!("user {name} not found")))?;
    let user = typed("User", &cub.call(Call::get(format!("/user/{id}"))).await?);
    print_person(cub, &user, &USER_ROWS)
}

/// The id of the user that the first argument names by id or username.
async fn person_id(cub: &mut Cub<'_, '_>, model: &str, path: &str, condition: &str) -> Result<Option<String>, Failure> {
    let name = cub.args[0].clone();
    if uuid::Uuid::parse_str(&name).is_ok() {
        return Ok(Some(name));
    }
    let found = listed(cub, model, path, condition.to_owned()).await?;
    Ok(found.iter().find(|person| text(person, "Username") == name).map(|person| text(person, "UserID").to_owned()))
}

/// Slug of the context's organization, and the path of its members.
async fn members(cub: &mut Cub<'_, '_>) -> Result<(String, String), Failure> {
    let id = cub.context.organization_id.clone();
    if id.is_empty() {
        return Err(Failure::failed(
            "organization is required. Set with --organization option or set in context with the context sub-command",
        ));
    }
    let organization = cub.call(Call::get(format!("/organization/{id}"))).await?;
    Ok((text(&organization, "Slug").to_owned(), format!("/organization/{id}/organization_member")))
}

pub(super) async fn list_members(cub: &mut Cub<'_, '_>) -> Result<(), Failure> {
    let (_, path) = members(cub).await?;
    let found = listed(cub, "OrganizationMember", &path, cub.flags.text("where").to_owned()).await?;
    let titles = ["User-ID", "External-ID", "Name", "Username", "Org-ID", "Org-Ext-ID"];
    let fields = ["UserID", "ExternalID", "DisplayName", "Username", "OrganizationID", "ExternalOrganizationID"];
    print_list(cub, &found, &titles, &fields, "Username")
}

pub(super) async fn get_member(cub: &mut Cub<'_, '_>) -> Result<(), Failure> {
    let path = member(cub).await?.1;
    let member = typed("OrganizationMember", &cub.call(Call::get(path)).await?);
    let more = [("Organization ID", "OrganizationID"), ("External Organization ID", "ExternalOrganizationID")];
    print_person(cub, &member, &[&USER_ROWS[..], &more].concat())
}

pub(super) async fn create_member(cub: &mut Cub<'_, '_>) -> Result<(), Failure> {
    let name = cub.args[0].clone();
    // Who becomes a member stands in the input only; the argument is not sent.
    let member = match cub.entity_input()? {
        Some(input) => serde_json::from_slice(&input).map_err(|error| Failure::failed(error.to_string()))?,
        None => json!({}),
    };
    let (_, path) = members(cub).await?;
    let created = cub.call(Call::post(path, &typed("OrganizationMember", &member))).await?;
    let created = typed("OrganizationMember", &created);
    let id = text(&created, "UserID").to_owned();
    cub.print_done("created", "organization-member", &name, &id, &created)
}

pub(super) async fn delete_member(cub: &mut Cub<'_, '_>) -> Result<(), Failure> {
    let name = cub.args[0].clone();
    let (id, path) = member(cub).await?;
    cub.call(Call::delete(path)).await?;
    print_deleted(cub, "organization-member", &name, &id)
}

/// Id and path of the member that the first argument names.
async fn member(cub: &mut Cub<'_, '_>) -> Result<(String, String), Failure> {
    let (organization, path) = members(cub).await?;
    let name = cub.args[0].clone();
    let id = person_id(cub, "OrganizationMember", &path, &format!("Username='{name}'")).await?;
    let absent = || Failure::failed(format!("organizationMember {name} not found in organization {organization}"));
    let id = id.ok_or_else(absent)?;
    let path = format!("{path}/{id}");
    Ok((id, path))
}
