//! The hub's emulator in a container, for the lane that has it there.

use stagegate_container::{HubContainer, Names};
use stagegate_reports::ClusterLane;
use stagegate_reports::diagnostic::chain;
use stagegate_reports::journal::Event;

use super::EnvironmentError;
use crate::journal::Journal;
use crate::run::Settings;

/// The variable by which kind's nodes are put on another network than the one of its name.
const NETWORK_VARIABLE: &str = "KIND_EXPERIMENTAL_DOCKER_NETWORK";

/// Starts it: on the network of Kind's nodes where there are some, so that Pods reach it by its name.
pub(super) async fn start(
    settings: &Settings,
    run_id: &str,
    journal: &Journal,
) -> Result<HubContainer, EnvironmentError> {
    let network = (settings.lane.cluster == ClusterLane::Kind)
        .then(|| std::env::var(NETWORK_VARIABLE).unwrap_or_else(|_| "kind".to_owned()));
    let on = network.as_deref().map_or_else(String::new, |network| format!(" on the network {network}"));
    let name = Names::of_run(run_id).container;
    journal.write(Event::Preparing { what: format!("starting the hub in the container {name}{on}") });
    Ok(HubContainer::start(&settings.executable, run_id, network.as_deref()).await?)
}

/// Whether it failed before anything was made.
pub(super) fn made_nothing(error: &EnvironmentError) -> bool {
    use stagegate_container::ContainerError;
    matches!(
        error,
        EnvironmentError::HubContainer(
            ContainerError::Client(_) | ContainerError::Silent(_) | ContainerError::Image(_)
        )
    )
}

/// Removes what there is of it; gives what would not go.
pub(super) async fn remove(run_id: &str) -> Option<String> {
    stagegate_container::remove(&Names::of_run(run_id)).await.err().map(|error| chain(&error))
}
