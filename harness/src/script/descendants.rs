//! The processes that a supervisor has started, directly or not.

use super::group::LeftRunning;

/// All processes below `root`, zombies left out.
///
/// Linux makes the supervisor the parent of what lost its own, so nothing that the script started
/// escapes from below it, whatever session or environment it gave itself.
#[cfg(target_os = "linux")]
pub(crate) fn below(root: u32, _mark: &str) -> Vec<LeftRunning> {
    let mut found = Vec::new();
    let mut to_ask = vec![root];
    while let Some(parent) = to_ask.pop() {
        for pid in children(parent) {
            to_ask.push(pid.unsigned_abs());
            let line = std::fs::read(format!("/proc/{pid}/cmdline")).unwrap_or_default();
            let words: Vec<_> = line.split(|byte| *byte == 0).map(String::from_utf8_lossy).collect();
            let command = words.join(" ").trim_end().to_owned();
            if !command.is_empty() {
                found.push(LeftRunning { pid, command });
            }
        }
    }
    found
}

/// The children of all threads of a process (proc(5), `/proc/pid/task/tid/children`).
#[cfg(target_os = "linux")]
fn children(parent: u32) -> Vec<i32> {
    let Ok(threads) = std::fs::read_dir(format!("/proc/{parent}/task")) else { return Vec::new() };
    let lists = threads.filter_map(|thread| std::fs::read_to_string(thread.ok()?.path().join("children")).ok());
    lists.flat_map(|list| list.split_whitespace().filter_map(|pid| pid.parse().ok()).collect::<Vec<i32>>()).collect()
}

/// Elsewhere a process that lost its parent is known by its environment alone.
#[cfg(not(target_os = "linux"))]
pub(crate) fn below(_root: u32, mark: &str) -> Vec<LeftRunning> {
    super::group::marked(mark)
}
