//! A file with more images.

use std::path::Path;

use stagegate_kubernetes::{Catalogue, CatalogueError};

use crate::error::CliError;

/// Reads the image catalogue in a file.
pub(crate) fn read(path: &Path) -> Result<Catalogue, CliError> {
    let text = std::fs::read_to_string(path).map_err(|error| unreadable(path, "", error.to_string(), None))?;
    Catalogue::parse(&text).map_err(|error| match &error {
        CatalogueError::Parse(parse) => {
            let at = parse.location().and_then(|location| {
                Some((usize::try_from(location.line()).ok()?, usize::try_from(location.column()).ok()?))
            });
            unreadable(path, &text, parse.without_snippet().to_string(), at)
        }
        twice @ CatalogueError::Twice(_) => unreadable(path, &text, twice.to_string(), None),
    })
}

fn unreadable(path: &Path, text: &str, reason: String, at: Option<(usize, usize)>) -> CliError {
    let line = at.and_then(|(line, _)| text.lines().nth(line.saturating_sub(1))).map(str::to_owned);
    CliError::Configuration { path: path.to_owned(), reason, at, line, help: None }
}
