//! The process by which a kubeconfig logs in (`exec` in its user): kube waits for it without end, so it is ended from here.

use std::time::Duration;

use kube::config::ExecConfig;
use rustix::process::{Pid, Signal, kill_process};

use crate::upstream_error::UpstreamError;

/// The longest that a plugin may take to log in: a person may have to answer it.
pub(crate) const LIMIT: Duration = Duration::from_secs(120);

/// Does what starts the plugin, on a thread that may wait; ends the plugin when that takes longer than `limit`, and when
/// nobody waits any more.
pub(crate) async fn bounded<T: Send + 'static>(
    plugin: Option<&ExecConfig>,
    limit: Duration,
    login: impl FnOnce() -> Result<T, kube::Error> + Send + 'static,
) -> Result<T, UpstreamError> {
    let mut running = Running { command: plugin.and_then(|plugin| plugin.command.clone()) };
    let done = tokio::time::timeout(limit, tokio::task::spawn_blocking(login)).await;
    let Ok(done) = done else { return Err(UpstreamError::silent(plugin, limit)) };
    running.command = None;
    match done {
        Ok(done) => done.map_err(|error| UpstreamError::login(plugin, &error)),
        Err(panic) => std::panic::resume_unwind(panic.into_panic()),
    }
}

/// A plugin that may still run.
struct Running {
    command: Option<String>,
}

impl Drop for Running {
    fn drop(&mut self) {
        let Some(command) = self.command.take() else { return };
        let all = processes();
        let ours = |process: &&Process| process.parent == std::process::id() && process.is(&command);
        for plugin in all.iter().filter(ours) {
            end_with_children(plugin, &all);
        }
    }
}

fn end_with_children(process: &Process, all: &[Process]) {
    if let Some(pid) = i32::try_from(process.pid).ok().and_then(Pid::from_raw) {
        // One that has ended by itself meanwhile is no failure.
        let _gone = kill_process(pid, Signal::KILL);
    }
    for child in all.iter().filter(|child| child.parent == process.pid) {
        end_with_children(child, all);
    }
}

#[derive(Debug)]
struct Process {
    pid: u32,
    parent: u32,
    words: Vec<String>,
}

impl Process {
    /// Whether it runs that program; a script is the second word, after what reads it.
    fn is(&self, command: &str) -> bool {
        let name = |path: &str| path.rsplit('/').next().unwrap_or(path).to_owned();
        self.words.iter().take(2).any(|word| name(word) == name(command))
    }
}

/// The processes of this machine, as far as this one may see them.
#[cfg(target_os = "linux")]
fn processes() -> Vec<Process> {
    let Ok(folders) = std::fs::read_dir("/proc") else { return Vec::new() };
    folders.filter_map(|folder| process(folder.ok()?.file_name().to_str()?.parse().ok()?)).collect()
}

/// A process by proc(5): `/proc/pid/status` and `/proc/pid/cmdline`.
#[cfg(target_os = "linux")]
fn process(pid: u32) -> Option<Process> {
    let status = std::fs::read_to_string(format!("/proc/{pid}/status")).ok()?;
    let parent = status.lines().find_map(|line| line.strip_prefix("PPid:"))?.trim().parse().ok()?;
    let line = std::fs::read(format!("/proc/{pid}/cmdline")).ok()?;
    let words = line.split(|byte| *byte == 0).map(|word| String::from_utf8_lossy(word).into_owned()).collect();
    Some(Process { pid, parent, words })
}

/// The processes of this machine by ps(1), whose options are those of POSIX.
#[cfg(not(target_os = "linux"))]
fn processes() -> Vec<Process> {
    let told = std::process::Command::new("ps").args(["-A", "-o", "pid=", "-o", "ppid=", "-o", "args="]).output();
    let told = told.map(|output| String::from_utf8_lossy(&output.stdout).into_owned()).unwrap_or_default();
    let process = |line: &str| {
        let mut words = line.split_whitespace();
        let (pid, parent) = (words.next()?.parse().ok()?, words.next()?.parse().ok()?);
        Some(Process { pid, parent, words: words.map(str::to_owned).collect() })
    };
    told.lines().filter_map(process).collect()
}

#[cfg(test)]
#[allow(clippy::expect_used, reason = "a test says what it expects")]
mod tests {
    use std::path::Path;
    use std::process::{Command, ExitStatus};

    use super::*;

    /// A plugin that waits for what does not come, once it has said that it runs.
    fn hanging(
        folder: &Path,
        name: &str,
    ) -> (ExecConfig, impl FnOnce() -> Result<ExitStatus, kube::Error> + Send + 'static) {
        let file = folder.join(name);
        let pipe = folder.join("answer");
        assert!(Command::new("mkfifo").arg(&pipe).status().expect("mkfifo").success());
        std::fs::write(&file, format!("#!/bin/sh\ncat {}\n", pipe.display())).expect("a script");
        assert!(Command::new("chmod").arg("+x").arg(&file).status().expect("chmod").success());
        let plugin = serde_json::from_value(serde_json::json!({ "command": file })).expect("a plugin");
        (plugin, move || Ok(Command::new(file).status().expect("it ran")))
    }

    #[tokio::test]
    async fn one_that_does_not_end_is_ended() {
        let folder = tempfile::tempdir().expect("a folder");
        let (plugin, login) = hanging(folder.path(), "too-slow");
        let (tell, told) = tokio::sync::oneshot::channel();
        let login = move || {
            let ended = login();
            let _awaited = tell.send(ended.as_ref().ok().copied());
            ended
        };
        let error = bounded(Some(&plugin), Duration::from_secs(2), login).await.expect_err("it does not answer");
        assert!(error.to_string().contains("was not done within 2s"), "{error}");
        let ended = told.await.expect("it ended").expect("with a status");
        assert_eq!(std::os::unix::process::ExitStatusExt::signal(&ended), Some(9));
    }

    #[tokio::test]
    async fn one_that_nobody_waits_for_is_ended() {
        let folder = tempfile::tempdir().expect("a folder");
        let (plugin, login) = hanging(folder.path(), "left-alone");
        let (tell, told) = tokio::sync::oneshot::channel();
        let login = move || {
            let ended = login();
            let _awaited = tell.send(());
            ended
        };
        let name = plugin.command.clone().expect("a name");
        let mut waiting = Box::pin(bounded(Some(&plugin), LIMIT, login));
        let is_there = async {
            while !processes().iter().any(|process| process.is(&name)) {
                tokio::task::yield_now().await;
            }
        };
        tokio::select! {
            _ = &mut waiting => panic!("it does not end by itself"),
            () = is_there => {}
        }
        drop(waiting);
        told.await.expect("it ended");
    }
}
