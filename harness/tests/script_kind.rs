//! What scripts see that make their own cluster with `kind`: each script of the corpus runs against an embedded
//! cluster, with what it printed and what was traced of it beside it.

#![allow(clippy::expect_used, clippy::unwrap_used, clippy::panic, reason = "a test says what it expects")]

#[path = "script/lane.rs"]
mod lane;

use std::path::Path;

use lane::Lane;
use stagegate_harness::script::KindCluster;
use stagegate_kubernetes::{Catalogue, Cluster, NODE, Options, VERSION};
use stagegate_simulation::{Clock, Pace, Seed, Simulation};

async fn told(case: &Path) -> String {
    let text = std::fs::read_to_string(case.join("script.sh")).unwrap();
    let clock = Clock::start(jiff::Timestamp::UNIX_EPOCH, Pace::Times(20.0));
    let cluster = Cluster::start(Simulation::silent(clock, Seed::new(1)), Options::default()).await.unwrap();
    let kubeconfig = cluster.kubeconfig(cluster.token());
    let mut lane = Lane::with(&[("script.sh", &text)], |setup| {
        setup.kind = Some(KindCluster {
            kubeconfig: kubeconfig.clone(),
            nodes: Some(vec![NODE.to_owned()]),
            version: Some(VERSION.to_owned()),
            images: Some(Catalogue::built_in().unwrap()),
        });
        setup.kubeconfig = Some(kubeconfig);
    });
    let outcome = lane.run("exec 2>&1; ./script.sh").await;
    let calls = outcome.commands.iter().filter(|ran| ran.started.argv[0] == "kind").map(|ran| {
        let status = ran.finished.exit_status.map_or_else(String::new, |status| status.to_string());
        let place = ran.started.source.as_ref().map(|at| at.line).unwrap_or_default();
        format!("{place}: {} → {status}\n", ran.started.argv.join(" "))
    });
    format!("{}\nended with {:?}\n\n{}", outcome.output.text, outcome.exit_status(), calls.collect::<String>())
}

#[tokio::test]
async fn scripts_make_use_and_delete_the_cluster_of_their_scenario() {
    let corpus = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/script/kind");
    let mut cases: Vec<_> = corpus.read_dir().unwrap().map(|entry| entry.unwrap().path()).collect();
    cases.sort();
    for case in cases {
        let told = told(&case).await;
        let mut settings = insta::Settings::clone_current();
        settings.set_snapshot_path(&case);
        settings.set_prepend_module_to_snapshot(false);
        settings.set_omit_expression(true);
        settings.bind(|| insta::assert_snapshot!("told", told));
    }
}
