//! The commands that the tutorials' scripts and documents use, each with its flags, against a hub.
//!
//! The list of them says which the client of August 2025 has; that must hold here under its contract. The contract of
//! October 2025 has those of [`LATER`] as well. None may end in the status of what the stand-in cannot do.
#![allow(
    clippy::expect_used,
    clippy::unwrap_used,
    clippy::panic,
    clippy::print_stdout,
    reason = "a test says what it expects"
)]

#[path = "recorded/shared.rs"]
mod shared;

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use jiff::Timestamp;
use stagegate_confighub::{Hub, Options};
use stagegate_cub::{Invocation, Streams};
use stagegate_simulation::{Clock, Pace, Seed, Simulation};

/// What came after August 2025: commands without a flag, and flags of commands.
const LATER: [(&str, &str); 13] = [
    ("space new-prefix", ""),
    ("unit tree", ""),
    ("unit tree", "node"),
    ("unit tree", "filter"),
    ("filter create", "where-field"),
    ("link create", "allow-exists"),
    ("space delete", "recursive"),
    ("unit apply", "revision"),
    ("unit create", "filter"),
    ("unit destroy", "filter"),
    ("unit destroy", "where"),
    ("unit list", "filter"),
    ("unit update", "merge-source"),
];

/// Commands of a contract that cannot be done without what is outside: the browser and the service that log people in.
const REFUSED: [(&str, &str); 1] = [("2025-08", "auth login")];

/// A command of the list: its path, its flags, and what the client of August 2025 makes of it.
struct Row {
    path: String,
    flags: Vec<String>,
    known: bool,
    unknown_flags: BTreeSet<String>,
}

impl Row {
    fn read(line: &str) -> Option<Self> {
        let columns: Vec<&str> = line.split(',').collect();
        if columns[0] != "cub" {
            return None;
        }
        let unknown = columns[7].split_whitespace().filter_map(|flag| flag.strip_suffix("=no"));
        Some(Self {
            path: columns[1].to_owned(),
            flags: columns[2].split_whitespace().map(str::to_owned).collect(),
            known: columns[6].starts_with("yes"),
            unknown_flags: unknown.map(str::to_owned).collect(),
        })
    }

    /// The same row as a later client sees it.
    fn later(&self) -> Self {
        let has = |flag: &str| LATER.contains(&(self.path.as_str(), flag));
        let unknown_flags = self.unknown_flags.iter().filter(|flag| !has(flag)).cloned().collect();
        Self { path: self.path.clone(), flags: self.flags.clone(), known: self.known || has(""), unknown_flags }
    }

    /// A command line of this form that the scenery of [`World`] can answer.
    fn command_line(&self, number: usize) -> Vec<String> {
        let mut words: Vec<String> = self.path.split(' ').map(str::to_owned).collect();
        for flag in &self.flags {
            words.push(flag.clone());
            words.extend(value(flag.trim_start_matches('-')).map(str::to_owned));
        }
        // Without a worker an operation does not end: nothing waits for it.
        if ["unit apply", "unit destroy"].contains(&self.path.as_str()) && !self.flags.contains(&"--wait".to_owned()) {
            words.push("--wait=false".to_owned());
        }
        // A new entity has another name each time.
        let argument = |word: &&str| if *word == "new" { format!("new-{number}") } else { (*word).to_owned() };
        words.extend(arguments(self).iter().map(argument));
        words
    }
}

/// Flags without a value.
const SWITCHES: &str = "wait export include-secret json quiet patch from-stdin upgrade recursive allow-exists no-header \
                        output-only verbose u force all show-live-state";

/// Values of flags; any other gets `x`.
const VALUES: [(&str, &str); 19] = [
    ("space", "s"),
    ("dest-space", "d"),
    ("upstream-space", "s"),
    ("label", "tier=web"),
    ("where", "Slug = 'u'"),
    ("where-field", "Slug = 'u'"),
    ("unit", "u"),
    ("upstream-unit", "u"),
    ("filter", "s/f"),
    ("from", "1"),
    ("revision", "1"),
    ("timeout", "1s"),
    ("target", "t"),
    ("namespace", "confighub"),
    ("node", "space"),
    ("columns", "Name,Labels"),
    ("replicas", "2"),
    ("path", "spec.replicas"),
    ("resource-type", "apps/v1/Deployment"),
];

