//! What removes what a run has made when the run is gone without having done so: killed, or out of memory.
//!
//! It is another process of the same executable, `stagegate reap`, in a process group of its own, so that no signal of
//! the terminal meets it. It is told by its input what to remove, and waits for the end of that, which comes with the end
//! of the run however that ends. A run that has cleaned up by itself says so first.

use std::io;
use std::path::{Path, PathBuf};
use std::process::Stdio;

use serde::{Deserialize, Serialize};
use tokio::io::AsyncWriteExt as _;
use tokio::process::{Child, Command};
use tokio::sync::Mutex;

/// What a run that has cleaned up writes.
pub const DISMISSED: &str = "dismissed";

/// What is to be removed: the first line of the reaper's input, as JSON. It may hold a token, which no argument of a
/// process should.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub struct ReapOrder {
    /// The run's folder.
    pub folder: PathBuf,
    /// The whole names of Kind clusters.
    pub clusters: Vec<String>,
    /// The run, if it has a hub in a container.
    pub hub_container: Option<String>,
    /// The file that says what was made on an existing cluster and on a real hub.
    pub ledger: Option<PathBuf>,
    /// What opens that hub.
    pub hub_token: Option<String>,
}

/// The process that waits for this one's end.
pub(super) struct Reaper {
    process: Mutex<Option<Child>>,
}

impl Reaper {
    /// Starts the process.
    pub(super) async fn start(executable: &Path, order: &ReapOrder) -> io::Result<Self> {
        let mut command = Command::new(executable);
        command.arg("reap").stdin(Stdio::piped()).stdout(Stdio::null()).stderr(Stdio::null());
        let mut process = command.process_group(0).spawn()?;
        let mut text = serde_json::to_vec(order)?;
        text.push(b'\n');
        if let Some(input) = &mut process.stdin {
            input.write_all(&text).await?;
        }
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
