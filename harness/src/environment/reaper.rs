//! What removes a run's Kind cluster and folder when the run is gone without having done so: killed, or out of memory.
//!
//! It is another process of the same executable, `stagegate reap`, in a process group of its own, so that no signal of
//! the terminal meets it. It waits for the end of its input, which comes with the end of the run however that ends. A
//! run that has cleaned up by itself says so first.

use std::io;
use std::path::Path;
use std::process::Stdio;

use tokio::io::AsyncWriteExt as _;
use tokio::process::{Child, Command};
use tokio::sync::Mutex;

/// What a run that has cleaned up writes.
pub const DISMISSED: &str = "dismissed";

/// The process that waits for this one's end.
pub(super) struct Reaper {
    process: Mutex<Option<Child>>,
}

impl Reaper {
    /// Starts the process, to delete `cluster` and the run's `folder`; with no cluster there is nothing to reap.
    pub(super) fn start(executable: &Path, cluster: Option<&str>, folder: &Path) -> io::Result<Self> {
        let Some(cluster) = cluster else { return Ok(Self { process: Mutex::default() }) };
        let mut command = Command::new(executable);
        command.args(["reap", cluster]).arg(folder).stdin(Stdio::piped()).stdout(Stdio::null()).stderr(Stdio::null());
        let process = command.process_group(0).spawn()?;
        Ok(Self { process: Mutex::new(Some(process)) })
    }

    /// Tells it that nothing is left to reap, and waits until it is gone.
    pub(super) async fn dismiss(&self) {
        let Some(mut process) = self.process.lock().await.take() else { return };
        if let Some(mut input) = process.stdin.take() {
            let _gone_already = input.write_all(DISMISSED.as_bytes()).await;
        }
        let _ended = process.wait().await;
    }
}
