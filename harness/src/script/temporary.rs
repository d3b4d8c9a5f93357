//! Temporary files that a script made under names of `mktemp`'s choice, and left.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::trace_file::InShell;

/// The most files that are kept in mind.
const MOST: usize = 1000;

/// What one script has made in the folder for temporary files.
pub(crate) struct Temporary {
    folder: PathBuf,
    /// The calls of `mktemp` whose file has not been named yet.
    pending: Vec<Arc<InShell>>,
    made: BTreeMap<PathBuf, Arc<InShell>>,
    /// Files that the script has told its reader of.
    told: BTreeSet<PathBuf>,
}

impl Temporary {
    pub(crate) fn of(folder: PathBuf) -> Self {
        Self { folder, pending: Vec::new(), made: BTreeMap::new(), told: BTreeSet::new() }
    }

    /// Takes in the next entry of the trace.
    pub(crate) fn take_in(&mut self, command: &Arc<InShell>) {
        let words = &command.traced.words;
        let name = words.first().map(String::as_str).unwrap_or_default();
        if name.rsplit('/').next() == Some("mktemp") {
            if self.pending.len() < MOST {
                self.pending.push(Arc::clone(command));
            }
            return;
        }
        if self.pending.is_empty() && self.made.is_empty() {
            return;
        }
        let files: Vec<PathBuf> = words.iter().filter_map(|word| self.file_in(word)).collect();
        for file in files {
            if matches!(name, "echo" | "printf") {
                self.told.insert(file);
            } else if !self.made.contains_key(&file) && self.made.len() < MOST {
                let fits = |call: &Arc<InShell>| {
                    let made = file.file_name().unwrap_or_default().to_string_lossy();
                    made.starts_with(prefix(&call.traced.words))
                };
                if let Some(at) = self.pending.iter().position(fits) {
                    self.made.insert(file, self.pending.remove(at));
                }
            }
        }
    }

    /// The files that are still there and that nobody was told of, each with the `mktemp` that made it.
    pub(crate) fn left(&self) -> impl Iterator<Item = (&Path, &Arc<InShell>)> {
        let left = self.made.iter().filter(|(file, _)| file.exists() && !self.told.contains(*file));
        left.map(|(file, call)| (file.as_path(), call))
    }

    /// The file or folder right in the folder for temporary files that a word names.
    fn file_in(&self, word: &str) -> Option<PathBuf> {
        let folder = format!("{}/", self.folder.display());
        let (_, rest) = word.split_once(&folder)?;
        let name: String = rest.chars().take_while(|c| c.is_alphanumeric() || "._-".contains(*c)).collect();
        (!name.is_empty()).then(|| self.folder.join(name))
    }
}

/// What the name of a file begins with that this call of `mktemp` makes.
fn prefix(words: &[String]) -> &str {
    let template = words[1..].iter().rev().find(|word| word.contains("XXX"));
    template.map_or("tmp.", |template| {
        let name = template.rsplit('/').next().unwrap_or_default();
        name.split_once("XXX").map_or(name, |(prefix, _)| prefix)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_template_tells_how_names_begin() {
        let of = |text: &str| prefix(&text.split(' ').map(str::to_owned).collect::<Vec<_>>()).to_owned();
        assert_eq!(of("mktemp"), "tmp.");
        assert_eq!(of("mktemp -d"), "tmp.");
        assert_eq!(of("mktemp /tmp/key.XXXXXX"), "key.");
        assert_eq!(of("mktemp -d --suffix=.d runXXXX"), "run");
    }
}
