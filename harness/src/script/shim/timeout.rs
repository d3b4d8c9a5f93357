//! Being `timeout` on the environment's clock.

use std::ffi::OsString;
use std::io;
use std::path::Path;
use std::time::Duration;

use rustix::process::Signal;
use tokio::process::Command;

use super::super::protocol::{End, Said};
use super::signals::Signals;
use super::tool::hand_on;
use super::{Harness, ShimError};

/// Runs the real `timeout`, without a limit of its own, and has it act as if its limit were reached
/// when `after` has passed. It takes SIGALRM for that, whoever sends it; so its options and statuses
/// stay its own.
pub(super) async fn run(
    (program, name): (&Path, &str),
    mut arguments: Vec<OsString>,
    (operand, after): (usize, Duration),
    signals: &mut Signals,
    harness: &mut Harness,
) -> Result<End, ShimError> {
    if let Some(limit) = arguments.get_mut(operand) {
        *limit = "0".into();
    }
    let spawned = Command::new(program).arg0(name).args(arguments).spawn();
    let failed = |source: io::Error| ShimError::Spawn { program: program.to_owned(), source };
    let mut child = spawned.map_err(failed)?;
    let pid = child.id();
    harness.send(&Said::Pause(after)).await?;
    let mut in_time = true;
    loop {
        tokio::select! {
            status = child.wait() => return Ok(End::of(status.map_err(failed)?)),
            signal = signals.next() => hand_on(pid, signal),
            woken = harness.woken(), if in_time => {
                woken?;
                in_time = false;
                hand_on(pid, Signal::ALARM.as_raw());
            }
        }
    }
}
