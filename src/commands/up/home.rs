//! The home folder in which clients find hub and cluster.

use std::io;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};

use stagegate_confighub::{Session, SessionFile};
use stagegate_harness::environment::Environment;
use stagegate_harness::run::find_program;
use stagegate_reports::{ClusterLane, HubLane, Lane};

use crate::commands::cub;
use crate::error::CliError;
use crate::exports::{exports, quoted, write_private};

const ENVIRONMENT: &str = "stagegate.env";
const KUBECONFIG: &str = "kubeconfig";
/// The folder for PATH.
const BIN: &str = "bin";

/// The folder.
pub(super) struct Home {
    path: PathBuf,
    /// It is the user's own.
    named: bool,
    /// The files of the login, from here.
    written: Vec<String>,
    /// It has a stand-in for the client, as this machine has none.
    stand_in: bool,
}

impl Home {
    /// The folder that was named, else one inside of `folder`. It is not made yet.
    pub(super) fn new(named: Option<&Path>, folder: &Path) -> Self {
        let path = named.map_or_else(|| folder.join("home"), Path::to_owned);
        Self { path, named: named.is_some(), written: Vec::new(), stand_in: find_program(cub::NAME).is_none() }
    }

    /// Writes the login, the kubeconfig, and the variables where a shell can read them in; the stand-in for the client
    /// where there is none.
    pub(super) fn fill(&mut self, environment: &Environment) -> Result<(), CliError> {
        let path = self.path.clone();
        let fail = |source| CliError::Write { path: path.clone(), source };
        std::fs::create_dir_all(&self.path).map_err(fail)?;
        if std::fs::read_dir(&self.path).map_err(fail)?.next().is_some() {
            return Err(CliError::Path {
                what: "the home folder",
                path: self.path.clone(),
                problem: "is not empty",
                help: "name a folder that is empty or not there: login and kubeconfig are written into it and removed at the end",
            });
        }
        self.path = self.path.canonicalize().map_err(fail)?;
        self.written = environment.hub().session.iter().map(|(path, _)| path.clone()).collect();
        let files = environment.hub().session.iter();
        let files = files.map(|(path, text)| SessionFile { path: path.clone(), text: text.clone() }).collect();
        Session { files }.write(&self.path).map_err(fail)?;
        if self.stand_in {
            let bin = self.path.join(BIN);
            std::fs::create_dir(&bin).map_err(fail)?;
            let executable = std::env::current_exe().map_err(fail)?;
            symlink(executable, bin.join(cub::NAME)).map_err(fail)?;
            self.written.push(format!("{BIN}/{}", cub::NAME));
        }
        let kubeconfig = environment.kubeconfig(&environment.cluster().token);
        write_private(&self.path.join(KUBECONFIG), &kubeconfig).map_err(fail)?;
        write_private(&self.path.join(ENVIRONMENT), &self.exports(&environment.hub().url, "")).map_err(fail)
    }

    /// What people see first.
    pub(super) fn beginning(&self, environment: &Environment, lane: &Lane) -> String {
        let hub = match &lane.hub {
            HubLane::Embedded => "ConfigHub emulator".to_owned(),
            HubLane::Container => "Tap before the ConfigHub emulator in a container".to_owned(),
            HubLane::Url(url) => format!("Tap before {url}"),
        };
        let cluster = match &lane.cluster {
            ClusterLane::Embedded => "Kubernetes emulator".to_owned(),
            ClusterLane::Kind => "Tap before a Kind cluster".to_owned(),
            ClusterLane::Kubeconfig(context) => format!("Tap before the cluster of context {context}"),
        };
        let client = if self.stand_in { "There is no `cub` on PATH: this one is a stand-in.\n\n" } else { "" };
        let url = &environment.hub().url;
        format!(
            "{hub} at {url}\n{cluster} at {}\n\nIn another terminal:\n{}or: . {}\n\n{client}Then, for a beginning:\n  cub space \
             list\n  kubectl get nodes\n\nChanges, as they happen; Ctrl-C here or `stagegate down` ends it:\n",
            environment.cluster().url,
            self.exports(url, "  "),
            quoted(&self.path.join(ENVIRONMENT)),
        )
    }

    fn exports(&self, hub: &str, indent: &str) -> String {
        let port = hub.rsplit_once(':').map_or("", |(_, port)| port);
        let mut variables = vec![
            ("HOME", quoted(&self.path)),
            ("KUBECONFIG", quoted(&self.path.join(KUBECONFIG))),
            ("CUB_CONFIG", quoted(&self.path.join(".confighub/config.yaml"))),
            ("CONFIGHUB_URL", hub.to_owned()),
            ("CONFIGHUB_WORKER_PORT", port.to_owned()),
        ];
        if self.stand_in {
            variables.push(("PATH", format!("{}:$PATH", quoted(&self.path.join(BIN)))));
        }
        exports(&variables, indent)
    }

    /// Removes what was written: in a folder that was named, what opens hub and cluster.
    pub(super) fn remove(self) -> Result<(), CliError> {
        if !self.named {
            return Ok(());
        }
        let login = self.written.iter().map(String::as_str);
        for name in login.chain([KUBECONFIG, ENVIRONMENT]) {
            let path = self.path.join(name);
            match std::fs::remove_file(&path) {
                Err(source) if source.kind() != io::ErrorKind::NotFound => {
                    return Err(CliError::Write { path, source });
                }
                _ => {}
            }
        }
        if self.stand_in {
            // What somebody has put there stays, and so the folder.
            let _not_empty = std::fs::remove_dir(self.path.join(BIN));
        }
        Ok(())
    }
}
