//! The bridge worker in a real cluster.

use std::net::IpAddr;
use std::path::{Path, PathBuf};

use jiff::Timestamp;
use stagegate_simulation::{Clock, Pace, Seed, Simulation};
use stagegate_worker::{Authorities, Config, ConfigError, REGISTRATION_DELAY};
use tokio::signal::unix::{SignalKind, signal};
use tokio_util::sync::CancellationToken;

use crate::declared::log;
use crate::{EntryError, Variables};

const PROGRAM: &str = "confighub-worker";

/// Where the kubelet puts the credentials of a Pod's service account.
const SERVICE_ACCOUNT: &str = "/var/run/secrets/kubernetes.io/serviceaccount";

/// The variable that says where such a folder is instead.
const SERVICE_ACCOUNT_VARIABLE: &str = "STAGEGATE_WORKLOAD_SERVICE_ACCOUNT";

/// The worker has no way to the cluster that it is in.
#[derive(Debug, thiserror::Error)]
enum InClusterError {
    #[error(
        "unable to load in-cluster configuration, KUBERNETES_SERVICE_HOST and KUBERNETES_SERVICE_PORT must be defined"
    )]
    NoService,
    #[error("{path}: {source}", path = .path.display())]
    Read { path: PathBuf, source: std::io::Error },
    #[error(transparent)]
    Config(#[from] ConfigError),
}

/// Runs the program that an image names; gives its exit status.
pub(crate) async fn run(program: &str, variables: &Variables) -> Result<i32, EntryError> {
    if program != PROGRAM {
        return Err(EntryError::Program(program.to_owned()));
    }
    let config = match in_cluster(variables) {
        Ok(config) => config,
        Err(error) => {
            // The real worker logs what is missing and ends with status 0 (recorded runs 1i, 1j).
            log(&error.to_string());
            return Ok(0);
        }
    };
    let clock = Clock::start(Timestamp::now(), Pace::Times(1.0));
    let simulation = Simulation::silent(clock, Seed::new(rand::random()));
    let config =
        Config { registration_delay: simulation.seed.duration("target registration", REGISTRATION_DELAY), ..config };
    let stop = CancellationToken::new();
    let mut sigterm = signal(SignalKind::terminate()).map_err(EntryError::Runtime)?;
    let told = stop.clone();
    tokio::spawn(async move {
        sigterm.recv().await;
        told.cancel();
    });
    let exit = stagegate_worker::run(simulation, config, log, stop).await;
    Ok(i32::from(exit.code()))
}

/// What every Pod knows of its cluster (`rest.InClusterConfig` of client-go).
fn in_cluster(variables: &Variables) -> Result<Config, InClusterError> {
    let set = |name: &str| variables.get(name).filter(|value| !value.is_empty()).ok_or(InClusterError::NoService);
    let (host, port) = (set("KUBERNETES_SERVICE_HOST")?, set("KUBERNETES_SERVICE_PORT")?);
    let host = match host.parse() {
        Ok(IpAddr::V6(address)) => format!("[{address}]"),
        _ => host.clone(),
    };
    let folder = variables.get(SERVICE_ACCOUNT_VARIABLE).map_or(SERVICE_ACCOUNT, String::as_str);
    let read = |name: &str| {
        let path = Path::new(folder).join(name);
        std::fs::read_to_string(&path).map_err(|source| InClusterError::Read { path, source })
    };
    let (token, authorities) = (read("token")?, read("ca.crt")?);
    let mut config = Config::from_env(variables, format!("https://{host}:{port}"), token.trim())?;
    config.kubernetes_authorities = Some(Authorities::from_pem(authorities.as_bytes())?);
    Ok(config)
}
