//! The signals that a script or the harness may send to a tool.

use std::io;

use tokio::signal::unix::{Signal, SignalKind, signal};

/// The signals whose default is to end a process and that scripts send.
const CAUGHT: [SignalKind; 7] = [
    SignalKind::hangup(),
    SignalKind::interrupt(),
    SignalKind::quit(),
    SignalKind::terminate(),
    SignalKind::user_defined1(),
    SignalKind::user_defined2(),
    SignalKind::alarm(),
];

/// Receives signals in place of the tool.
pub(super) struct Signals {
    caught: Vec<(i32, Signal)>,
}

impl Signals {
    /// Catches each signal that the caller has not set to be ignored: a tool started in the
    /// background of a script ignores SIGINT and SIGQUIT and must go on doing so.
    pub(super) fn catch() -> io::Result<Self> {
        let ignored = ignored();
        let wanted = CAUGHT.into_iter().filter(|kind| ignored >> (kind.as_raw_value() - 1) & 1 == 0);
        let caught = wanted.map(|kind| Ok((kind.as_raw_value(), signal(kind)?))).collect::<io::Result<_>>()?;
        Ok(Self { caught })
    }

    /// The next signal. Cancel-safe.
    pub(super) async fn next(&mut self) -> i32 {
        std::future::poll_fn(|context| {
            for (number, signal) in &mut self.caught {
                if signal.poll_recv(context).is_ready() {
                    return std::task::Poll::Ready(*number);
                }
            }
            std::task::Poll::Pending
        })
        .await
    }
}

/// The signals that this process ignores, bit n-1 for signal n; only Linux tells (proc(5), SigIgn).
fn ignored() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let mask = status.lines().find_map(|line| line.strip_prefix("SigIgn:"));
    mask.and_then(|mask| u64::from_str_radix(mask.trim(), 16).ok()).unwrap_or(0)
}
