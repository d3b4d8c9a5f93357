//! `stagegate cluster`.

use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use jiff::Timestamp;
use stagegate_harness::environment::WorkerProgram;
use stagegate_kubernetes::{Catalogue, Cluster, ClusterError, Options, Program};
use stagegate_simulation::{Clock, Pace, Seed, Simulation};

use crate::catalogue;
use crate::cli::ClusterArgs;
use crate::error::CliError;
use crate::exports::write_private;
use crate::output::to_stdout;
use crate::signals;

const DEFAULT_SEED: u64 = 1;

/// The line by which a kubeconfig of ours is known, so that nobody's own is overwritten.
const OURS: &str = "current-context: stagegate";

/// Serves the emulator until a signal ends it.
pub(crate) fn run(arguments: &ClusterArgs) -> Result<u8, CliError> {
    let pace = speed(arguments.speed.as_deref())?;
    let catalogue = images(arguments.catalogue.as_deref())?;
    let images: Vec<String> = catalogue.images.iter().map(|image| image.name.clone()).collect();
    let kubeconfig = Kubeconfig::new(arguments.kubeconfig.clone())?;
    // One thread, as the emulator's clock wants it.
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(|source| CliError::System { what: "cannot start the runtime", source })?;
    let seed = arguments.seed.unwrap_or(DEFAULT_SEED);
    let simulation = move || {
        let clock = Clock::start(Timestamp::now(), Pace::Times(pace));
        Simulation::silent(clock, Seed::new(seed))
    };
    let port = arguments.port.unwrap_or(0);
    let outcome: Result<u8, CliError> = runtime.block_on(async {
        let simulation = simulation();
        let worker: Arc<dyn Program> = Arc::new(WorkerProgram { simulation: simulation.clone() });
        let options = Options { port, catalogue, programs: vec![worker], ..Options::default() };
        let cluster = Cluster::start(simulation, options).await.map_err(not_started)?;
        kubeconfig.write(&cluster.kubeconfig(cluster.token()))?;
        // Who has read how to begin may end the cluster at once.
        let interrupted = signals::first();
        to_stdout(&beginning(&cluster, &kubeconfig.path, &images, (seed, pace)));
        let interruption = interrupted.await;
        signals::force_on_second();
        to_stdout(&format!("ended by {}\n", interruption.name()));
        Ok(interruption.status())
    });
    drop(runtime);
    let removed = kubeconfig.remove();
    let status = outcome?;
    removed.map(|()| status)
}

fn not_started(error: ClusterError) -> CliError {
    match error {
        ClusterError::Serve(error) => CliError::Serve(error),
        error @ ClusterError::Certificates(_) => {
            CliError::System { what: "cannot start the cluster", source: io::Error::other(error) }
        }
    }
}

fn speed(given: Option<&str>) -> Result<f64, CliError> {
    let Some(text) = given else { return Ok(1.0) };
    let refuse = || CliError::Value {
        option: "--speed".to_owned(),
        value: text.to_owned(),
        reason: "it is a number above 0, such as 10 for ten seconds in one".to_owned(),
    };
    text.parse().ok().filter(|speed: &f64| speed.is_finite() && *speed > 0.0).ok_or_else(refuse)
}

/// The built-in images, and those of a file that was named.
fn images(file: Option<&Path>) -> Result<Catalogue, CliError> {
    let built_in = Catalogue::built_in().map_err(|error| CliError::System {
        what: "cannot read the built-in images",
        source: io::Error::other(error),
    })?;
    Ok(built_in.with(file.map(catalogue::read).transpose()?.unwrap_or_default()))
}

/// Where the kubeconfig goes.
struct Kubeconfig {
    path: PathBuf,
    /// The folder it is in, when it was made for it and goes with this.
    folder: Option<tempfile::TempDir>,
}

impl Kubeconfig {
    fn new(named: Option<PathBuf>) -> Result<Self, CliError> {
        let Some(path) = named else {
            let folder = tempfile::Builder::new()
                .prefix("stagegate-cluster-")
                .tempdir()
                .map_err(|source| CliError::System { what: "cannot make a temporary folder", source })?;
            let path = folder.path().join("kubeconfig");
            return Ok(Self { path, folder: Some(folder) });
        };
        match std::fs::read_to_string(&path) {
            Ok(text) if !text.is_empty() && !text.lines().any(|line| line == OURS) => Err(CliError::Path {
                what: "the kubeconfig",
                path,
                problem: "is there already and is not one that this command wrote",
                help: "name a file that is not there yet",
            }),
            _ => {
                let absolute = std::path::absolute(&path).map_err(|source| CliError::Write { path, source })?;
                Ok(Self { path: absolute, folder: None })
            }
        }
    }

    /// Removes the folder that was made for it.
    fn remove(self) -> Result<(), CliError> {
        let path = self.path;
        self.folder.map_or(Ok(()), |folder| folder.close().map_err(|source| CliError::Write { path, source }))
    }

    /// It holds a token, so only its owner may read it.
    fn write(&self, text: &str) -> Result<(), CliError> {
        write_private(&self.path, text).map_err(|source| CliError::Write { path: self.path.clone(), source })
    }
}

/// What people see.
fn beginning(cluster: &Cluster, kubeconfig: &Path, images: &[String], (seed, pace): (u64, f64)) -> String {
    let url = cluster.url().replacen("http://", "https://", 1);
    let faster = if (pace - 1.0).abs() < f64::EPSILON { String::new() } else { format!(", {pace} times as fast") };
    let path = kubeconfig.display().to_string().replace('\'', r"'\''");
    format!(
        "Kubernetes 1.34 emulator at {url}, seed {seed}{faster}\n\nIn another terminal:\n  export KUBECONFIG='{path}'\n\n\
         Then, for a beginning:\n  kubectl get nodes\n  kubectl auth can-i --list\n\nIts node can pull these images, and others not \
         (--catalogue adds some):\n  {}\n\nCtrl-C ends the cluster.\n",
        images.join("\n  ")
    )
}
