//! Memory that is really used, so that what becomes of a process that uses too much really happens.

use std::fs;
use std::hint::black_box;

/// Where the limit of the own control group is, in version 2 and 1 of them.
const LIMITS: [&str; 2] = ["/sys/fs/cgroup/memory.max", "/sys/fs/cgroup/memory/memory.limit_in_bytes"];

/// Version 1 spells "no limit" as the largest number of pages; no machine has this much.
const UNLIMITED: u64 = 1 << 60;

/// Takes memory until the process uses `bytes`; above the container's limit the kernel ends it in here.
///
/// In a container without a limit, nothing is taken: it would only be wanting elsewhere on the machine.
pub(crate) fn take(bytes: u64) -> Vec<u8> {
    if limit(|path| fs::read_to_string(path).ok()).is_none() {
        return Vec::new();
    }
    let missing = bytes.saturating_sub(used().unwrap_or(0));
    // Not zeros, which the kernel would not have to keep anywhere.
    black_box(vec![1; usize::try_from(missing).unwrap_or(usize::MAX >> 1)])
}

/// The memory limit of the container, as the files of its control group say.
fn limit(read: impl Fn(&str) -> Option<String>) -> Option<u64> {
    let text = LIMITS.iter().find_map(|path| read(path))?;
    text.trim().parse().ok().filter(|limit| *limit < UNLIMITED)
}

/// The bytes that the process has for itself, without the executable's, which every process shares.
fn used() -> Option<u64> {
    let status = fs::read_to_string("/proc/self/status").ok()?;
    let kilobytes = status.lines().find_map(|line| line.strip_prefix("RssAnon:"))?;
    kilobytes.trim().strip_suffix("kB")?.trim().parse::<u64>().ok().map(|number| number << 10)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn limits_are_read_in_both_versions() {
        let of = |path: &'static str, text: &'static str| limit(move |asked| (asked == path).then(|| text.to_owned()));
        assert_eq!(of(LIMITS[0], "268435456\n"), Some(268_435_456));
        assert_eq!(of(LIMITS[0], "max\n"), None);
        assert_eq!(of(LIMITS[1], "9223372036854771712\n"), None);
        assert_eq!(of(LIMITS[1], "1048576\n"), Some(1_048_576));
        assert_eq!(of("elsewhere", "1"), None);
    }
}
