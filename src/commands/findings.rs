//! `stagegate findings`.

use stagegate_harness::findings::{KindPolicy, catalogue};
use stagegate_reports::journal::Policy;

use crate::cli::FindingsArgs;
use crate::error::CliError;
use crate::output::to_stdout;

/// Lists the kinds of findings, or prints the page of one.
pub(crate) fn run(arguments: &FindingsArgs) -> Result<u8, CliError> {
    match &arguments.kind {
        None => to_stdout(&listing()),
        Some(kind) => match catalogue().iter().find(|entry| entry.kind == kind) {
            Some(entry) => {
                let policy = name(entry.default_policy);
                to_stdout(&format!("{}\nPolicy unless `--finding {kind}=…` says otherwise: {policy}\n", entry.page));
            }
            None => return Err(unknown(kind)),
        },
    }
    Ok(0)
}

fn listing() -> String {
    let mut text = String::new();
    for entry in catalogue() {
        text.push_str(&format!("{} ({})\n    {}\n", entry.kind, name(entry.default_policy), entry.summary()));
    }
    text.push_str(&format!("\n{} kinds; `stagegate findings KIND` explains one\n", catalogue().len()));
    text
}

fn name(policy: Policy) -> &'static str {
    match policy {
        Policy::Deny => "deny",
        Policy::Warn => "warn",
        Policy::Allow => "allow",
    }
}

/// The same error as for `--finding`, with the likest kind.
fn unknown(kind: &str) -> CliError {
    let reason = format!("{kind}=deny").parse::<KindPolicy>().err().map(|error| error.to_string());
    CliError::Value { option: "KIND".to_owned(), value: kind.to_owned(), reason: reason.unwrap_or_default() }
}
