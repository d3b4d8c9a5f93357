//! Commands inside a simulated container: what `kubectl exec`, exec probes and images of tools run.
//!
//! A simulated container has no files of its own and no binaries. It has the commands of `stagegate-commands`, as far as
//! the image's `commands` list them. They see the container's variables, what its volumes mount, and the cluster's
//! network.

mod files;

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use futures::future::BoxFuture;
use jiff::Timestamp;
use stagegate_commands::{Dial, Fetched, FileError, Found, Machine, Patience, Request, User};

pub(crate) use stagegate_commands::{Stream, reads_stdin, run};

use crate::node::environment;
use crate::node::network::{self, Dialler};
use crate::node::pod::PodRuntime;

/// Where a command runs.
pub(crate) struct Place {
    pub(crate) pod: Arc<PodRuntime>,
    /// The container's entry in the Pod's spec.
    pub(crate) container: serde_json::Value,
    pub(crate) env: BTreeMap<String, String>,
    /// The commands that the image has; all of them when it lists none.
    pub(crate) commands: Option<Vec<String>>,
}

impl Place {
    /// Whether a container made of the image could start `program`; a path counts by its last part.
    pub(crate) fn has(&self, program: &str) -> bool {
        stagegate_commands::exists(self.commands.as_deref(), program)
    }
}

/// Whether all of a command line can be run here: the program, and what a shell's text starts.
pub(crate) fn runs(place: &Place, line: &[String]) -> bool {
    stagegate_commands::runs(place.commands.as_deref(), line)
}

/// containerd's and runc's words for a command that a container does not have.
pub(crate) fn not_started(id: &str, program: &str) -> String {
    format!(
        "failed to exec in container: failed to start exec \"{id}\": OCI runtime exec failed: exec failed: unable to start container process: exec: {program:?}: executable file not found in $PATH: unknown"
    )
}

impl Machine for Place {
    fn variables(&self) -> &BTreeMap<String, String> {
        &self.env
    }

    fn commands(&self) -> Option<&[String]> {
        self.commands.as_deref()
    }

    fn hostname(&self) -> String {
        environment::hostname(&self.pod.object()).to_owned()
    }

    fn user(&self) -> User {
        User { uid: 0, gid: 0 }
    }

    fn folder(&self) -> String {
        "/".to_owned()
    }

    fn now(&self) -> Timestamp {
        self.pod.node.upgrade().map_or(Timestamp::UNIX_EPOCH, |node| node.clock().now())
    }

    fn sleep(&self, time: Duration) -> BoxFuture<'_, ()> {
        Box::pin(async move {
            if let Some(node) = self.pod.node.upgrade() {
                let clock = node.clock();
                drop(node);
                clock.sleep(time).await;
            }
        })
    }

    fn read(&self, path: &str) -> Result<String, FileError> {
        files::read(self, path)
    }

    fn entries(&self, folder: &str) -> Result<Vec<String>, FileError> {
        files::entries(self, folder)
    }

    /// Nothing that a command writes can be seen again.
    fn write(&self, _path: &str, _content: &str) -> Result<(), FileError> {
        Ok(())
    }

    fn resolve<'a>(&'a self, name: &'a str) -> BoxFuture<'a, Option<Found>> {
        Box::pin(async move { Dialler::new(&self.pod).resolve(name) })
    }

    fn dial<'a>(&'a self, host: &'a str, port: u16, _patience: Duration) -> BoxFuture<'a, Dial> {
        Box::pin(async move {
            match Dialler::new(&self.pod).dial(host, port) {
                network::Dial::Connected(_) => Dial::Connected,
                network::Dial::Refused(address) => Dial::Refused(address),
                network::Dial::Unanswered => Dial::Unanswered,
                network::Dial::NoSuchHost => Dial::NoSuchHost,
            }
        })
    }

    fn fetch<'a>(&'a self, request: &'a Request, patience: Patience) -> BoxFuture<'a, Fetched> {
        Box::pin(network::fetch(&self.pod, request, patience))
    }
}
