//! Where a session takes place: a hub, a cluster and a home folder that is logged in.

use std::path::Path;
use std::process::Command;
use std::sync::Arc;
use std::time::Duration;

use futures::FutureExt as _;
use futures::future::BoxFuture;
use jiff::Timestamp;
use stagegate_confighub::Hub;
use stagegate_kubernetes::{Catalogue, Cluster, Container, Program};
use stagegate_simulation::{Clock, Pace, Seed, Simulation};
use tempfile::TempDir;
use tokio::runtime::Runtime;

/// An environment of its own for one session, at the pace of the wall: the client is a process.
pub(crate) struct Environment {
    hub: Hub,
    folder: TempDir,
    path: String,
    _cluster: Cluster,
    _runtime: Runtime,
}

impl Environment {
    /// With the people of `users`, a file as `stagegate hub --users` takes it, or the one user there is by default.
    pub(crate) fn start(client: &Path, users: Option<&Path>) -> Self {
        let directory = users.map(|path| serde_saphyr::from_str(&std::fs::read_to_string(path).unwrap()).unwrap());
        let options = stagegate_confighub::Options {
            directory: directory.unwrap_or_default(),
            ..stagegate_confighub::Options::default()
        };
        let runtime = Runtime::new().unwrap();
        let (hub, cluster) = runtime.block_on(async {
            let clock = Clock::start(Timestamp::now(), Pace::Times(1.0));
            let simulation = Simulation::silent(clock, Seed::new(1));
            let hub = Hub::start(simulation.clone(), options).await.unwrap();
            let worker: Arc<dyn Program> = Arc::new(Worker { simulation: simulation.clone() });
            let options = stagegate_kubernetes::Options {
                catalogue: Catalogue::built_in().unwrap(),
                programs: vec![worker],
                ..stagegate_kubernetes::Options::default()
            };
            (hub, Cluster::start(simulation, options).await.unwrap())
        });
        let folder = tempfile::tempdir().unwrap();
        hub.session().write(folder.path()).unwrap();
        std::fs::write(folder.path().join("kubeconfig"), cluster.kubeconfig(cluster.token())).unwrap();
        let bin = folder.path().join("bin");
        std::fs::create_dir(&bin).unwrap();
        std::os::unix::fs::symlink(client.canonicalize().unwrap(), bin.join("cub")).unwrap();
        let path = format!("{}:{}", bin.display(), std::env::var("PATH").unwrap_or_default());
        Self { hub, folder, path, _cluster: cluster, _runtime: runtime }
    }

    /// A command line of a session, ready to run where the manifests are.
    pub(crate) fn command(&self, line: &str) -> Command {
        let mut command = Command::new("bash");
        command
            .args(["-c", line])
            .current_dir(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/real_client/manifests"))
            .env_clear()
            .env("PATH", &self.path)
            .env("HOME", self.folder.path())
            .env("TMPDIR", self.folder.path())
            .env("KUBECONFIG", self.folder.path().join("kubeconfig"))
            .env("CONFIGHUB_URL", self.hub.url())
            .env("CONFIGHUB_WORKER_PORT", self.hub.port().to_string())
            .env("STAGEGATE_CUB_CONTRACT", "2025-08")
            .stdin(std::process::Stdio::null());
        command
    }

    pub(crate) fn folder(&self) -> &Path {
        self.folder.path()
    }
}

/// The worker's image, as the cluster runs it.
struct Worker {
    simulation: Simulation,
}

impl Program for Worker {
    fn name(&self) -> &'static str {
        "confighub-worker"
    }

    fn run(&self, container: Container) -> BoxFuture<'static, i32> {
        let simulation = self.simulation.clone();
        async move {
            let mut config =
                stagegate_worker::Config::from_env(&container.env, &container.api_url, &container.api_token).unwrap();
            config.registration_delay = Duration::ZERO;
            i32::from(stagegate_worker::run(simulation, config, |_| {}, container.stop).await.code())
        }
        .boxed()
    }
}