/// The value of a flag; `None` for a switch.
fn value(flag: &str) -> Option<&'static str> {
    if SWITCHES.split(' ').any(|switch| switch == flag) {
        return None;
    }
    Some(VALUES.iter().find(|(name, _)| *name == flag).map_or("x", |(_, value)| value))
}

/// The arguments of commands, and the flags that take their place.
const ARGUMENTS: [(&str, &str, &str); 27] = [
    ("changeset create", "", "new"),
    ("set create", "", "new"),
    ("space create", "", "new"),
    ("worker create", "", "new"),
    ("unit create", "--dest-space", "new"),
    ("filter create", "", "new Unit"),
    ("target create", "", "new {} w"),
    ("link create", "", "new u v"),
    ("filter get", "", "f"),
    ("set get", "", "g"),
    ("space get", "", "s"),
    ("space update", "", "s"),
    ("space delete", "", "d"),
    ("function do", "", "get-replicas"),
    ("revision list", "", "u"),
    ("unit-event list", "", "u"),
    ("unit get", "", "u"),
    ("unit diff", "", "u"),
    ("unit apply", "--where --unit --filter", "u"),
    ("unit destroy", "--where --unit --filter", "u"),
    ("unit update", "--where", "u"),
    ("unit set-target", "--where", "u"),
    ("target update", "--target", "t"),
    ("worker delete", "", "w"),
    ("worker get", "", "w"),
    ("worker install", "", "w"),
    ("worker run", "", "w"),
];

fn arguments(row: &Row) -> Vec<&'static str> {
    let Some((_, instead, words)) = ARGUMENTS.iter().find(|(path, ..)| *path == row.path) else { return Vec::new() };
    let taken = row.flags.iter().any(|flag| instead.split(' ').any(|name| name == flag));
    let mut words: Vec<&str> = if taken { Vec::new() } else { words.split(' ').collect() };
    words.extend((row.path == "unit set-target").then_some("t"));
    words
}

struct World {
    hub: Hub,
    home: tempfile::TempDir,
    contract: &'static str,
}

struct Outcome {
    status: u8,
    stdout: String,
    stderr: String,
}

impl World {
    /// Two spaces; in the first two units, a worker, a target, a filter and a set.
    async fn start(contract: &'static str) -> Self {
        let clock = Clock::start(Timestamp::now(), Pace::Times(1.0));
        let hub = Hub::start(Simulation::silent(clock, Seed::new(1)), Options::default()).await.unwrap();
        let home = tempfile::tempdir().unwrap();
        hub.session().write(home.path()).unwrap();
        let manifest = "apiVersion: apps/v1\nkind: Deployment\nmetadata:\n  name: u\nspec:\n  replicas: 1\n";
        std::fs::write(home.path().join("u.yaml"), manifest).unwrap();
        let world = Self { hub, home, contract };
        for line in [
            "space create s",
            "space create d",
            "context set --space s",
            "worker create w",
            "target create t {} w",
            "unit create u u.yaml",
            "unit create v u.yaml",
            "filter create f Unit",
            "set create g",
            "run --reload",
        ] {
            let outcome = world.cub(line.split(' ').map(str::to_owned).collect()).await;
            assert_eq!(outcome.status, 0, "{line}: {}", outcome.stderr);
        }
        world
    }

    async fn cub(&self, args: Vec<String>) -> Outcome {
        let env = BTreeMap::from([
            ("HOME".to_owned(), self.home.path().display().to_string()),
            ("CONFIGHUB_URL".to_owned(), self.hub.url()),
            ("STAGEGATE_CUB_CONTRACT".to_owned(), self.contract.to_owned()),
            ("STAGEGATE_SPEED".to_owned(), "1000".to_owned()),
        ]);
        run(args, env, self.home.path()).await
    }
}

