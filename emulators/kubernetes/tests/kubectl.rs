//! Sessions with the real kubectl: a file of commands each, beside it what they print.
//!
//! Needs `kubectl` on PATH. Environment time runs faster than the wall, so durations are left out.
#![allow(clippy::expect_used, clippy::unwrap_used, clippy::panic, reason = "a test says what it expects")]

use std::fmt::Write;
use std::path::Path;
use std::process::Command;
use std::sync::{Arc, Mutex};

use stagegate_kubernetes::{Catalogue, Cluster, Options};
use stagegate_simulation::{
    Actor, Change, Clock, Exchange, Injected, Observer, Origin, Pace, Seed, Simulation, token_for_command,
};

#[derive(Default)]
struct Seen(Mutex<Vec<Change>>);

impl Observer for Seen {
    fn exchange(&self, _: Exchange) {}
    fn change(&self, change: Change) {
        self.0.lock().unwrap().push(change);
    }
    fn injected(&self, _: Injected) {}
    fn secret(&self, _: &str) {}
}

#[test]
fn kubectl_prints_what_it_prints_with_a_real_cluster() {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
    insta::glob!("kubectl/*.sh", |path| {
        let mut settings = insta::Settings::clone_current();
        settings.set_snapshot_path(path.parent().unwrap());
        settings.set_prepend_module_to_snapshot(false);
        settings.remove_snapshot_suffix();
        settings.set_omit_expression(true);
        settings.add_filter(r" +", " ");
        settings.add_filter(r"\b\d+(m\d+)?s\b( ago)?|<invalid>", "<t>");
        // Whole minutes in an AGE column. After the thousandths of a CPU of `kubectl top` comes a number.
        settings.add_filter(r"(?m)(^| )\d+m( [A-Za-z<]|$)", "$1<t>$2");
        settings.add_filter(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ|\w{3}, \d\d \w{3} \d{4} [\d:]+ \+0000", "<time>");
        let name = path.file_stem().unwrap().to_str().unwrap().to_owned();
        settings.bind(|| insta::assert_snapshot!(name, session(&runtime, path)));
    });
}

fn session(runtime: &tokio::runtime::Runtime, path: &Path) -> String {
    let seen = Arc::new(Seen::default());
    let cluster = runtime.block_on(async {
        let clock = Clock::start("2026-01-05T09:00:00Z".parse().unwrap(), Pace::Times(40.0));
        let observer: Arc<dyn Observer> = Arc::clone(&seen) as Arc<dyn Observer>;
        let options = Options { catalogue: Catalogue::built_in().unwrap(), metrics: true, ..Options::default() };
        Cluster::start(Simulation::new(clock, Seed::new(3), observer), options).await.unwrap()
    });
    let home = tempfile::tempdir().unwrap();
    let commands = std::fs::read_to_string(path).unwrap();
    let mut text = String::new();
    for (number, line) in commands.lines().enumerate().filter(|(_, line)| !line.is_empty() && !line.starts_with('#')) {
        let number = number as u64 + 1;
        let kubeconfig = home.path().join("kubeconfig");
        std::fs::write(&kubeconfig, cluster.kubeconfig(&token_for_command(cluster.token(), number))).unwrap();
        let output = Command::new("bash")
            .args(["-c", line])
            .current_dir(path.parent().unwrap().join("manifests"))
            .env("HOME", home.path())
            .env("KUBECONFIG", &kubeconfig)
            .output()
            .expect("bash");
        let status = output.status.code().expect("an exit status");
        assert_ne!(status, 127, "kubectl is needed on PATH: {}", String::from_utf8_lossy(&output.stderr));
        writeln!(text, "$ {line}").unwrap();
        text.push_str(&String::from_utf8_lossy(&output.stdout));
        text.push_str(&String::from_utf8_lossy(&output.stderr));
        if status != 0 {
            writeln!(text, "exit status {status}").unwrap();
        }
        text.push('\n');
    }
    for change in seen.0.lock().unwrap().iter() {
        assert_ne!(change.origin, Origin { actor: Actor::Command, command: None }, "{change:?}");
        assert!(!matches!(change.origin.actor, Actor::Client { .. }), "a change by nobody known: {change:?}");
    }
    text.replace(&cluster.url().replace("http://", ""), "<address>")
}
