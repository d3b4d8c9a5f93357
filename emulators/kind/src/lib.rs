//! A stand-in for `kind` 0.30, the command line client that makes Kubernetes clusters of containers.
//!
//! It makes none: a scenario has one cluster, and a script that makes its own gets that one under the name and context
//! that kind would give it. What it prints, and where, is kind's. What would need another cluster, or another kind of
//! it, exits with status 70 and says so.

mod clusters;
mod command_line;
mod config;
mod create;
mod failure;
mod kubeconfig;
mod other;

use std::collections::BTreeMap;
use std::io::Read;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use crate::clusters::Clusters;
use crate::command_line::{Command, CommandLine};
use crate::failure::Failure;

/// The name of a cluster that is given none.
const DEFAULT_NAME: &str = "kind";

/// A command line with its surroundings.
#[derive(Debug, Clone, Default)]
pub struct Invocation {
    /// The arguments, without the program's name.
    pub args: Vec<String>,
    /// The environment. Read are `KUBECONFIG`, `HOME` and `KIND_CLUSTER_NAME`.
    pub env: BTreeMap<String, String>,
    /// The working directory.
    pub cwd: PathBuf,
}

/// What there is in place of Docker and its containers.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Machine {
    /// The file that keeps which clusters were made.
    pub clusters: PathBuf,
    /// A kubeconfig for the cluster that stands in.
    pub kubeconfig: String,
    /// The names of its nodes, where they are known.
    pub nodes: Option<Vec<String>>,
    /// Its version, such as `v1.34.1`, where it is known.
    pub version: Option<String>,
    /// Those of the arguments that are no image which its nodes could run, where that is known.
    pub absent: Option<Vec<String>>,
}

/// How a command line ended.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Ended {
    /// The exit status.
    pub status: u8,
    /// What it wrote to standard output.
    pub stdout: String,
    /// What it wrote to standard error: all that kind says besides what was asked for.
    pub stderr: String,
}

/// One call.
struct Call<'a> {
    invocation: &'a Invocation,
    machine: &'a Machine,
    stdin: &'a mut dyn Read,
    stdout: String,
    stderr: String,
}

/// Carries out a command line.
pub fn run(invocation: &Invocation, machine: &Machine, stdin: &mut dyn Read) -> Ended {
    let mut call = Call { invocation, machine, stdin, stdout: String::new(), stderr: String::new() };
    let line = CommandLine::parse(&invocation.args);
    let quiet = line.as_ref().is_ok_and(|line| line.has("quiet"));
    let failure = line.and_then(|line| call.carry_out(&line)).err();
    let status = failure.as_ref().map_or(0, Failure::exit_status);
    if quiet && !matches!(failure, Some(Failure::NotSupported(_))) {
        call.stderr.clear();
    } else if let Some(failure) = &failure {
        call.say(&failure.to_string());
    }
    Ended { status, stdout: call.stdout, stderr: call.stderr }
}

impl Call<'_> {
    fn carry_out(&mut self, line: &CommandLine) -> Result<(), Failure> {
        match line.command {
            Command::CreateCluster => self.create(line),
            Command::DeleteCluster => self.delete(line),
            Command::DeleteClusters => self.delete_several(line),
            Command::GetClusters => self.get_clusters(),
            Command::GetNodes => self.get_nodes(line),
            Command::GetKubeconfig => self.get_kubeconfig(line),
            Command::ExportKubeconfig => self.export_kubeconfig(line),
            Command::LoadDockerImage => self.load(line),
            Command::Version => {
                self.print("kind v0.30.0 stagegate linux/amd64");
                Ok(())
            }
            Command::VersionFlag => {
                self.print("kind version 0.30.0");
                Ok(())
            }
        }
    }

    fn print(&mut self, line: &str) {
        self.stdout.push_str(line);
        self.stdout.push('\n');
    }

    /// As kind logs: to standard error.
    fn say(&mut self, line: &str) {
        self.stderr.push_str(line);
        self.stderr.push('\n');
    }

    fn clusters(&self) -> Result<Clusters, Failure> {
        Clusters::read(&self.machine.clusters)
    }

    /// The name that flag or variable give.
    fn given_name<'s>(&'s self, line: &'s CommandLine) -> Option<&'s str> {
        let variable = || self.invocation.env.get("KIND_CLUSTER_NAME").filter(|name| !name.is_empty());
        line.value("name").or_else(|| variable().map(String::as_str))
    }

    /// The name that is given, or kind's own.
    fn name(&self, line: &CommandLine) -> String {
        self.given_name(line).unwrap_or(DEFAULT_NAME).to_owned()
    }

    fn path(&self, path: &str) -> PathBuf {
        self.invocation.cwd.join(Path::new(path))
    }
}
