//! How workloads fare on the node: a folder per case with a manifest, optionally a catalogue, and what is seen.
//!
//! The first line of a manifest says when to look: `# look after 1 14 60` (seconds).
#![allow(clippy::expect_used, clippy::unwrap_used, clippy::panic, reason = "a test says what it expects")]

mod cluster;

use std::fmt::Write;
use std::path::Path;

use cluster::Lab;

#[test]
fn workloads_fare_as_on_a_real_node() {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    insta::glob!("node/*/manifest.yaml", |path| {
        let mut settings = insta::Settings::clone_current();
        settings.set_snapshot_path(path.parent().unwrap());
        settings.set_prepend_module_to_snapshot(false);
        settings.remove_snapshot_suffix();
        settings.set_omit_expression(true);
        settings.bind(|| insta::assert_snapshot!("seen", runtime.block_on(observe(path))));
    });
}

async fn observe(path: &Path) -> String {
    let manifest = std::fs::read_to_string(path).unwrap();
    let catalogue = std::fs::read_to_string(path.with_file_name("catalogue.yaml")).unwrap_or("images: []".to_owned());
    let mut lab = Lab::new(&catalogue).await;
    lab.pass(1.0).await;
    lab.seen.changes.lock().unwrap().clear();
    lab.command = Some(42);
    let times = manifest.lines().next().and_then(|line| line.strip_prefix("# look after ")).expect("when to look");
    for reply in lab.apply(&manifest).await {
        assert!(reply.status < 300, "{}", reply.body);
    }
    let mut text = String::new();
    let mut now = 0.0;
    for time in times.split_whitespace() {
        let time: f64 = time.parse().expect("seconds");
        lab.pass(time - now).await;
        now = time;
        writeln!(text, "--- after {time} s").unwrap();
        for resource in [
            "apis/apps/v1/deployments",
            "apis/apps/v1/statefulsets",
            "apis/apps/v1/daemonsets",
            "apis/batch/v1/jobs",
            "api/v1/pods",
            "api/v1/endpoints",
        ] {
            let table = lab.table(&format!("/{resource}")).await;
            if table.lines().count() > 1 {
                text.push_str(&table);
            }
        }
    }
    writeln!(text, "--- events").unwrap();
    for event in lab.cluster.objects("events", Some("default")) {
        let of = |pointer: &str| event.pointer(pointer).and_then(|value| value.as_str()).unwrap_or_default().to_owned();
        let at = of("/lastTimestamp").get(11..19).unwrap_or_default().to_owned();
        writeln!(
            text,
            "{at} x{} {} {} {}/{}: {}",
            event["count"],
            of("/type"),
            of("/reason"),
            of("/involvedObject/kind"),
            of("/involvedObject/name"),
            of("/message")
        )
        .unwrap();
    }
    let pods = lab.cluster.objects("pods", Some("default"));
    for pod in &pods {
        for status in pod["status"]["containerStatuses"].as_array().into_iter().flatten() {
            writeln!(text, "{} state {} last {}", status["name"], status["state"], status["lastState"]).unwrap();
        }
    }
    // Whatever follows from an applied manifest leads back to the command that applied it.
    for change in lab.seen.changes.lock().unwrap().iter() {
        assert_eq!(change.origin.command, Some(42), "{change:?}");
    }
    text
}
