//! `stagegate doctor`.

mod client;

use stagegate_harness::run::find_program;

use crate::cli::{ColorChoice, DoctorArgs};
use crate::config::Config;
use crate::error::ENVIRONMENT;
use crate::output::{color_of_stdout, to_stdout};

/// One thing that was checked.
struct Check {
    name: &'static str,
    /// What was found, or why it is missing.
    found: Result<String, String>,
    /// What cannot be done without it.
    without: &'static str,
    /// Whether stagegate's main job needs it.
    needed: bool,
}

/// Checks what this machine can run. Status 3 when the main job cannot run here.
pub(crate) fn run(arguments: &DoctorArgs, config: &Config, color: Option<ColorChoice>) -> u8 {
    let mut checks = vec![
        loopback(),
        tool("bash", &["--version"], "the script lane"),
        tool("kubectl", &["version", "--client"], "scripts that call kubectl"),
        client::check(),
    ];
    if let Some(tutorial) = arguments.tutorial.as_deref().or(config.tutorial()) {
        let found = if tutorial.join("stages").is_dir() {
            Ok(tutorial.display().to_string())
        } else {
            let problem = if tutorial.is_dir() { "has no `stages` folder" } else { "is not a folder" };
            Err(format!("{} {problem}", tutorial.display()))
        };
        checks.push(Check { name: "tutorial", found, without: "the tutorial's own scripts", needed: true });
    }
    let (good, bad, off) =
        if color_of_stdout(color) { ("\u{1b}[32m", "\u{1b}[31m", "\u{1b}[0m") } else { ("", "", "") };
    let mut text = String::new();
    for check in &checks {
        match &check.found {
            Ok(found) => text.push_str(&format!("{good}ok{off}       {:<9} {found}\n", check.name)),
            Err(why) => {
                text.push_str(&format!("{bad}missing{off}  {:<9} {why}; needed for {}\n", check.name, check.without));
            }
        }
    }
    to_stdout(&text);
    let broken = checks.iter().any(|check| check.needed && check.found.is_err());
    if broken { ENVIRONMENT } else { 0 }
}

fn loopback() -> Check {
    let found = std::net::TcpListener::bind(("127.0.0.1", 0))
        .and_then(|listener| listener.local_addr())
        .map(|_| "ports on 127.0.0.1 can be opened".to_owned())
        .map_err(|error| error.to_string());
    Check { name: "loopback", found, without: "the embedded environment", needed: true }
}

fn tool(name: &'static str, version: &[&str], without: &'static str) -> Check {
    let found = match find_program(name) {
        None => Err("not on PATH".to_owned()),
        Some(path) => match std::process::Command::new(&path).args(version).output() {
            Ok(output) if output.status.success() => {
                let said = String::from_utf8_lossy(&output.stdout);
                Ok(format!("{} ({})", said.lines().next().unwrap_or_default(), path.display()))
            }
            Ok(output) => Err(format!("{} ended with {}", path.display(), output.status)),
            Err(error) => Err(format!("{}: {error}", path.display())),
        },
    };
    Check { name, found, without, needed: false }
}
