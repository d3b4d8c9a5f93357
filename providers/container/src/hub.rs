//! The container.

use std::collections::HashMap;
use std::path::Path;
use std::time::Duration;

use serde_json::Value;
use stagegate_images::Archive;
use testcontainers::bollard::models::PortBinding;
use testcontainers::core::{IntoContainerPort as _, WaitFor};
use testcontainers::runners::AsyncRunner as _;
use testcontainers::{ContainerAsync, GenericImage, ImageExt as _};

use crate::docker;
use crate::error::ContainerError;
use crate::names::{Names, REPOSITORY, RUN_LABEL};

/// The hub's port inside.
const PORT: u16 = 8080;
/// The client's home inside.
const HOME: &str = "/hub";
/// What the hub says once it listens; it never prints a token.
const READY: &str = "ConfigHub emulator at ";
/// How long it may take until then.
const STARTING: Duration = Duration::from_secs(60);

/// A hub that answers, until [`remove`](crate::remove) is called.
#[derive(Clone)]
pub struct HubContainer {
    names: Names,
    url: String,
    token: String,
}

impl HubContainer {
    /// Starts a hub from this executable for a run, on a network that is there, else on Docker's own.
    ///
    /// # Errors
    ///
    /// When Docker cannot be used or the hub does not come up; nothing is left then.
    pub async fn start(executable: &Path, run_id: &str, network: Option<&str>) -> Result<Self, ContainerError> {
        let names = Names::of_run(run_id);
        let started = Self::launch(executable, run_id, (&names, network)).await;
        if started.is_err() {
            // That it failed says more than that something could not be removed.
            let _left = docker::remove(&names).await;
        }
        started
    }

    async fn launch(
        executable: &Path,
        run_id: &str,
        (names, network): (&Names, Option<&str>),
    ) -> Result<Self, ContainerError> {
        let docker = docker::client().await?;
        let port = PORT.to_string();
        let arguments = ["hub", "--address", "0.0.0.0", "--port", &port, "--home", HOME, "--quiet"];
        let (executable, name) = (executable.to_owned(), names.image());
        let labels = [(RUN_LABEL.to_owned(), run_id.to_owned())];
        // Hashing an executable takes a while.
        let archive = Archive::new(&executable, &name, &arguments, labels)?;
        docker::load(&docker, archive).await?;
        let image = GenericImage::new(REPOSITORY, &names.tag)
            .with_wait_for(WaitFor::message_on_stdout(READY))
            .with_exposed_port(PORT.tcp());
        let mut request = image
            .with_container_name(&names.container)
            .with_label(RUN_LABEL, run_id)
            // What the token is made from must not be known to others on the network.
            .with_env_var("STAGEGATE_SEED", seed())
            .with_startup_timeout(STARTING)
            .with_host_config_modifier(|host| {
                let loopback = PortBinding { host_ip: Some("127.0.0.1".to_owned()), host_port: None };
                host.publish_all_ports = Some(false);
                host.port_bindings = Some(HashMap::from([(format!("{PORT}/tcp"), Some(vec![loopback]))]));
            });
        if let Some(network) = network {
            request = request.with_network(network);
        }
        let container = request.start().await.map_err(ContainerError::Start)?;
        let port = container.get_host_port_ipv4(PORT.tcp()).await.map_err(ContainerError::Start)?;
        let token = token(&container).await?;
        // Dropping the handle would remove the container, wherever that is; it goes by its name, like after a kill.
        std::mem::forget(container);
        Ok(Self { names: names.clone(), url: format!("http://127.0.0.1:{port}"), token })
    }

    /// Its URL on this machine.
    pub fn url(&self) -> &str {
        &self.url
    }

    /// Its URL for what is on the same network.
    pub fn url_by_name(&self) -> String {
        format!("http://{}:{PORT}", self.names.container)
    }

    /// The bearer token of its session.
    pub fn token(&self) -> &str {
        &self.token
    }

    /// Its name.
    pub fn name(&self) -> &str {
        &self.names.container
    }
}

/// Half of a UUID that nobody can guess.
fn seed() -> String {
    uuid::Uuid::new_v4().as_u64_pair().0.to_string()
}

/// The token, by Docker's API: no process shows it, and no log.
async fn token(container: &ContainerAsync<GenericImage>) -> Result<String, ContainerError> {
    let path = format!("{HOME}/.confighub/session.json");
    let read = container.copy_file_from(path, Vec::new()).await;
    let text = read.map_err(|error| ContainerError::Session(error.to_string()))?;
    let session: Value = serde_json::from_slice(&text).map_err(|error| ContainerError::Session(error.to_string()))?;
    let token = session["access_token"].as_str().map(str::to_owned);
    token.ok_or_else(|| ContainerError::Session("it has no access_token".to_owned()))
}
