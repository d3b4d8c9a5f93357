//! What a report says of the machine and the checkout.

use std::path::Path;
use std::process::Command;

use stagegate_harness::run::{Settings, find_program};

/// Unique for the run.
pub(crate) fn run_id() -> String {
    uuid::Uuid::new_v4().to_string()
}

/// Facts about the machine and its tools, none of which names a person or a host.
pub(super) fn facts(settings: &Settings) -> Vec<(String, String)> {
    let mut facts = vec![
        ("os".to_owned(), std::env::consts::OS.to_owned()),
        ("arch".to_owned(), std::env::consts::ARCH.to_owned()),
        ("speed".to_owned(), format!("{}x while scripts run", settings.speed)),
    ];
    let tools: [(&str, &[&str]); 2] = [("bash", &["--version"]), ("kubectl", &["version", "--client"])];
    for (tool, arguments) in tools {
        if settings.tutorial.is_some() {
            facts.extend(version(tool, arguments).map(|version| (tool.to_owned(), version)));
        }
    }
    facts
}

fn version(tool: &str, arguments: &[&str]) -> Option<String> {
    let output = Command::new(find_program(tool)?).args(arguments).output().ok()?;
    let said = String::from_utf8_lossy(&output.stdout).into_owned();
    output.status.success().then(|| said.lines().next().unwrap_or_default().to_owned())
}

/// The name of a checkout's folder, and its commit when git knows it.
pub(super) fn checkout(path: &Path) -> String {
    let name = path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
    let git = |arguments: &[&str]| {
        let output = Command::new(find_program("git")?).arg("-C").arg(path).args(arguments).output().ok()?;
        output.status.success().then(|| String::from_utf8_lossy(&output.stdout).trim().to_owned())
    };
    match git(&["rev-parse", "HEAD"]) {
        Some(commit) => {
            let dirty = git(&["status", "--porcelain"]).is_some_and(|changes| !changes.is_empty());
            format!("{name} at {commit}{}", if dirty { " with local changes" } else { "" })
        }
        None => name,
    }
}
