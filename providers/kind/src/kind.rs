//! Where kind is, with which runtime it works, and what both are called with.

use std::ffi::{OsStr, OsString};
use std::path::PathBuf;
use std::time::Duration;

use tokio_util::sync::CancellationToken;

use crate::command::{Call, Output};
use crate::error::Error;
use crate::name::ClusterName;
use crate::node::{Node, NodeRole};
use crate::preflight::Problem;
use crate::runtime::{self, Runtime};

/// The longest that a question to kind or to the runtime may take, unless it is said otherwise.
const ANSWER: Duration = Duration::from_secs(30);
/// The label by which kind knows the containers of a cluster.
pub(crate) const CLUSTER_LABEL: &str = "io.x-k8s.kind.cluster";
/// The label that tells a node's role.
const ROLE_LABEL: &str = "io.x-k8s.kind.role";

/// The command `kind` and the container runtime that it works with.
#[derive(Debug, Clone)]
pub struct Kind {
    program: PathBuf,
    path: OsString,
    runtime: Runtime,
    stop: CancellationToken,
    answer: Duration,
}

impl Kind {
    /// Looks for `kind` on the `PATH` of this process, and takes the runtime that kind's own variable
    /// `KIND_EXPERIMENTAL_PROVIDER` names, or else the first of Docker, nerdctl and Podman that is there.
    pub fn find() -> Result<Self, Problem> {
        let path = std::env::var_os("PATH").unwrap_or_default();
        match std::env::var(runtime::VARIABLE) {
            Ok(name) if !name.is_empty() => {
                let chosen = Runtime::of_name(&name).ok_or(Problem::UnknownRuntime { name })?;
                Self::find_on(path, chosen)
            }
            _ => {
                let detected = Runtime::detect(&path);
                Self::find_on(path, detected)
            }
        }
    }

    /// Looks for `kind` on `path`, a list of folders as in `PATH`. What is called later, also what kind itself calls, is
    /// looked for there too. Whether the runtime can be used is for [`Kind::preflight`] to say.
    pub fn find_on(path: impl Into<OsString>, runtime: Runtime) -> Result<Self, Problem> {
        let path = path.into();
        let program = runtime::executable("kind", &path).ok_or(Problem::NoKind)?;
        Ok(Self { program, path, runtime, stop: CancellationToken::new(), answer: ANSWER })
    }

    /// From when `stop` is cancelled on, every call ends with [`Error::Cancelled`], except those that delete. A creation that
    /// is under way deletes what it has made first.
    #[must_use]
    pub fn stopped_by(mut self, stop: CancellationToken) -> Self {
        self.stop = stop;
        self
    }

    /// Questions to kind and to the runtime that take longer than `limit` fail; half a minute by default.
    #[must_use]
    pub fn answering_within(mut self, limit: Duration) -> Self {
        self.answer = limit;
        self
    }

    /// The same, but nothing stops it: for what must still be done after a run was interrupted.
    #[must_use]
    pub(crate) fn unstoppable(&self) -> Self {
        self.clone().stopped_by(CancellationToken::new())
    }

    /// What runs the nodes' containers.
    pub fn runtime(&self) -> Runtime {
        self.runtime
    }

    /// What `kind version` prints, such as `kind v0.30.0 go1.24.3 linux/amd64`.
    pub fn version(&self) -> Result<String, Error> {
        Ok(self.ask_kind(["version"])?.text().trim().to_owned())
    }

    /// All clusters of kind, whoever made them.
    pub fn clusters(&self) -> Result<Vec<String>, Error> {
        Ok(self.ask_kind(["get", "clusters"])?.text().lines().map(str::to_owned).collect())
    }

    /// The clusters whose name says that they are ours, see [`ClusterName`].
    pub fn our_clusters(&self) -> Result<Vec<ClusterName>, Error> {
        Ok(self.clusters()?.iter().filter_map(|name| name.parse().ok()).collect())
    }

    /// The containers that make up a cluster, whether they run or not; none when there is no such cluster.
    pub fn nodes(&self, name: &ClusterName) -> Result<Vec<Node>, Error> {
        let filter = format!("label={CLUSTER_LABEL}={name}");
        let format = format!("{{{{.Names}}}}\t{{{{.Label \"{ROLE_LABEL}\"}}}}\t{{{{.Status}}}}");
        let call = self.ask_runtime()?.arguments(["ps", "-a", "--filter", &filter, "--format", &format]);
        let mut nodes: Vec<Node> = succeeded(&call)?.text().lines().filter_map(node).collect();
        nodes.sort_by(|one, other| one.name.cmp(&other.name));
        Ok(nodes)
    }

    pub(crate) fn ask_kind<A: AsRef<OsStr>>(&self, arguments: impl IntoIterator<Item = A>) -> Result<Output, Error> {
        succeeded(&self.kind_call(self.answer).arguments(arguments))
    }

    /// A question to the runtime that can be stopped.
    pub(crate) fn ask_runtime(&self) -> Result<Call, Problem> {
        self.runtime_call(self.answer)
    }

    /// A call of kind that can be stopped.
    pub(crate) fn kind_call(&self, limit: Duration) -> Call {
        self.surrounded(Call::new(&self.program, limit)).variable(runtime::VARIABLE, self.runtime.name())
    }

    /// A call of the runtime's command line that can be stopped.
    pub(crate) fn runtime_call(&self, limit: Duration) -> Result<Call, Problem> {
        let name = self.runtime.name();
        let program =
            runtime::executable(name, &self.path).ok_or(Problem::NoRuntime { runtime: self.runtime.name() })?;
        Ok(self.surrounded(Call::new(&program, limit)))
    }

    fn surrounded(&self, call: Call) -> Call {
        call.variable("PATH", &self.path).stopped_by(&self.stop)
    }
}

/// Runs a call that must end with status 0.
pub(crate) fn succeeded(call: &Call) -> Result<Output, Error> {
    let output = call.run()?;
    if output.success() {
        return Ok(output);
    }
    Err(Error::Failed { command: call.line(), status: output.status, said: output.said() })
}

/// A line of the list of containers: name, role and status with tabs between them.
fn node(line: &str) -> Option<Node> {
    let mut fields = line.split('\t');
    let (name, role, status) = (fields.next()?, fields.next()?, fields.next()?);
    Some(Node {
        name: name.to_owned(),
        role: NodeRole::of_label(role),
        running: status.starts_with("Up") && !status.contains("Paused"),
    })
}
