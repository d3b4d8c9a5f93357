//! What ends a command before it has done its work, and the exit status for it.

use std::io::ErrorKind;
use std::path::PathBuf;

use stagegate_confighub::SnapshotError;
use stagegate_harness::environment::{ContextError, EnvironmentError, LedgerError};
use stagegate_harness::features::{PlanError, SelectorError, SourceError};
use stagegate_harness::vocabulary::VocabularyError;
use stagegate_reports::diagnostic::{Diagnostic, Location, chain};
use stagegate_reports::terminal::render_diagnostic;

/// Usage, configuration or feature error; nothing was run.
pub(crate) const USAGE: u8 = 2;
/// The environment could not be made or was lost.
pub(crate) const ENVIRONMENT: u8 = 3;
/// Nothing was selected.
pub(crate) const NOTHING: u8 = 4;
/// Something was left behind.
pub(crate) const LEFTOVER: u8 = 6;

/// What ends a command before it has done its work.
#[derive(Debug, thiserror::Error)]
pub(crate) enum CliError {
    /// An option has a value it cannot have.
    #[error("invalid value `{value}` for {option}: {reason}")]
    Value { option: String, value: String, reason: String },
    /// A variable is almost, but not quite, one that an option reads.
    #[error("no option reads the variable {name}")]
    Variable { name: String, meant: String },
    /// A later version will support this.
    #[error("{0} is not yet supported")]
    NotYetSupported(String),
    /// The configuration file cannot be read.
    #[error("cannot read {}", .path.display())]
    Configuration {
        path: PathBuf,
        reason: String,
        at: Option<(usize, usize)>,
        line: Option<String>,
        help: Option<String>,
    },
    /// A folder or file that was named is not there, or not what it should be.
    #[error("{what} {} {problem}", .path.display())]
    Path { what: &'static str, path: PathBuf, problem: &'static str, help: &'static str },
    /// Feature files cannot be read.
    #[error(transparent)]
    Source(#[from] SourceError),
    /// A filter cannot be understood.
    #[error(transparent)]
    Selector(#[from] SelectorError),
    /// The features cannot be run.
    #[error(transparent)]
    Plan(#[from] PlanError),
    /// Tags name requirements that there are not.
    #[error("tags name requirements that there are not")]
    Requirements(Vec<Diagnostic>),
    /// Selected scenarios are about what was not given.
    #[error("selected scenarios need what was not given")]
    Demanded(Vec<Diagnostic>),
    /// The built-in vocabulary is wrong: a defect of stagegate.
    #[error(transparent)]
    Vocabulary(#[from] VocabularyError),
    /// A tool that was asked for is missing.
    #[error("{tool} is needed for {purpose} and is not on PATH")]
    Tool { tool: &'static str, purpose: &'static str },
    /// A journal cannot be read.
    #[error("{} cannot be read as a journal", .path.display())]
    Journal { path: PathBuf, reason: String },
    /// Something could not be written.
    #[error("cannot write {}", .path.display())]
    Write { path: PathBuf, source: std::io::Error },
    /// A report could not be made.
    #[error(transparent)]
    Render(#[from] stagegate_reports::RenderError),
    /// The hub's port cannot be had.
    #[error(transparent)]
    Serve(#[from] stagegate_confighub::ServeError),
    /// A folder with a snapshot of a hub cannot be written or loaded.
    #[error("{} cannot be used as a snapshot", .folder.display())]
    Snapshot { folder: PathBuf, error: Box<stagegate_confighub::SnapshotError> },
    /// What is done could not be saved in the end.
    #[error("--save: nothing can be saved to {}", .folder.display())]
    Save { folder: PathBuf, error: Box<stagegate_confighub::SnapshotError> },
    /// Hub or cluster cannot be made or used.
    #[error("hub and cluster cannot be had")]
    Environment(Box<EnvironmentError>),
    /// The cluster of a kubeconfig cannot be found.
    #[error(transparent)]
    Context(#[from] ContextError),
    /// There is no token for a real hub.
    #[error("there is no token for the hub {url}")]
    HubToken { url: String },
    /// A file with a token cannot be used.
    #[error("no token for the hub can be read from {}", .path.display())]
    HubTokenFile { path: PathBuf, reason: String },
    /// What runs have made is not written down, or cannot be read.
    #[error(transparent)]
    Ledger(#[from] LedgerError),
    /// Nothing is known of a run.
    #[error("no run `{run}` that is no more has left anything")]
    UnknownRun { run: String },
    /// The machine does not give what any run needs.
    #[error("{what}")]
    System { what: &'static str, source: std::io::Error },
}

impl CliError {
    /// The process's exit status.
    pub(crate) fn status(&self) -> u8 {
        match self {
            Self::Plan(PlanError::Nothing(_)) => NOTHING,
            Self::Tool { .. }
            | Self::Write { .. }
            | Self::System { .. }
            | Self::Serve(_)
            | Self::Render(_)
            | Self::Environment(_)
            | Self::Context(_)
            | Self::HubToken { .. }
            | Self::HubTokenFile { .. }
            | Self::Ledger(_) => ENVIRONMENT,
            Self::Value { .. }
            | Self::Variable { .. }
            | Self::NotYetSupported(_)
            | Self::Configuration { .. }
            | Self::Path { .. }
            | Self::Source(_)
            | Self::Selector(_)
            | Self::Plan(PlanError::Features(_))
            | Self::Requirements(_)
            | Self::Demanded(_)
            | Self::Vocabulary(_)
            | Self::Save { .. }
            | Self::UnknownRun { .. }
            | Self::Journal { .. } => USAGE,
            Self::Snapshot { error, .. } => match **error {
                SnapshotError::System { .. } => ENVIRONMENT,
                _ => USAGE,
            },
        }
    }

    /// What is shown on standard error.
    pub(crate) fn render(&self, color: bool) -> String {
        let diagnostics = match self {
            Self::Plan(PlanError::Features(diagnostics))
            | Self::Requirements(diagnostics)
            | Self::Demanded(diagnostics) => diagnostics.clone(),
            other => vec![other.diagnostic()],
        };
        let rendered: Vec<String> = diagnostics.iter().map(|diagnostic| render_diagnostic(diagnostic, color)).collect();
        let mut text = rendered.join("\n");
        if let Self::Plan(PlanError::Features(problems)) = self {
            let noun = if problems.len() == 1 { "problem" } else { "problems" };
            text.push_str(&format!("\n{} {noun} in the feature files; nothing was run\n", problems.len()));
        }
        text
    }

    fn diagnostic(&self) -> Diagnostic {
        let mut diagnostic = Diagnostic { what: self.to_string(), ..Diagnostic::default() };
        match self {
            Self::Configuration { path, reason, at, line, help } => {
                diagnostic.help.clone_from(help);
                diagnostic.causes.push(reason.clone());
                diagnostic.source_line.clone_from(line);
                diagnostic.at =
                    at.map(|(line, column)| Location { file: path.display().to_string(), line, column: Some(column) });
            }
            Self::Path { help, .. } => diagnostic.help = Some((*help).to_owned()),
            Self::Variable { meant, .. } => {
                diagnostic.help = Some(format!("did you mean {meant}? Unset it if it is meant for something else"));
            }
            Self::Serve(stagegate_confighub::ServeError { address, .. }) if address.port() != 0 => {
                let port = address.port();
                diagnostic.help =
                    Some(format!("something else may listen on port {port}; leave --port out for a free one"));
            }
            Self::Snapshot { folder, error } => {
                diagnostic.help = Some(error.help());
                match &**error {
                    SnapshotError::Broken { file, line: Some(line), what, .. } => {
                        let file = folder.join(file).display().to_string();
                        diagnostic.at = Some(Location { file, line: *line, column: None });
                        diagnostic.causes.push(what.clone());
                    }
                    other => diagnostic.causes.push(other.to_string()),
                }
            }
            Self::Save { error, .. } => {
                diagnostic.causes.push(error.to_string());
                let help = match &**error {
                    SnapshotError::System { .. } => "name a folder that you may make and write to",
                    _ => "name a folder that is not there yet, is empty, or that a hub has saved to",
                };
                diagnostic.help = Some(help.to_owned());
            }
            Self::Tool { tool, .. } => diagnostic.help = Some(format!("install {tool}, or leave out what needs it")),
            Self::Journal { reason, .. } => diagnostic.causes.push(reason.clone()),
            Self::HubTokenFile { reason, .. } => {
                diagnostic.causes.push(reason.clone());
                diagnostic.help = Some("name a file that holds nothing but the token".to_owned());
            }
            Self::Write { source, .. } => {
                diagnostic.causes.push(source.to_string());
                diagnostic.help = Some(writable(source).to_owned());
            }
            Self::Context(error) => diagnostic.help = Some(error.fix()),
            Self::Ledger(error) => {
                diagnostic.causes.extend(std::error::Error::source(error).map(ToString::to_string));
                diagnostic.help = Some(error.fix());
            }
            Self::Environment(error) => {
                diagnostic.causes.push(chain(&**error));
                diagnostic.help = error.fix();
            }
            Self::HubToken { .. } => {
                let help = "log in with `cub auth login`, or give one with --hub-token-file or STAGEGATE_HUB_TOKEN";
                diagnostic.help = Some(help.to_owned());
            }
            Self::UnknownRun { .. } => {
                diagnostic.help = Some("`stagegate clean` shows which have, by their ids".to_owned());
            }
            Self::Plan(PlanError::Nothing(_)) => {
                diagnostic.help = Some("`stagegate list` shows the scenarios with their tags and lines".to_owned());
            }
            _ => {
                let mut source = std::error::Error::source(self);
                while let Some(error) = source {
                    diagnostic.causes.push(error.to_string());
                    source = error.source();
                }
            }
        }
        diagnostic
    }
}

/// What to do where something could not be written.
fn writable(error: &std::io::Error) -> &'static str {
    match error.kind() {
        ErrorKind::StorageFull | ErrorKind::QuotaExceeded => "make room there, or name a place on another disk",
        _ => "name a place that you may write to",
    }
}
