//! Simple commands inside a container: what `kubectl exec`, exec probes and images of tools run.
//!
//! A simulated container has no files of its own and no binaries. It has the commands of this module,
//! which answer as busybox and curl do, as far as the image's `commands` list them. They see the
//! container's variables, what its volumes mount, and the cluster's network.

mod basic;
mod curl;
mod files;
mod shell;
mod wget;

use std::collections::BTreeMap;
use std::sync::Arc;

use futures::future::BoxFuture;

use crate::node::network::Dialler;
use crate::node::pod::PodRuntime;

/// One of the two streams that a command writes to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Stream {
    Stdout,
    Stderr,
}

/// Takes what a command prints.
pub(crate) type Sink<'a> = &'a (dyn Fn(Stream, &str) + Send + Sync);

/// Where a command runs.
pub(crate) struct Place {
    pub(crate) pod: Arc<PodRuntime>,
    /// The container's entry in the Pod's spec.
    pub(crate) container: serde_json::Value,
    pub(crate) env: BTreeMap<String, String>,
    /// The commands that the image has; all of them when it lists none.
    pub(crate) commands: Option<Vec<String>>,
}

/// The commands there are, in the order in which `ls /bin` shows them.
const NAMES: &[&str] = &[
    "ash", "bash", "cat", "curl", "date", "echo", "env", "false", "hostname", "id", "ls", "nc", "nslookup", "printenv",
    "pwd", "sh", "sleep", "test", "timeout", "true", "uname", "wget", "whoami",
];

/// The exit status of a command that the shell does not find.
const NOT_FOUND: i32 = 127;

impl Place {
    /// Whether a container made of the image could start `program`; a path counts by its last part.
    pub(crate) fn has(&self, program: &str) -> bool {
        let name = program.rsplit('/').next().unwrap_or_default();
        NAMES.contains(&name) && self.commands.as_ref().is_none_or(|only| only.iter().any(|one| one == name))
    }

    fn commands(&self) -> impl Iterator<Item = &'static str> {
        NAMES.iter().copied().filter(|name| self.has(name))
    }

    fn dialler(&self) -> Dialler<'_> {
        Dialler::new(&self.pod)
    }

    /// Lets environment time pass; `false` when the cluster is being stopped.
    async fn sleep(&self, time: std::time::Duration) {
        if let Some(node) = self.pod.node.upgrade() {
            let clock = node.clock();
            drop(node);
            clock.sleep(time).await;
        }
    }
}

/// Whether all of a command line can be run here: the program, and what a shell's text starts.
pub(crate) fn runs(place: &Place, line: &[String]) -> bool {
    match line {
        [shell, option, text, ..] if is_shell(shell) && option.starts_with('-') => shell::runs(place, text),
        [program, ..] => place.has(program) && !is_shell(program),
        [] => false,
    }
}

fn is_shell(program: &str) -> bool {
    ["sh", "ash", "bash"].contains(&program.rsplit('/').next().unwrap_or_default())
}

/// Runs a command that the place [`has`](Place::has); gives its exit status.
pub(crate) fn run<'a>(place: &'a Place, line: &'a [String], stdin: &'a str, out: Sink<'a>) -> BoxFuture<'a, i32> {
    Box::pin(async move {
        let Some((program, arguments)) = line.split_first() else { return 0 };
        match program.rsplit('/').next().unwrap_or_default() {
            _ if !place.has(program) => {
                out(Stream::Stderr, &format!("sh: {program}: not found\n"));
                NOT_FOUND
            }
            "sh" | "ash" | "bash" => shell::run(place, arguments, stdin, out).await,
            "curl" => curl::run(place, arguments, stdin, out).await,
            "wget" => wget::run(place, arguments, out).await,
            "cat" => files::cat(place, arguments, stdin, out),
            "ls" => files::ls(place, arguments, out),
            "sleep" => basic::sleep(place, arguments, out).await,
            "timeout" => basic::timeout(place, arguments, stdin, out).await,
            "nc" => basic::nc(place, arguments, out),
            name => basic::run(place, name, arguments, out),
        }
    })
}
