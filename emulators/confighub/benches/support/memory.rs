//! Memory of this process, where the system tells it in /proc.

/// What is resident now.
pub(crate) fn resident_mib() -> Option<u64> {
    field("VmRSS:")
}

/// The most that was.
#[allow(dead_code, reason = "not every program that shares this file prints it")]
pub(crate) fn peak_mib() -> Option<u64> {
    field("VmHWM:")
}

fn field(name: &str) -> Option<u64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find(|line| line.starts_with(name))?;
    line.split_whitespace().nth(1)?.parse::<u64>().ok().map(|kib| kib / 1024)
}

/// How many files and sockets this process has open.
#[allow(dead_code, reason = "not every program that shares this file prints it")]
pub(crate) fn open_files() -> Option<usize> {
    std::fs::read_dir("/proc/self/fd").ok().map(Iterator::count)
}
