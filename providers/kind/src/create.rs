//! Making clusters.

use std::path::{Path, PathBuf};
use std::time::Duration;

use crate::cluster::Cluster;
use crate::command::{CallError, Output};
use crate::config::ClusterConfig;
use crate::error::{CreateFailure, Error};
use crate::kind::Kind;
use crate::kubeconfig;
use crate::marker::Mark;
use crate::name::ClusterName;
use crate::preflight::Problem;

/// How a cluster is made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Creation {
    /// The file for the kubeconfig of its administrator; an older one is replaced. No other file gets it.
    pub kubeconfig: PathBuf,
    /// The id of the run that makes it, for its [`Mark`].
    pub run: String,
    /// How long kind waits for the nodes to be Ready; the cluster is there all the same when they are not. Zero: not at all,
    /// which is enough where [`Cluster::wait_ready`] follows.
    pub wait: Duration,
    /// The longest that all of it may take, pulling the image included.
    pub limit: Duration,
    /// Where the logs of the nodes go when it fails.
    pub logs: Option<PathBuf>,
}

impl Creation {
    /// Into this file, for this run, within ten minutes; without waiting for nodes and without logs.
    pub fn new(kubeconfig: impl Into<PathBuf>, run: impl Into<String>) -> Self {
        Self {
            kubeconfig: kubeconfig.into(),
            run: run.into(),
            wait: Duration::ZERO,
            limit: Duration::from_secs(600),
            logs: None,
        }
    }
}

impl Kind {
    /// Makes a cluster. When that fails, takes too long or is stopped, what was made is deleted, and the error has kind's own
    /// log. A name that is taken is refused before anything is made.
    pub fn create(&self, config: &ClusterConfig, creation: &Creation) -> Result<Cluster, Error> {
        kubeconfig::refuse_users(&creation.kubeconfig)?;
        let yaml = config.to_yaml()?;
        let name = &config.name;
        let taken = || Error::NameTaken { name: name.clone() };
        if !self.nodes(name)?.is_empty() {
            return Err(taken());
        }
        let folder = kubeconfig::folder_for(&creation.kubeconfig)?;
        // kind adds to a file that is there and locks it by another; both stay in a folder that is removed.
        let scratch = tempfile::Builder::new()
            .prefix(".kind-")
            .tempdir_in(&folder)
            .map_err(Error::file("cannot make a folder in", &folder))?;
        let written = scratch.path().join("kubeconfig");
        match self.call_create(name, yaml, &written, creation) {
            Ok(output) if output.success() => self.finish(name, &written, creation),
            Ok(output) if is_name_taken(&output) => Err(taken()),
            Ok(output) => Err(self.failed(name, &output, creation).into()),
            Err(CallError::Cancelled { command, log }) => {
                let left = self.delete_killed(name, &log).err().map(Box::new);
                Err(Error::Cancelled { command, left })
            }
            Err(CallError::Overran { limit, log, .. }) => {
                let output = Output { status: None, stdout: Vec::new(), stderr: log };
                let mut failure = self.failed(name, &output, creation);
                failure.said = format!("not done within {limit:?}; the last words were: {}", failure.said);
                failure.left = self.delete_killed(name, &output.stderr).err().map(Box::new);
                Err(failure.into())
            }
            Err(error) => Err(error.into()),
        }
    }

    fn call_create(
        &self,
        name: &ClusterName,
        yaml: String,
        kubeconfig: &Path,
        creation: &Creation,
    ) -> Result<Output, CallError> {
        let wait = format!("{}ms", creation.wait.as_millis());
        // Retained, because what failed can be looked into before it is deleted.
        let words = ["create", "cluster", "--config", "-", "--retain", "--name", name.as_str(), "--wait", &wait];
        let call = self.kind_call(creation.limit).arguments(words).arguments(["--kubeconfig"]).arguments([kubeconfig]);
        call.stdin(yaml.into_bytes()).run()
    }

    /// Puts the kubeconfig where it belongs and the mark into the cluster; both or no cluster.
    fn finish(&self, name: &ClusterName, written: &Path, creation: &Creation) -> Result<Cluster, Error> {
        let cluster = Cluster::new(self.clone(), name.clone(), creation.kubeconfig.clone());
        let text = std::fs::read_to_string(written).map_err(Error::file("cannot read", written));
        let marked = cluster.put_mark(&Mark { run: creation.run.clone() });
        let done = marked.and(text).and_then(|text| kubeconfig::write(&creation.kubeconfig, &text));
        match done {
            Ok(()) => Ok(cluster),
            Err(error) => {
                let left = cluster.delete().err().map(Box::new);
                Err(match error {
                    Error::Cancelled { command, .. } => Error::Cancelled { command, left },
                    error => {
                        let (name, said) = (name.clone(), error.to_string());
                        CreateFailure { name, cause: None, said, log: Vec::new(), left }.into()
                    }
                })
            }
        }
    }

    /// Collects what tells why, then deletes what was made.
    fn failed(&self, name: &ClusterName, output: &Output, creation: &Creation) -> CreateFailure {
        let this = self.unstoppable();
        let mut log: Vec<String> = String::from_utf8_lossy(&output.stderr).lines().map(str::to_owned).collect();
        for node in this.nodes(name).unwrap_or_default() {
            log.extend(this.last_words(&node.name));
        }
        if let Some(folder) = &creation.logs
            && let Err(error) = this.export_logs(name, folder)
        {
            log.push(format!("the logs of the nodes could not be collected: {error}"));
        }
        let left = this.delete(name).err().map(Box::new);
        let cause = Problem::of_log(&log.join("\n"));
        let error_line = log.iter().find_map(|line| line.strip_prefix("ERROR: "));
        let said = error_line.map_or_else(|| output.said(), str::to_owned);
        CreateFailure { name: name.clone(), cause, said, log, left }
    }

    /// What a node's container printed last, each line with the node's name.
    fn last_words(&self, node: &str) -> Vec<String> {
        let call = self.ask_runtime().map(|call| call.arguments(["logs", "--tail", "30", node]));
        let Ok(Ok(output)) = call.map(|call| call.run()) else { return Vec::new() };
        let lines = output.text() + &String::from_utf8_lossy(&output.stderr);
        lines.lines().map(|line| format!("{node}: {}", line.trim_end())).collect()
    }

    fn delete_killed(&self, name: &ClusterName, log: &[u8]) -> Result<(), Error> {
        // Once all containers are there no request for one is under way.
        let all_made = String::from_utf8_lossy(log).contains("✓ Preparing nodes");
        if all_made { self.delete(name) } else { self.delete_until_settled(name) }
    }
}

/// Whether another creation was faster. The second is said by the runtime when both began at the same time.
fn is_name_taken(output: &Output) -> bool {
    let said = String::from_utf8_lossy(&output.stderr);
    said.contains("node(s) already exist for a cluster with the name") || said.contains("is already in use by")
}
