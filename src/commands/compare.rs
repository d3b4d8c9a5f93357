//! `stagegate compare`.

use std::path::Path;

use stagegate_reports::compare::{Comparison, Explanations};
use stagegate_reports::diagnostic::chain;
use stagegate_reports::terminal::render_comparison;

use crate::cli::{ColorChoice, CompareArgs};
use crate::commands::report::{journal_of, read};
use crate::error::{self, CliError};
use crate::output::{color_of_stdout, to_stdout};

/// Differences between the lanes that have a reason.
const BUILT_IN: &str = include_str!("../../fixtures/lane-differences.yaml");

/// Shows where two runs differ. The exit status tells whether they do, but for what is explained.
pub(crate) fn run(arguments: &CompareArgs, color: Option<ColorChoice>) -> Result<u8, CliError> {
    let (first, second) = (read(&journal_of(&arguments.first))?, read(&journal_of(&arguments.second))?);
    let explanations = match &arguments.explained {
        Some(path) => explanations(path)?,
        // They are about lanes.
        None if first.lane.hub == second.lane.hub => Explanations::default(),
        None => parse(Path::new("the built-in explanations"), BUILT_IN)?,
    };
    let comparison = Comparison::of(&first, &second);
    to_stdout(&format!("first:  {}\nsecond: {}\n\n", first.lane, second.lane));
    let (text, open) = render_comparison(&comparison, &explanations, color_of_stdout(color));
    to_stdout(&text);
    if comparison.compared == 0 {
        return Ok(error::NOTHING);
    }
    Ok(u8::from(open > 0))
}

fn explanations(path: &Path) -> Result<Explanations, CliError> {
    let text = std::fs::read_to_string(path).map_err(|error| unreadable(path, error.to_string()))?;
    parse(path, &text)
}

fn parse(path: &Path, text: &str) -> Result<Explanations, CliError> {
    Explanations::parse(text).map_err(|error| unreadable(path, chain(&error)))
}

fn unreadable(path: &Path, reason: String) -> CliError {
    CliError::Configuration { path: path.to_owned(), reason, at: None, line: None, help: None }
}
