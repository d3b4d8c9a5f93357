//! The real `cub`, if there is one on PATH.

use std::path::Path;
use std::process::Stdio;
use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;
use stagegate_confighub::{Hub, Options};
use stagegate_harness::run::find_program;
use stagegate_simulation::{Clock, Pace, Seed, Silent, Simulation};
use tokio::process::Command;

use super::Check;

/// How long one call of the client may take.
const PATIENCE: Duration = Duration::from_secs(10);

/// What a client of any version says of itself.
struct Said {
    version: String,
    /// The sub-commands of `space`.
    space: String,
}

/// Looks for the real client. Runs use it only where `--cub` names it, so none is needed.
pub(super) fn check() -> Check {
    let found = match find_program("cub") {
        None => Err("not on PATH; scripts are run with the stand-in for it, as they are without --cub PATH".to_owned()),
        Some(path) => ask(&path).map(|said| told(&path, &said)).map_err(|why| format!("{}: {why}", path.display())),
    };
    Check { name: "cub", found, without: "--cub PATH, and to call `stagegate hub` by hand", needed: false }
}

fn told(path: &Path, said: &Said) -> String {
    let path = path.display();
    // The first sub-command that the tutorial's scripts need and the client of August 2025 lacks.
    let era = if said.space.contains("new-prefix") {
        "has `space new-prefix`: late 2025 or later, as the tutorial's scripts need it"
    } else {
        "has no `space new-prefix`: older than the tutorial's scripts, which get help and status 0 from it"
    };
    format!("{} ({path}); it {era}. Runs use it with --cub {path} only", said.version)
}

/// Asks the client, which answers only where it is logged in: to a hub of our own.
fn ask(path: &Path) -> Result<Said, String> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    let runtime = runtime.map_err(|error| error.to_string())?;
    runtime.block_on(async {
        let home = tempfile::Builder::new().prefix("stagegate-doctor-").tempdir();
        let home = home.map_err(|error| error.to_string())?;
        let clock = Clock::start(Timestamp::now(), Pace::Times(1.0));
        let simulation = Simulation::new(clock, Seed::new(1), Arc::new(Silent));
        let hub = Hub::start(simulation, Options::default()).await.map_err(|error| error.to_string())?;
        hub.session().write(home.path()).map_err(|error| error.to_string())?;
        let call = |arguments: &'static [&'static str]| call(path, arguments, &hub, home.path());
        let version = call(&["version"]).await?;
        let version = version.lines().map(str::trim).filter(|line| !line.is_empty()).collect::<Vec<_>>().join(", ");
        if version.is_empty() {
            return Err("`version` says nothing: not a ConfigHub client".to_owned());
        }
        Ok(Said { version, space: call(&["space", "--help"]).await? })
    })
}

async fn call(path: &Path, arguments: &[&str], hub: &Hub, home: &Path) -> Result<String, String> {
    let command = arguments.join(" ");
    let called = Command::new(path)
        .args(arguments)
        .env_clear()
        .env("HOME", home)
        .env("PATH", std::env::var_os("PATH").unwrap_or_default())
        .env("CONFIGHUB_URL", hub.url())
        .env("CUB_CONFIG", home.join(".confighub/config.yaml"))
        .current_dir(home)
        .stdin(Stdio::null())
        .kill_on_drop(true)
        .output();
    let output = match tokio::time::timeout(PATIENCE, called).await {
        Ok(output) => output.map_err(|error| error.to_string())?,
        Err(_) => return Err(format!("`{command}` did not end within {} s", PATIENCE.as_secs())),
    };
    if !output.status.success() {
        let said = String::from_utf8_lossy(&output.stderr);
        let line = said.lines().next().unwrap_or_default();
        return Err(format!("`{command}` ended with {}: {line}", output.status));
    }
    Ok(String::from_utf8_lossy(&output.stdout).into_owned())
}
