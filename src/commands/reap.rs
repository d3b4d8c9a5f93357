//! `stagegate reap`: the process that removes what a run has made when the run was killed.

use std::io::{self, BufRead as _, BufReader, Read as _};
use std::path::Path;
use std::process::Command;
use std::time::{Duration, Instant};

use stagegate_container::Names;
use stagegate_harness::environment::{DISMISSED, Ledger, Leftovers, ReapOrder, runtime};
use stagegate_kind::{ClusterName, Kind};
use stagegate_reports::diagnostic::chain;

use crate::error;
use crate::run_folder::RunFolder;

/// How long the processes of a killed run may take to end.
const ENDING: Duration = Duration::from_secs(20);
const LOOK_AGAIN: Duration = Duration::from_millis(100);

/// Waits for the end of its input, and removes what it was told to unless the run has said that it did so itself.
pub(crate) fn run() -> u8 {
    let mut input = BufReader::new(std::io::stdin().lock());
    let (mut first, mut said) = (String::new(), String::new());
    let _cut_off = input.read_line(&mut first);
    let Ok(order) = serde_json::from_str::<ReapOrder>(&first) else { return error::USAGE };
    let _cut_off = input.read_to_string(&mut said);
    if said.trim() == DISMISSED {
        return 0;
    }
    let mut failed = Vec::new();
    failed.extend(delete_clusters(&order.clusters));
    if let Some(run_id) = &order.hub_container {
        failed.extend(remove_hub(run_id).err());
    }
    let ledger = match remove_made(&order) {
        Ok(ledger) => ledger,
        Err(reason) => {
            failed.push(reason);
            None
        }
    };
    if RunFolder::is_one(&order.folder) {
        failed.extend(remove_folder(&order.folder).err().map(|error| error.to_string()));
    }
    if let (true, Some(ledger)) = (failed.is_empty(), &ledger) {
        failed.extend(ledger.end().err().map(|error| error.to_string()));
    }
    for reason in &failed {
        tracing::error!(reason, "something of a run that was killed could not be removed");
    }
    if failed.is_empty() { 0 } else { error::ENVIRONMENT }
}

/// Processes of scripts that are ending may write into it while it is removed, so it is tried for a while.
fn remove_folder(folder: &Path) -> io::Result<()> {
    let began = Instant::now();
    loop {
        match std::fs::remove_dir_all(folder) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
            Err(error) if began.elapsed() >= ENDING => return Err(error),
            // Once more, to see that it is not made anew.
            Ok(()) | Err(_) => std::thread::sleep(LOOK_AGAIN),
        }
    }
}

/// Gives why clusters could not be deleted.
fn delete_clusters(clusters: &[String]) -> Vec<String> {
    // All of them first: a creation goes on while another cluster is deleted.
    for cluster in clusters {
        end_creation(cluster);
    }
    let deleted = clusters.iter().map(|cluster| delete_cluster(cluster));
    deleted.filter_map(|deleted| deleted.err().map(|error| error.to_string())).collect()
}

fn delete_cluster(cluster: &str) -> Result<(), stagegate_kind::Error> {
    let name: ClusterName = cluster.parse()?;
    Kind::find()?.delete_until_settled(&name)
}

fn remove_hub(run_id: &str) -> Result<(), String> {
    let runtime = runtime().map_err(|error| error.to_string())?;
    runtime.block_on(stagegate_container::remove(&Names::of_run(run_id))).map_err(|error| chain(&error))
}

/// Gives the ledger once nothing is left in it.
fn remove_made(order: &ReapOrder) -> Result<Option<Ledger>, String> {
    let Some(path) = &order.ledger else { return Ok(None) };
    let Some(ledger) = Ledger::of_dying_run(path).map_err(|error| error.to_string())? else { return Ok(None) };
    let runtime = runtime().map_err(|error| error.to_string())?;
    runtime.block_on(async {
        let leftovers = Leftovers::of(ledger, order.hub_token.as_deref()).await;
        let remaining = leftovers.remove().await;
        let remaining: Vec<String> = remaining.iter().map(ToString::to_string).collect();
        if remaining.is_empty() { Ok(Some(leftovers.ledger().clone())) } else { Err(remaining.join("; ")) }
    })
}

/// Ends a `kind create cluster` that the killed run has left behind: it would go on making what is to be deleted.
fn end_creation(cluster: &str) {
    let Ok(listed) = Command::new("ps").args(["-A", "-ww", "-o", "pid=", "-o", "args="]).output() else { return };
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
