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

/// The same, once there are no more than `most`, or after 10 s: connections close a little after their clients.
#[allow(dead_code, reason = "not every program that shares this file prints it")]
pub(crate) async fn open_files_at_most(most: usize) -> usize {
    let began = std::time::Instant::now();
    loop {
        let open = open_files().unwrap_or(most);
        if open <= most || began.elapsed() > std::time::Duration::from_secs(10) {
            return open;
        }
        tokio::time::sleep(std::time::Duration::from_millis(20)).await;
    }
}
