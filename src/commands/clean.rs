//! `stagegate clean`.

use std::collections::BTreeSet;

use stagegate_container::{ContainerError, Names};
use stagegate_harness::environment::{Ledger, LedgerHead, Leftovers, runtime};
use stagegate_kind::{ClusterName, Kind};
use stagegate_reports::diagnostic::chain;

use crate::cli::CleanArgs;
use crate::error::{self, CliError};
use crate::hub_token;
use crate::output::to_stdout;
use crate::run_folder::RunFolder;

/// Shows what dead runs have left behind, and removes it when asked to.
pub(crate) fn run(arguments: &CleanArgs) -> Result<u8, CliError> {
    let mut ledgers = Ledger::of_dead_runs()?;
    let has = |ledgers: &[Ledger], run: &String| ledgers.iter().any(|ledger| ledger.head().run_id == *run);
    if let Some(run) = arguments.runs.iter().find(|run| !has(&ledgers, run)) {
        return Err(CliError::UnknownRun { run: run.clone() });
    }
    if !arguments.runs.is_empty() {
        ledgers.retain(|ledger| arguments.runs.contains(&ledger.head().run_id));
    }
    if ledgers.is_empty() {
        to_stdout("nothing is left of runs that are no more\n");
        return Ok(0);
    }
    refuse_several_hubs(&ledgers, arguments)?;
    let runtime = runtime().map_err(|source| CliError::System { what: "cannot start the runtime", source })?;
    let mut left = 0;
    for ledger in ledgers {
        left += runtime.block_on(of_run(ledger, arguments))?;
    }
    if left > 0 && !arguments.remove {
        to_stdout("nothing was removed; add --remove for that\n");
    }
    Ok(if left > 0 { error::LEFTOVER } else { 0 })
}

/// A token that was given is sent to the hub that it is for alone.
fn refuse_several_hubs(ledgers: &[Ledger], arguments: &CleanArgs) -> Result<(), CliError> {
    let hubs: BTreeSet<&str> = ledgers.iter().filter_map(|ledger| ledger.head().hub.as_deref()).collect();
    let is_given = arguments.hub_token_file.is_some() || std::env::var_os(hub_token::VARIABLE).is_some();
    if hubs.len() < 2 || !is_given {
        return Ok(());
    }
    let all: Vec<&str> = hubs.into_iter().collect();
    Err(CliError::Value {
        option: "RUN".to_owned(),
        value: arguments.runs.join(" "),
        reason: format!("the runs had several hubs ({}) and there is one token: name those of one", all.join(", ")),
    })
}

/// How many things of a run are left.
async fn of_run(ledger: Ledger, arguments: &CleanArgs) -> Result<usize, CliError> {
    let head = ledger.head().clone();
    let token = match &head.hub {
        Some(url) => hub_token::search(url, arguments.hub_token_file.as_deref())?,
        None => None,
    };
    if let (true, Some(url), None) = (arguments.forget, &head.hub, &token) {
        // Without one nothing on the hub can be seen, which is no reason to forget it.
        return Err(CliError::HubToken { url: url.clone() });
    }
    to_stdout(&format!("run {}{}\n", head.run_id, places(&head)));
    let leftovers = Leftovers::of(ledger, token.as_ref().map(|token| token.0.as_str())).await;
    let mut lines: Vec<Line> = Vec::new();
    let mut present = leftovers.present().await;
    if arguments.forget {
        let unseen: Vec<_> = present.extract_if(.., |one| !one.reason.is_empty()).map(|one| one.made).collect();
        leftovers.ledger().strike_out(&unseen)?;
        lines.extend(unseen.iter().map(|made| Line { what: made.to_string(), fate: Fate::Forgotten }));
    }
    let remaining = if arguments.remove { leftovers.remove().await } else { present.clone() };
    for one in &present {
        let still = remaining.iter().find(|remaining| remaining.made == one.made);
        let fate = if still.is_some() { Fate::Left } else { Fate::Removed };
        lines.push(Line { what: still.unwrap_or(one).to_string(), fate });
    }
    lines.extend(head.kind.iter().filter_map(|name| cluster(name, arguments.remove)));
    lines.extend(folder(&head, arguments.remove));
    lines.extend(hub_container(&head, arguments.remove).await);
    let left = lines.iter().filter(|line| line.fate == Fate::Left).count();
    for line in &lines {
        let fate = match line.fate {
            Fate::Left => "left:   ",
            Fate::Removed => "removed:",
            Fate::Forgotten => "forgot: ",
        };
        to_stdout(&format!("  {fate} {}\n", line.what));
    }
    if lines.is_empty() {
        to_stdout("  all that it made is gone\n");
    }
    if left == 0 {
        leftovers.ledger().end()?;
    }
    Ok(left)
}

/// Something that was there.
struct Line {
    what: String,
    fate: Fate,
}

/// What became of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Fate {
    Left,
    Removed,
    /// It cannot be seen any more, and is not looked for again.
    Forgotten,
}

fn places(head: &LedgerHead) -> String {
    let cluster = head.cluster.as_ref().map(|cluster| format!(", cluster {}", cluster.context));
    let hub = head.hub.as_ref().map(|url| format!(", hub {url}"));
    format!("{}{}", cluster.unwrap_or_default(), hub.unwrap_or_default())
}

/// A Kind cluster that was made for the run, if it is there. One whose presence cannot be found out may be.
fn cluster(name: &str, remove: bool) -> Option<Line> {
    let done = || -> Result<bool, stagegate_kind::Error> {
        let (kind, name) = (Kind::find()?, name.parse::<ClusterName>()?);
        let is_there = !kind.nodes(&name)?.is_empty();
        if is_there && remove {
            kind.delete_until_settled(&name)?;
        }
        Ok(is_there)
    };
    match done() {
        Ok(false) => None,
        Ok(true) => {
            Some(Line { what: format!("Kind cluster {name}"), fate: if remove { Fate::Removed } else { Fate::Left } })
        }
        Err(error) => Some(Line { what: format!("Kind cluster {name}: {error}"), fate: Fate::Left }),
    }
}

/// The container with the run's hub, if it is there.
async fn hub_container(head: &LedgerHead, remove: bool) -> Option<Line> {
    if !head.hub_container {
        return None;
    }
    let names = Names::of_run(&head.run_id);
    let what = format!("container {}", names.container);
    let done = async {
        let is_there = stagegate_container::is_there(&names).await?;
        if remove {
            stagegate_container::remove(&names).await?;
        }
        Ok::<_, ContainerError>(is_there)
    };
    match done.await {
        Ok(false) => None,
        Ok(true) => Some(Line { what, fate: if remove { Fate::Removed } else { Fate::Left } }),
        Err(error) => Some(Line { what: format!("{what}: {}", chain(&error)), fate: Fate::Left }),
    }
}

/// The run's folder, if it is there.
fn folder(head: &LedgerHead, remove: bool) -> Option<Line> {
    if !RunFolder::is_one(&head.folder) || !head.folder.is_dir() {
        return None;
    }
    let path = head.folder.display();
    if !remove {
        return Some(Line { what: format!("folder {path}"), fate: Fate::Left });
    }
    Some(match std::fs::remove_dir_all(&head.folder) {
        Ok(()) => Line { what: format!("folder {path}"), fate: Fate::Removed },
        Err(error) => Line { what: format!("folder {path}: {error}"), fate: Fate::Left },
    })
}
