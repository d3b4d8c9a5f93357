//! Logging in, and the token that comes of it.

use serde_json::{Value, json};

use crate::api::Call;
use crate::cub::Cub;
use crate::failure::Failure;
use crate::model::text;

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
    let token = text(&session, "access_token").to_owned();
    cub.api.authorize(&token);
    cub.streams.line(&format!("Successfully logged in as worker {id} (Organization: {organization})"))?;
    take_space_and_functions(cub).await
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