async fn run(args: Vec<String>, env: BTreeMap<String, String>, cwd: &Path) -> Outcome {
    let (mut stdout, mut stderr, mut stdin) = (Vec::new(), Vec::new(), &b"{\"Labels\": {\"a\": \"b\"}}"[..]);
    let streams = Streams { stdin: &mut stdin, stdout: &mut stdout, stderr: &mut stderr };
    let status = stagegate_cub::run(Invocation { args, env, cwd: cwd.to_owned() }, streams).await;
    let text = |bytes| String::from_utf8(bytes).unwrap();
    Outcome { status, stdout: text(stdout), stderr: text(stderr) }
}

/// What is wrong with the outcome, given what the client knows of the command.
fn complaint(contract: &str, row: &Row, outcome: &Outcome) -> Option<String> {
    let first_unknown = row.flags.iter().find(|flag| row.unknown_flags.contains(flag.trim_start_matches('-')));
    if REFUSED.contains(&(contract, row.path.as_str())) {
        let names_itself = outcome.stderr.contains(&format!("\"cub {}\" is not supported: ", row.path));
        return (outcome.status != 70 || !names_itself).then(|| format!("a refusal was expected: {}", outcome.stderr));
    }
    let expected = match (first_unknown, row.known) {
        (Some(flag), _) if outcome.status == 1 && outcome.stderr == format!("Failed: unknown flag: {flag}\n") => {
            return None;
        }
        (Some(flag), _) => format!("status 1 and \"unknown flag: {flag}\""),
        (None, false) if outcome.status == 0 && outcome.stdout.contains("Available Commands:") => return None,
        (None, false) => "status 0 and the group's help".to_owned(),
        (None, true)
            if outcome.status != 70 && !outcome.stderr.contains("unknown ") && !outcome.stdout.contains("Usage:") =>
        {
            return None;
        }
        (None, true) => "a command that is known".to_owned(),
    };
    Some(format!("expected {expected}, got status {}: {}", outcome.status, outcome.stderr))
}

async fn check(test: &str, contract: &'static str, seen_as: fn(&Row) -> Row) {
    let path = shared::shared().join("data/script-commands.csv");
    let Ok(list) = std::fs::read_to_string(&path) else {
        println!("skipped: {test}: no shared data at {}", path.display());
        return;
    };
    let rows: Vec<Row> = list.lines().skip(1).filter_map(Row::read).collect();
    assert!(rows.len() > 90, "the list has {} commands of cub", rows.len());
    let (mut complaints, mut world) = (Vec::new(), World::start(contract).await);
    for (number, row) in rows.iter().map(seen_as).enumerate() {
        let line = row.command_line(number);
        let outcome = world.cub(line.clone()).await;
        println!("{} cub {}: {}", outcome.status, line.join(" "), outcome.stderr.trim());
        complaints.extend(
            complaint(contract, &row, &outcome).map(|complaint| format!("cub {}: {complaint}", line.join(" "))),
        );
        if row.path.ends_with(" delete") {
            world = World::start(contract).await;
        }
    }
    assert!(complaints.is_empty(), "{} of {}:\n{}", complaints.len(), rows.len(), complaints.join("\n"));
}

#[tokio::test]
async fn commands_of_the_scripts_are_those_of_the_client_of_august_2025() {
    let as_it_is = |row: &Row| Row {
        path: row.path.clone(),
        flags: row.flags.clone(),
        known: row.known,
        unknown_flags: row.unknown_flags.clone(),
    };
    check("commands_of_the_scripts_are_those_of_the_client_of_august_2025", "2025-08", as_it_is).await;
}

#[tokio::test]
async fn commands_of_the_scripts_are_done_under_the_contract_of_october_2025() {
    check("commands_of_the_scripts_are_done_under_the_contract_of_october_2025", "2025-10", Row::later).await;
}
