//! What a run's container and image are called.

/// The label that says whose they are.
pub const RUN_LABEL: &str = "io.stagegate.run";

/// The repository of images.
pub(crate) const REPOSITORY: &str = "stagegate/hub";

/// The names that belong to a run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Names {
    /// The container's, by which others on its network reach it.
    pub container: String,
    /// The image's tag.
    pub(crate) tag: String,
}

impl Names {
    /// Those of the run with this id.
    pub fn of_run(run_id: &str) -> Self {
        let tag = run_id.split('-').next().unwrap_or(run_id).to_owned();
        Self { container: format!("stagegate-hub-{tag}"), tag }
    }

    /// The image's whole name.
    pub fn image(&self) -> String {
        format!("{REPOSITORY}:{}", self.tag)
    }
}
