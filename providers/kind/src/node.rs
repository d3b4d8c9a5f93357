//! Nodes, which are containers, and what can be done in them.

use std::time::Duration;

use serde::Serialize;

use crate::cluster::Cluster;
use crate::command::{CallError, Output};
use crate::error::Error;
use crate::kind::{Kind, succeeded};

/// A container of a cluster.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Node {
    /// The container's name, which is the node's name in Kubernetes too.
    pub name: String,
    /// What it does for the cluster; `None` for the load balancer in front of several control planes.
    pub role: Option<NodeRole>,
    /// Whether the container runs.
    pub running: bool,
}

/// What a node does for its cluster.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum NodeRole {
    /// It has an API server; pods run here only where there is no worker.
    ControlPlane,
    /// It runs pods.
    Worker,
}

impl NodeRole {
    pub(crate) fn of_label(label: &str) -> Option<Self> {
        match label {
            "control-plane" => Some(Self::ControlPlane),
            "worker" => Some(Self::Worker),
            _ => None,
        }
    }
}

/// A command to be run in a node, as root.
#[derive(Debug, Clone)]
pub struct NodeCommand {
    words: Vec<String>,
    stdin: Vec<u8>,
    limit: Duration,
}

impl NodeCommand {
    /// The command in words; no shell takes them apart. It has no input, and a minute.
    pub fn new<W: Into<String>>(words: impl IntoIterator<Item = W>) -> Self {
        let words = words.into_iter().map(Into::into).collect();
        Self { words, stdin: Vec::new(), limit: Duration::from_secs(60) }
    }

    /// The command in words.
    pub fn words(&self) -> &[String] {
        &self.words
    }

    /// With this as its whole input.
    #[must_use]
    pub fn stdin(mut self, bytes: impl Into<Vec<u8>>) -> Self {
        self.stdin = bytes.into();
        self
    }

    /// With this much time before it is killed.
    #[must_use]
    pub fn limit(mut self, limit: Duration) -> Self {
        self.limit = limit;
        self
    }
}

/// The variable that all processes of one command in a node have.
const MARK: &str = "STAGEGATE_NODE_COMMAND";

/// Kills the processes in a node whose environment has the line `$0`.
const KILL_MARKED: &str = r#"
for process in /proc/[0-9]*; do
  if tr '\0' '\n' 2>/dev/null <"$process/environ" | grep -qxF -e "$0"; then
    kill -KILL "${process#/proc/}" 2>/dev/null
  fi
done
exit 0
"#;

/// Writes its input to `$0` with the permissions `$1`. A reader sees the old file or the new one.
const WRITE_FILE: &str =
    r#"mkdir -p -- "$(dirname -- "$0")" && cat >"$0.part" && chmod "$1" "$0.part" && mv -f -- "$0.part" "$0""#;

impl Cluster {
    /// Runs a command in a node and returns what it left, whatever its exit status. When it takes too long, or the cluster's
    /// [`Kind`] is stopped, it is killed in the node with all that it started.
    pub fn exec(&self, node: &Node, command: &NodeCommand) -> Result<Output, Error> {
        self.kind().exec(node, command)
    }

    /// Makes or replaces a file in a node, with the folders that lead to it.
    ///
    /// `path` is absolute, `mode` its permissions such as `0o644`.
    pub fn write_file(&self, node: &Node, path: &str, mode: u32, content: &[u8]) -> Result<(), Error> {
        let mode = format!("{mode:o}");
        let command = NodeCommand::new(["sh", "-c", WRITE_FILE, path, &mode]).stdin(content);
        let output = self.exec(node, &command)?;
        if output.success() {
            return Ok(());
        }
        let command = format!("writing {path} in node {}", node.name);
        Err(Error::Failed { command, status: output.status, said: output.said() })
    }
}

impl Kind {
    pub(crate) fn exec(&self, node: &Node, command: &NodeCommand) -> Result<Output, Error> {
        let mark = format!("{MARK}={}", unique());
        let call = self.runtime_call(command.limit)?;
        let call = call.arguments(["exec", "-i", "-e", &mark, &node.name]).arguments(&command.words);
        let outcome = call.stdin(command.stdin.clone()).run();
        if matches!(outcome, Err(CallError::Overran { .. } | CallError::Cancelled { .. })) {
            // What was killed here is only the client; the command itself is a process of the node.
            let kill = self.unstoppable().ask_runtime()?;
            succeeded(&kill.arguments(["exec", &node.name, "sh", "-c", KILL_MARKED, &mark]))?;
        }
        let output = outcome?;
        if refused_by_runtime(&output) {
            return Err(Error::NodeGone { node: node.name.clone(), said: output.said() });
        }
        Ok(output)
    }
}

/// Whether the runtime could not even start the command: the node is gone or does not run.
fn refused_by_runtime(output: &Output) -> bool {
    let said = String::from_utf8_lossy(&output.stderr);
    let docker = ["Error response from daemon:", "Error: No such container", "Error: No such exec"];
    output.status == Some(125)
        || output.status == Some(1) && docker.iter().any(|beginning| said.trim_start().starts_with(beginning))
}

/// A text that no other command on this machine has at this time.
fn unique() -> String {
    use std::sync::atomic::{AtomicU64, Ordering};
    static NEXT: AtomicU64 = AtomicU64::new(0);
    let since_epoch = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap_or_default();
    format!("{}-{}-{}", std::process::id(), since_epoch.as_nanos(), NEXT.fetch_add(1, Ordering::Relaxed))
}
