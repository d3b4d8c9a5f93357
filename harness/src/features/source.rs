//! Feature files on disk, and those compiled into the binary.

use std::path::{Path, PathBuf};

/// The text of one feature file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FeatureSource {
    /// The path as the user wrote it, or relative to the built-in set.
    pub path: String,
    /// Its text.
    pub text: String,
    /// The lines asked for with `PATH:LINE`; empty means all scenarios.
    pub lines: Vec<usize>,
}

/// Feature files cannot be read.
#[derive(Debug, thiserror::Error)]
pub enum SourceError {
    /// There is no such path.
    #[error("there is no feature file or folder `{path}`")]
    Missing {
        /// The path as given.
        path: String,
    },
    /// The path holds no feature file.
    #[error("there is no feature file (*.feature) in `{path}`")]
    Empty {
        /// The path as given.
        path: String,
    },
    /// A file cannot be read.
    #[error("cannot read `{path}`: {source}")]
    Unreadable {
        /// The file.
        path: String,
        /// What the system said.
        source: std::io::Error,
    },
    /// `PATH:LINE` with a line that the file does not have.
    #[error("`{path}` names no line of the file: it has {}", crate::plural(*.lines, "line"))]
    BeyondEnd {
        /// The path as given.
        path: String,
        /// How many lines there are.
        lines: usize,
    },
    /// `PATH:LINE` with a line that is no number from 1.
    #[error("`{path}` names no line: a line is a number from 1")]
    Line {
        /// The path as given.
        path: String,
    },
}

/// Reads the feature files that `paths` (`FILE`, `FOLDER` or `FILE:LINE`) name, sorted by path.
pub fn load(paths: &[String]) -> Result<Vec<FeatureSource>, SourceError> {
    let mut sources: Vec<FeatureSource> = Vec::new();
    for path in paths {
        let (file, line) = split_line(path)?;
        let files = files_below(Path::new(file), path)?;
        for file in files {
            let shown = file.to_string_lossy().into_owned();
            match sources.iter_mut().find(|source| source.path == shown) {
                // A whole file and a line of it: the whole file.
                Some(known) if line.is_none() || known.lines.is_empty() => known.lines.clear(),
                Some(known) => known.lines.extend(line),
                None => {
                    let text = std::fs::read_to_string(&file)
                        .map_err(|source| SourceError::Unreadable { path: shown.clone(), source })?;
                    let lines = text.lines().count();
                    if line.is_some_and(|line| line > lines) {
                        return Err(SourceError::BeyondEnd { path: path.clone(), lines });
                    }
                    sources.push(FeatureSource { path: shown, text, lines: line.into_iter().collect() });
                }
            }
        }
    }
    sources.sort_by(|a, b| a.path.cmp(&b.path));
    Ok(sources)
}

fn split_line(path: &str) -> Result<(&str, Option<usize>), SourceError> {
    match path.rsplit_once(':') {
        Some((file, line)) if !Path::new(path).exists() && !line.contains('/') => match line.parse() {
            Ok(line) if line > 0 => Ok((file, Some(line))),
            _ => Err(SourceError::Line { path: path.to_owned() }),
        },
        _ => Ok((path, None)),
    }
}

fn files_below(path: &Path, given: &str) -> Result<Vec<PathBuf>, SourceError> {
    if path.is_file() {
        return Ok(vec![path.to_owned()]);
    }
    if !path.is_dir() {
        return Err(SourceError::Missing { path: given.to_owned() });
    }
    let mut files = Vec::new();
    let mut folders = vec![path.to_owned()];
    while let Some(folder) = folders.pop() {
        let unreadable = |source| SourceError::Unreadable { path: folder.to_string_lossy().into_owned(), source };
        for entry in std::fs::read_dir(&folder).map_err(unreadable)? {
            let path = entry.map_err(unreadable)?.path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|extension| extension == "feature") {
                files.push(path);
            }
        }
    }
    if files.is_empty() {
        return Err(SourceError::Empty { path: given.to_owned() });
    }
    Ok(files)
}
