//! The worker's image, as an emulated cluster runs it.

use futures::FutureExt as _;
use futures::future::BoxFuture;
use stagegate_kubernetes::{Container, Program};
use stagegate_simulation::Simulation;

/// The worker's image: it does what the real one does, in this process.
pub struct WorkerProgram {
    /// Whose clock and seed it goes by.
    pub simulation: Simulation,
}

impl Program for WorkerProgram {
    fn name(&self) -> &'static str {
        "confighub-worker"
    }

    fn run(&self, container: Container) -> BoxFuture<'static, i32> {
        let simulation = self.simulation.clone();
        async move {
            let log = container.log.clone();
            let read = stagegate_worker::Config::from_env(&container.env, &container.api_url, &container.api_token);
            let mut config = match read {
                Ok(config) => config,
                Err(error) => {
                    // The real worker logs what is missing and ends with status 0 (recorded runs 1i, 1j).
                    log.write_line(&error.to_string());
                    return 0;
                }
            };
            config.registration_delay =
                simulation.seed.duration("target registration", stagegate_worker::REGISTRATION_DELAY);
            let exit =
                stagegate_worker::run(simulation, config, move |line| log.write_line(line), container.stop).await;
            i32::from(exit.code())
        }
        .boxed()
    }
}
