//! Logging in as a person without a browser of the client's own (RFC 8628): a person says at an address, on whatever
//! device, that it is them. Clients of late 2025 do it so; earlier ones needed a browser here.

use std::hash::{BuildHasher as _, RandomState};
use std::time::Duration;

use serde_json::Value;

use crate::api::Call;
use crate::cub::Cub;
use crate::failure::Failure;
use crate::model::{number, text};

/// Why there is no login as a person.
pub(super) const BROWSER: &str =
    "it needs a browser and the login service; a session's files, or --as-worker, log in without";
const GRANT_TYPE: &str = "urn:ietf:params:oauth:grant-type:device_code";

pub(super) async fn log_in(cub: &mut Cub<'_, '_>) -> Result<(), Failure> {
    let info = cub.call(Call::get("/info")).await?;
    let (begin, end) = (path(cub, &info, "DeviceAuthURL"), path(cub, &info, "DeviceTokenURL"));
    let (Some(begin), Some(end)) = (begin, end) else { return Err(Failure::not_supported("auth login", BROWSER)) };
    let server = cub.api.server.clone();
    cub.streams.line(&format!("Authenticating to {server}"))?;
    cub.streams.line("Starting device login flow...")?;
    let (client, verifier) = (text(&info, "ClientID").to_owned(), verifier());
    let asked = [("client_id", client.as_str()), ("code_challenge", &verifier), ("code_challenge_method", "plain")];
    let device = posted(cub, Call::form(begin, &asked)).await?;
    if text(&device, "device_code").is_empty() {
        let reason = text(&device, "error_description");
        return Err(Failure::failed(format!("failed to get device login info: {reason}")));
    }
    cub.streams.line("\nVisit this URL to authenticate:")?;
    cub.streams.line(text(&device, "verification_uri_complete"))?;
    cub.streams.print(&format!("\nOr manually enter this code: {}\n\n", text(&device, "user_code")))?;
    cub.streams.line("Waiting for authentication...")?;
    let asked = [
        ("grant_type", GRANT_TYPE),
        ("device_code", text(&device, "device_code")),
        ("client_id", &client),
        ("code_verifier", &verifier),
    ];
    let session = awaited(cub, &end, &asked, &device).await?;
    let saved = cub.home.save_login(&server, &session);
    saved.map_err(|error| Failure::failed(error.to_string()))?;
    cub.api.authorize(format!("Bearer {}", text(&session, "access_token")));
    cub.streams.line("Authentication successful")?;
    "*".clone_into(&mut cub.space.id);
    super::function::save_list(cub).await.map(|_| ())
}

/// A secret that proves that who asks for the tokens is who began: 64 letters, at least 43 are asked for (RFC 7636).
fn verifier() -> String {
    // The standard library's hash keys are random for each process.
    let keyed = RandomState::new();
    (0..4).map(|part: u8| format!("{:016x}", keyed.hash_one(part))).collect()
}

/// The path of an address that the server names; `None` unless it is the server's own.
fn path(cub: &Cub<'_, '_>, info: &Value, field: &str) -> Option<String> {
    text(info, field).strip_prefix(&cub.api.server).filter(|path| path.starts_with('/')).map(str::to_owned)
}

/// Asks for the tokens until a person has said yes, or too much time has gone by.
async fn awaited(cub: &mut Cub<'_, '_>, path: &str, asked: &[(&str, &str)], device: &Value) -> Result<Value, Failure> {
    let seconds = |field: &str| Duration::from_secs(number(device, field).max(1).unsigned_abs());
    let (mut pause, began) = (seconds("interval"), cub.pace.elapsed());
    loop {
        let answer = posted(cub, Call::form(path, asked)).await?;
        match text(&answer, "error") {
            "" if !text(&answer, "access_token").is_empty() => return Ok(answer),
            "authorization_pending" => {}
            "slow_down" => pause += seconds("interval"),
            error => return Err(Failure::failed(format!("device authentication failed: {error}"))),
        }
        if cub.pace.elapsed().saturating_sub(began) >= seconds("expires_in") {
            return Err(Failure::failed("device authentication failed: expired_token"));
        }
        cub.pace.sleep(pause).await;
    }
}

/// The JSON that the login service answers, whatever the status.
async fn posted(cub: &mut Cub<'_, '_>, call: Call) -> Result<Value, Failure> {
    let (status, body) = cub.api.call_server(call).await?;
    serde_json::from_slice(&body).map_err(|error| Failure::failed(format!("login service answered {status}: {error}")))
}
