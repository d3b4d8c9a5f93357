//! The features that are compiled into the binary, and those on disk.

use include_dir::{Dir, include_dir};
use stagegate_harness::features::{FeatureSource, load};

use crate::error::CliError;

static BUILT_IN: Dir<'_> = include_dir!("$CARGO_MANIFEST_DIR/features");

/// The feature files at `paths`, or the built-in ones when there are none.
pub(crate) fn sources(paths: &[String]) -> Result<Vec<FeatureSource>, CliError> {
    if paths.is_empty() { Ok(built_in()) } else { Ok(load(paths)?) }
}

fn built_in() -> Vec<FeatureSource> {
    let mut sources = Vec::new();
    collect(&BUILT_IN, &mut sources);
    sources.sort_by(|a: &FeatureSource, b| a.path.cmp(&b.path));
    sources
}

fn collect(folder: &Dir<'_>, sources: &mut Vec<FeatureSource>) {
    for file in folder.files() {
        let path = format!("features/{}", file.path().display());
        if let (Some(text), true) = (file.contents_utf8(), path.ends_with(".feature")) {
            sources.push(FeatureSource { path, text: text.to_owned(), lines: Vec::new() });
        }
    }
    for folder in folder.dirs() {
        collect(folder, sources);
    }
}
