//! The report formats and their common entry.

use std::str::FromStr;

use crate::model::Run;
use crate::{html, json, junit};

/// A format in which a run can be reported to a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Format {
    /// The whole run, for programs; see `schema/run.schema.json`.
    Json,
    /// JUnit XML, one test case a scenario.
    Junit,
    /// One self-contained page.
    Html,
}

impl Format {
    /// Every format.
    pub const ALL: [Self; 3] = [Self::Json, Self::Junit, Self::Html];

    /// Its name on the command line.
    pub fn name(self) -> &'static str {
        match self {
            Self::Json => "json",
            Self::Junit => "junit",
            Self::Html => "html",
        }
    }

    /// The file name that a report of this format has when none is given.
    pub fn default_file_name(self) -> &'static str {
        match self {
            Self::Json => "report.json",
            Self::Junit => "junit.xml",
            Self::Html => "report.html",
        }
    }
}

impl std::fmt::Display for Format {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.pad(self.name())
    }
}

/// There is no such format.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("there is no report format `{name}`; the formats are {}", Format::ALL.map(Format::name).join(", "))]
pub struct UnknownFormat {
    /// What was asked for.
    pub name: String,
}

impl FromStr for Format {
    type Err = UnknownFormat;

    fn from_str(name: &str) -> Result<Self, Self::Err> {
        let known = Self::ALL.into_iter().find(|format| format.name() == name);
        known.ok_or_else(|| UnknownFormat { name: name.to_owned() })
    }
}

/// A report could not be made. A defect of this crate: every run can be rendered.
#[derive(Debug, thiserror::Error)]
pub enum RenderError {
    /// Of the JSON report.
    #[error("cannot render the JSON report: {0}")]
    Json(#[from] serde_json::Error),
    /// Of the JUnit report.
    #[error("cannot render the JUnit report: {0}")]
    Junit(#[from] quick_junit::SerializeError),
    /// Of the page.
    #[error("cannot render the HTML report: {0}")]
    Html(#[from] minijinja::Error),
}

/// Renders a run. The text ends in a newline.
///
/// ```no_run
/// use stagegate_reports::{Format, journal, model::Run, render};
///
/// let run = Run::from_journal(journal::read("journal.ndjson".as_ref())?)?;
/// std::fs::write("junit.xml", render("junit".parse()?, &run)?)?;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn render(format: Format, run: &Run) -> Result<String, RenderError> {
    Ok(match format {
        Format::Json => json::render(run)?,
        Format::Junit => junit::render(run)?,
        Format::Html => html::render(run)?,
    })
}
