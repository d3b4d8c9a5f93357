//! The text of the scripts that findings point into.

use std::collections::BTreeMap;

/// The text of the files that scripts are made of.
pub trait Sources {
    /// The text of a file, named as locations in the journal name it.
    fn text(&self, file: &str) -> Option<String>;
}

/// No text at all: findings then name file and line only.
#[derive(Debug, Clone, Copy, Default)]
pub struct NoSources;

impl Sources for NoSources {
    fn text(&self, _file: &str) -> Option<String> {
        None
    }
}

impl Sources for BTreeMap<String, String> {
    fn text(&self, file: &str) -> Option<String> {
        self.get(file).cloned()
    }
}
