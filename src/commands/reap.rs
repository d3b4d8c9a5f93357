//! `stagegate reap`: the process that deletes a run's cluster and folder when the run was killed.

use std::io::Read as _;
use std::path::Path;
use std::process::Command;

use stagegate_harness::environment::DISMISSED;
use stagegate_kind::{ClusterName, Kind};

use crate::error;

/// Waits for the end of its input, and removes cluster and folder unless the run has said that it did so itself.
pub(crate) fn run(cluster: &str, folder: &Path) -> u8 {
    let mut said = String::new();
    let _cut_off = std::io::stdin().read_to_string(&mut said);
    if said.trim() == DISMISSED {
        return 0;
    }
    end_creation(cluster);
    let deleted = Kind::find().map_err(stagegate_kind::Error::from).and_then(|kind| {
        let name: ClusterName = cluster.parse()?;
        kind.delete_until_settled(&name)
    });
    // Only ever a run's own.
    if folder.file_name().is_some_and(|name| name.to_string_lossy().starts_with("stagegate-")) {
        let _gone_already = std::fs::remove_dir_all(folder);
    }
    match deleted {
        Ok(()) => 0,
        Err(error) => {
            tracing::error!(%error, cluster, "the cluster of a run that was killed could not be deleted");
            error::ENVIRONMENT
        }
    }
}

/// Ends a `kind create cluster` that the killed run has left behind: it would go on making what is to be deleted.
fn end_creation(cluster: &str) {
    let Ok(listed) = Command::new("ps").args(["-A", "-o", "pid=", "-o", "args="]).output() else { return };
    for line in String::from_utf8_lossy(&listed.stdout).lines() {
        let mut words = line.split_whitespace();
        let Some(pid) = words.next() else { continue };
        let words: Vec<&str> = words.collect();
        let creates = words.windows(2).any(|pair| pair == ["create", "cluster"]);
        if creates && words.windows(2).any(|pair| pair == ["--name", cluster]) {
            // It leads a group, in which are the calls of the runtime that it makes.
            let _ended_already = Command::new("kill").args(["-TERM", "--", &format!("-{pid}")]).status();
        }
    }
}
