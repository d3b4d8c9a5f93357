//! Logging in, and the token that comes of it.

use serde_json::{Value, json};

use crate::api::Call;
use crate::cub::Cub;
use crate::failure::Failure;
use crate::model::text;
use crate::session::Session;

/// Prints the access token without a line end, so that it fits into a header.
pub(super) fn get_token(cub: &mut Cub<'_, '_>) -> Result<(), Failure> {
    if cub.session.access_token.is_empty() {
        return Err(Failure::failed("not authenticated. Please run 'cub auth login' first"));
    }
    let token = cub.session.access_token.clone();
    cub.streams.print(&token)
}

/// Logs in with a worker's id and secret, takes the space of the context and saves the list of functions.
pub(super) async fn login_as_worker(cub: &mut Cub<'_, '_>) -> Result<(), Failure> {
    let variable = |name: &str| cub.env.get(name).filter(|value| !value.is_empty()).cloned();
    let (Some(id), Some(secret)) = (variable("CONFIGHUB_WORKER_ID"), variable("CONFIGHUB_WORKER_SECRET")) else {
        return Err(Failure::failed(
            "CONFIGHUB_WORKER_ID and CONFIGHUB_WORKER_SECRET environment variables must be set",
        ));
    };
    let body = json!({"worker_id": id, "worker_secret": secret});
    let (status, answer) = cub.api.call_server(Call::post("/auth/worker", &body)).await?;
    if status != 200 {
        let reason = String::from_utf8_lossy(&answer).into_owned();
        return Err(Failure::failed(format!("worker login failed with status {status}: {reason}")));
    }
    let session: Value = serde_json::from_slice(&answer).map_err(|error| Failure::failed(error.to_string()))?;
    let organization = text(&session, "organization_id").to_owned();
    let saved = cub.home.write("session.json", &crate::model::pretty(&session));
    saved.map_err(|error| Failure::failed(error.to_string()))?;
    cub.api.authorize(format!("Bearer {}", text(&session, "access_token")));
    cub.streams.line(&format!("Successfully logged in as worker {id} (Organization: {organization})"))?;
    take_space_and_functions(cub).await
}

/// Logs in as a test user, whose password stands in a file of the client.
pub(super) async fn test_login(cub: &mut Cub<'_, '_>) -> Result<(), Failure> {
    let (name, file) = (cub.args[0].clone(), cub.home.path(TEST_USERS).display().to_string());
    let listed = cub.home.read(TEST_USERS).map_err(|error| Failure::failed(error.to_string()))?;
    let listed = listed.ok_or_else(|| Failure::failed(format!("open {file}: no such file or directory")))?;
    let users = listed.lines().filter_map(|line| line.split_once(','));
    let password = users.into_iter().find(|(user, _)| *user == name).map(|(_, password)| password.to_owned());
    let password = password
        .ok_or_else(|| Failure::failed(format!("no entry found for username {name} in ~/.confighub/testusers.csv")))?;
    let session = json!({
        "user": {"email": name},
        "access_token": "",
        "organization_id": "",
        "auth_type": "Basic",
        "basic_auth_password": password,
    });
    log_in(cub, &session)?;
    super::context::take_space(cub).await
}

const TEST_USERS: &str = "testusers.csv";

/// Saves a session and uses it from now on.
fn log_in(cub: &mut Cub<'_, '_>, session: &Value) -> Result<(), Failure> {
    let saved = cub.home.write("session.json", &crate::model::pretty(session));
    saved.map_err(|error| Failure::failed(error.to_string()))?;
    let session: Session =
        serde_json::from_value(session.clone()).map_err(|error| Failure::failed(error.to_string()))?;
    cub.api.authorize(session.authorization());
    cub.session = session;
    Ok(())
}

/// Goes to the organization that matches best, with the tokens that the refresh token gets there.
pub(super) async fn switch(cub: &mut Cub<'_, '_>) -> Result<(), Failure> {
    let wanted = cub.args[0].clone();
    let saved = cub.home.read("session.json").map_err(|error| Failure::failed(error.to_string()))?;
    let mut session: Value = serde_json::from_str(&saved.unwrap_or_default())
        .map_err(|error| Failure::failed(format!("failed to load session: {error}")))?;
    let refresh = text(&session, "refresh_token").to_owned();
    if refresh.is_empty() {
        return Err(Failure::failed("no refresh token found. Please run 'cub auth login' first"));
    }
    let organizations = super::organization::all(cub).await?;
    let matched = best_match(&organizations, &wanted);
    let matched = matched.ok_or_else(|| Failure::failed(format!("no organization found matching '{wanted}'")))?;
    let (external, named) = (text(matched, "ExternalID").to_owned(), text(matched, "DisplayName").to_owned());
    if text(&session, "organization_id") == external {
        return cub.streams.print(&format!("Already in organization: {named} ({external})\n"));
    }
    let [access, refresh] =
        cub.api.switch_organization(&refresh, &external).await.map_err(|failure| match failure {
            Failure::Failed(reason) => Failure::failed(format!("failed to switch organization: {reason}")),
            other => other,
        })?;
    session["access_token"] = access.into();
    session["refresh_token"] = refresh.into();
    session["organization_id"] = external.clone().into();
    log_in(cub, &session)?;
    super::context::take_space(cub).await?;
    cub.streams.print(&format!("Successfully switched to organization: {named} ({external})\n"))
}

/// The organization one of whose names is the wanted text, or else holds it, whatever the letters' case.
fn best_match<'o>(organizations: &'o [Value], wanted: &str) -> Option<&'o Value> {
    let wanted = wanted.to_lowercase();
    let names = |organization: &Value| {
        ["DisplayName", "Slug", "OrganizationID", "ExternalID"].map(|field| text(organization, field).to_lowercase())
    };
    let is_one = |organization: &&Value| names(organization).contains(&wanted);
    let holds = |organization: &&Value| names(organization).iter().any(|name| name.contains(&wanted));
    organizations.iter().find(is_one).or_else(|| organizations.iter().find(holds))
}

async fn take_space_and_functions(cub: &mut Cub<'_, '_>) -> Result<(), Failure> {
    let slug = cub.context.space.clone();
    if slug.is_empty() {
        return Ok(());
    }
    let space = cub.find_space(&slug).await?;
    super::context::use_space(cub, &space)?;
    super::function::save_list(cub).await?;
    let line = format!("Current space set to {slug} ({})", text(&space, "SpaceID"));
    cub.streams.line(&line)
}
