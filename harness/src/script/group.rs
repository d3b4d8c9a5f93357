//! All processes of a script, and ending them.

use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process, kill_process_group};
use serde::{Deserialize, Serialize};

use super::protocol::{CONTROL_VARIABLE, SUPERVISOR};

/// The longest a killed process may take to be gone; one that writes to a dead disk takes longer.
pub(crate) const DYING: Duration = Duration::from_secs(5);
/// The wait between two looks at the list of processes.
const BETWEEN_LOOKS: Duration = Duration::from_millis(2);

/// A process that a script left running when it ended.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LeftRunning {
    /// Its process id.
    pub pid: i32,
    /// Its command line as far as the system tells.
    pub command: String,
}

/// The process group of a script, and what left that group but kept the script's environment.
/// Dropping it kills all of them.
pub(crate) struct Group {
    leader: Option<Pid>,
    /// The value of [`CONTROL_VARIABLE`] that marks the script's processes.
    mark: String,
    ended: bool,
}

impl Group {
    /// The processes that carry `mark`.
    pub(crate) fn of(mark: String) -> Self {
        Self { leader: None, mark, ended: false }
    }

    /// The script itself has this process id.
    pub(crate) fn led_by(&mut self, leader: u32) {
        self.leader = i32::try_from(leader).ok().and_then(Pid::from_raw);
    }

    /// Kills every process of the script and tells which there were.
    pub(crate) fn end(&mut self) -> Vec<LeftRunning> {
        let left = marked(&self.mark);
        self.kill(&left);
        // What was being started meanwhile is found in a second look.
        let later = marked(&self.mark);
        self.kill(&later);
        self.ended = true;
        left
    }

    /// Waits until what was killed is gone, and tells what will not go.
    pub(crate) async fn gone(&self) -> Vec<LeftRunning> {
        // A killed process is still listed until the system has taken it apart.
        let tried_since = Instant::now();
        loop {
            let left = marked(&self.mark);
            if left.is_empty() || tried_since.elapsed() > DYING {
                return left;
            }
            tokio::time::sleep(BETWEEN_LOOKS).await;
        }
    }

    fn kill(&self, marked: &[LeftRunning]) {
        if let Some(leader) = self.leader {
            // Nothing left in the group is what is wanted.
            let _empty = kill_process_group(leader, Signal::KILL);
        }
        for process in marked {
            if let Some(pid) = Pid::from_raw(process.pid) {
                let _gone = kill_process(pid, Signal::KILL);
            }
        }
    }
}

impl Drop for Group {
    fn drop(&mut self) {
        if !self.ended {
            self.end();
        }
    }
}

/// The processes with `mark` in their environment, zombies and the supervisor left out.
#[cfg(target_os = "linux")]
pub(crate) fn marked(mark: &str) -> Vec<LeftRunning> {
    let wanted = format!("{CONTROL_VARIABLE}={mark}");
    let Ok(processes) = std::fs::read_dir("/proc") else { return Vec::new() };
    let found = processes.filter_map(|entry| {
        let entry = entry.ok()?;
        let pid: i32 = entry.file_name().to_str()?.parse().ok()?;
        // Those of other users cannot be read, and are not ours.
        let environment = std::fs::read(entry.path().join("environ")).ok()?;
        environment.split(|byte| *byte == 0).any(|variable| variable == wanted.as_bytes()).then_some(())?;
        let line = std::fs::read(entry.path().join("cmdline")).ok()?;
        let words: Vec<_> = line.split(|byte| *byte == 0).map(String::from_utf8_lossy).collect();
        let command = words.join(" ").trim_end().to_owned();
        (!command.starts_with(SUPERVISOR)).then_some(LeftRunning { pid, command })
    });
    found.collect()
}

/// The processes with `mark` in their environment, as `ps` shows it to their owner.
#[cfg(not(target_os = "linux"))]
pub(crate) fn marked(mark: &str) -> Vec<LeftRunning> {
    let wanted = format!("{CONTROL_VARIABLE}={mark}");
    let listed = std::process::Command::new("ps").args(["-axEww", "-o", "pid=,command="]).output();
    let Ok(listed) = listed else { return Vec::new() };
    let text = String::from_utf8_lossy(&listed.stdout);
    let found = text.lines().filter_map(|line| {
        let (pid, rest) = line.trim_start().split_once(' ')?;
        let variables = rest.find(&wanted)?;
        let command = rest[..variables].split(" PATH=").next().unwrap_or_default();
        let command = command.trim().to_owned();
        (!command.starts_with(SUPERVISOR)).then_some(LeftRunning { pid: pid.parse().ok()?, command })
    });
    found.collect()
}
