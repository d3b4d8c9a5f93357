//! What is in the way of a cluster, told apart by what kind and the runtimes say. Each folder of `preflight/` is a PATH.
#![allow(clippy::unwrap_used, reason = "a test says what it expects")]

use std::path::Path;
use std::time::Duration;

use stagegate_kind::{Kind, Preflight, Problem, Requirements, Runtime};

/// What any machine has, unless the name of a case says that something is to lack.
const NOTHING: Requirements = Requirements { free_disk: 0, inotify_instances: 0, inotify_watches: 0 };

fn preflight(path: &Path, required: &Requirements) -> Result<Preflight, Problem> {
    let runtime = if path.join("podman").exists() { Runtime::Podman } else { Runtime::Docker };
    let limit = if path.ends_with("daemon-hangs") { Duration::from_millis(300) } else { Duration::from_secs(60) };
    Kind::find_on(path, runtime)?.answering_within(limit).preflight(required)
}

#[test]
fn problems_are_told_apart() {
    insta::with_settings!({ prepend_module_to_snapshot => false, omit_expression => true }, {
        insta::glob!("preflight/*", |path| {
            // Elsewhere the runtime's disk is that of a virtual machine.
            if path.ends_with("no-disk") && cfg!(not(target_os = "linux")) {
                return;
            }
            let free_disk = if path.ends_with("no-disk") { u64::MAX } else { 0 };
            let told = match preflight(path, &Requirements { free_disk, ..NOTHING }) {
                // What this machine advises and has is its own affair.
                Ok(preflight) => format!(
                    "{}, {:?} {}, cgroup {}, rootless: {}, cgroup v1 advised against: {}",
                    preflight.kind,
                    preflight.runtime,
                    preflight.runtime_version,
                    preflight.cgroup_version.unwrap_or_default(),
                    preflight.rootless,
                    preflight.advice.contains(&Problem::CgroupV1),
                ),
                Err(Problem::Disk { place, .. }) => format!("too little space in {}", place.display()),
                Err(problem) => format!("{problem}\nfix: {}", portable(&problem.fix())),
            };
            insta::assert_snapshot!(told);
        });
    });
}

/// The way to start a daemon is the system's own.
fn portable(fix: &str) -> String {
    let starts = ["sudo systemctl start docker", "systemctl --user start podman.socket"];
    let starts_elsewhere = ["open -a Docker", "podman machine start"];
    starts_elsewhere.iter().zip(starts).fold(fix.to_owned(), |fix, (elsewhere, here)| fix.replace(elsewhere, here))
}

#[cfg(target_os = "linux")]
#[test]
fn the_kernels_limits_are_looked_at() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/preflight/fine");
    let problem = preflight(&path, &Requirements { inotify_watches: u64::MAX, ..NOTHING }).unwrap_err();
    let Problem::Inotify { setting, value, .. } = &problem else { panic!("{problem}") };
    assert_eq!((setting.as_str(), *value > 0), ("fs.inotify.max_user_watches", true));
    assert!(problem.fix().starts_with("sudo sysctl fs.inotify.max_user_watches="));
    let problem = preflight(&path, &Requirements { inotify_instances: u64::MAX, ..NOTHING }).unwrap_err();
    assert!(problem.to_string().starts_with("fs.inotify.max_user_instances is "), "{problem}");
}

#[test]
fn more_nodes_need_more_of_the_kernel() {
    let needed = [1, 6, 9].map(|nodes| Requirements::for_nodes(nodes).inotify_instances);
    assert_eq!(needed, [128, 128, 180]);
}
