//! Runs on a real Kind cluster that end before they are done, with the node image that `STAGEGATE_KIND_IMAGE` names, or
//! kind's own when it is `default`. Without the variable nothing is checked, and the tests say so.
//!
//! `STAGEGATE_KIND_POINTS=N` takes the first N points of each; by default it is all.
#![allow(clippy::print_stdout, reason = "a test that is not run says so")]

use std::collections::BTreeSet;
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use predicates::prelude::*;
use predicates::str::contains;

use crate::command::{Place, bare, wait_at_most};
use crate::interrupt::{is_bare, processes};

/// Each looks at all that is on the machine, so only one may make anything there.
static ALONE: Mutex<()> = Mutex::new(());

/// How long a cluster may take from its first sign to the last Pod of the scenario, and the way back.
const PATIENCE: Duration = Duration::from_secs(600);

/// When a run is ended: as soon as its journal says this, or a container of the cluster has this name's end.
enum Point {
    Journal(&'static str),
    Container(&'static str),
    /// A command line with these words runs.
    Process(&'static str),
}

/// From the first word of a run to the end of its scenario, in the order they are met.
const POINTS: [Point; 10] = [
    Point::Container("-control-plane"),
    Point::Journal("\"kind\":\"Namespace\""),
    Point::Journal("cluster-ready"),
    Point::Process("kubeadm init"),
    Point::Journal("\"kind\":\"Deployment\""),
    Point::Journal("making Kind cluster"),
    Point::Journal("scenario-started"),
    Point::Journal("\"kind\":\"Pod\""),
    Point::Journal("scenario-finished"),
    Point::Journal("run-started"),
];

/// The node image, or the reason why nothing is run.
fn image(test: &str) -> Option<String> {
    let image = std::env::var("STAGEGATE_KIND_IMAGE").ok();
    if image.is_none() {
        println!("not run: {test}: STAGEGATE_KIND_IMAGE names no node image");
    }
    image
}

/// The words that choose it.
fn node(image: &str) -> String {
    if image == "default" { String::new() } else { format!(" --kind-image {image}") }
}

fn lines(program: &str, arguments: &[&str]) -> BTreeSet<String> {
    let output = Command::new(program).args(arguments).output().expect("it runs");
    assert!(output.status.success(), "{program} {arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8_lossy(&output.stdout).lines().map(str::to_owned).collect()
}

/// What a run could leave on the machine outside of its folder.
#[derive(Debug, PartialEq, Eq)]
struct Machine {
    containers: BTreeSet<String>,
    volumes: BTreeSet<String>,
    clusters: BTreeSet<String>,
}

impl Machine {
    fn look() -> Self {
        Self {
            containers: lines("docker", &["ps", "--all", "--format", "{{.Names}}"]),
            volumes: lines("docker", &["volume", "ls", "--quiet"]),
            clusters: lines("kind", &["get", "clusters"]),
        }
    }
}

impl Point {
    fn is_reached(&self, journal: &Path, before: &Machine) -> bool {
        match self {
            Self::Journal(words) => std::fs::read_to_string(journal).is_ok_and(|text| text.contains(words)),
            Self::Container(end) => {
                let now = lines("docker", &["ps", "--format", "{{.Names}}"]);
                now.difference(&before.containers).any(|name| name.ends_with(end))
            }
            Self::Process(words) => lines("ps", &["axww", "-o", "args="]).iter().any(|line| line.contains(words)),
        }
    }

    fn name(&self) -> &'static str {
        match self {
            Self::Journal(words) | Self::Container(words) | Self::Process(words) => words,
        }
    }
}

/// One scenario on one cluster, and two at once on two.
const SELECTIONS: [&str; 2] = ["@real-cluster and @preflight", "@real-cluster and (@preflight or @stage-1)"];

/// Ends a run of the preflight at each point, every second time with another scenario beside it, and looks for what is left.
fn end_at_each_point(test: &str, signal: &str, status: Option<i32>) {
    let Some(image) = image(test) else { return };
    let _alone = ALONE.lock().unwrap_or_else(PoisonError::into_inner);
    let points = std::env::var("STAGEGATE_KIND_POINTS").map_or(POINTS.len(), |text| text.parse().expect("a number"));
    for (point, selection) in POINTS.iter().zip(SELECTIONS.into_iter().cycle()).take(points) {
        let what = format!("SIG{signal} at {} of {selection}", point.name());
        let before = Machine::look();
        let place = Place::new();
        place.write("tmp/here", "");
        let mut command = bare(&place.path(""));
        command.args(["run", "-t", selection, "-o", "out", "--cluster", "kind", "--kind-workers", "0", "--jobs", "2"]);
        command.args(node(&image).split_whitespace());
        command.env("TMPDIR", place.path("tmp")).stdout(Stdio::null());
        let mut child = command.spawn().expect("it starts");
        let journal = place.path("out/journal.ndjson");
        wait_at_most(PATIENCE, &what, || point.is_reached(&journal, &before));
        let pid = child.id().to_string();
        assert!(Command::new("kill").args(["-s", signal, &pid]).status().expect("kill").success(), "{what}");
        let ended = child.wait().expect("it ends");
        // At the last point the run may be through before the signal comes.
        assert!(
            ended.code() == status || (point.name() == "scenario-finished" && ended.code() == Some(0)),
            "{what}: {ended}"
        );
        wait_at_most(PATIENCE, &format!("{what}: nothing runs any more"), || processes(&place.path("tmp")).is_empty());
        wait_at_most(PATIENCE, &format!("{what}: nothing is left"), || Machine::look() == before);
        assert!(is_bare(&place.path("tmp")), "{what}");
        let report = place.call("report out json=after.json");
        assert!(report.get_output().status.code().is_some_and(|code| code != 2), "{what}");
        println!("{what}: nothing left");
    }
}

#[test]
fn a_killed_run_on_kind_leaves_nothing() {
    end_at_each_point("a_killed_run_on_kind_leaves_nothing", "KILL", None);
}

#[test]
fn an_interrupted_run_on_kind_leaves_nothing() {
    end_at_each_point("an_interrupted_run_on_kind_leaves_nothing", "INT", Some(130));
}

#[test]
fn a_terminated_run_on_kind_leaves_nothing() {
    end_at_each_point("a_terminated_run_on_kind_leaves_nothing", "TERM", Some(143));
}

/// Deletes a cluster that stays.
struct Kept(String);

impl Drop for Kept {
    fn drop(&mut self) {
        let _gone = Command::new("kind").args(["delete", "cluster", "--name", &self.0]).status();
    }
}

#[test]
fn of_two_clusters_the_one_with_a_failure_is_kept_and_cleaned_later() {
    let Some(image) = image("of_two_clusters_the_one_with_a_failure_is_kept_and_cleaned_later") else { return };
    let _alone = ALONE.lock().unwrap_or_else(PoisonError::into_inner);
    let before = Machine::look();
    let place = Place::new();
    let [fail, pass] = ["has", "has no"].map(|word| format!("Then the cluster {word} Namespace \"of-nobody\""));
    place.write(
        "two.feature",
        &format!("Feature: Two\n\n  Scenario: Red\n    {fail}\n\n  Scenario: Green\n    {pass}\n"),
    );
    let node = node(&image);
    let run = format!("run two.feature --cluster kind --kind-workers 0 --jobs 2 --keep failed{node} -o out");
    let state = place.path("state");
    let call = |line: &str| place.command(line).env("XDG_STATE_HOME", &state).assert();
    let shown = call(&run).code(1).stdout(contains("kept:    Kind cluster stagegate-"));
    let shown = String::from_utf8_lossy(&shown.get_output().stdout).into_owned();
    let left: Vec<String> = Machine::look().clusters.difference(&before.clusters).cloned().collect();
    let [left] = left.as_slice() else { panic!("{left:?} {shown}") };
    assert!(shown.contains(&format!("kept:    Kind cluster {left}:")), "{shown}");
    let run_id = place.json("out/report.json")["run_id"].as_str().expect("text").to_owned();
    call(&format!("clean {run_id} --remove")).success().stdout(contains("removed: Kind cluster stagegate-"));
    assert_eq!(Machine::look(), before);
}

#[test]
fn real_images_come_from_their_registries_and_a_kept_cluster_does_not_mix_them() {
    let Some(image) = image("real_images_come_from_their_registries_and_a_kept_cluster_does_not_mix_them") else {
        return;
    };
    let _alone = ALONE.lock().unwrap_or_else(PoisonError::into_inner);
    let name = format!("images-{}", std::process::id());
    let _kept = Kept(format!("stagegate-{name}"));
    let place = Place::new();
    // A name that no registry ever has (RFC 2606), and that no stand-in was asked for.
    place.write("tutorial/deploy.sh", "kubectl create deployment web --image=registry.invalid/acme/web:1\n");
    place.write(
        "web.feature",
        "Feature: Web\n\n  Scenario: Deployed\n    Given the tutorial\n    When I run \"bash deploy.sh\"\n    \
         Then it exits with status 0\n",
    );
    let node = node(&image);
    let run =
        format!("run web.feature --tutorial tutorial --cluster kind --kind-workers 0 --reuse {name}{node} -o out");
    place.call(&format!("{run} --images real")).code(1).stdout(
        contains("containers run what their registries serve")
            .and(contains("image `registry.invalid/acme/web:1` cannot be pulled")),
    );
    place.call(&run).code(3).stdout(contains("use another --reuse NAME for the other --images"));
}
