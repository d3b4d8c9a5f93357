//! `stagegate list`.

use stagegate_harness::features::{Plan, Selector};
use stagegate_harness::run::Capabilities;

use crate::cli::ListArgs;
use crate::config::Config;
use crate::error::CliError;
use crate::output::to_stdout;

/// Prints the scenarios that would run: place, name, tags.
pub(crate) fn run(ListArgs { selection, tutorial }: &ListArgs, config: &Config) -> Result<u8, CliError> {
    let (features, tags, name) = config.selection();
    let paths = if selection.paths.is_empty() { features } else { selection.paths.clone() };
    let checkout = |path| crate::options::tutorial(path, paths.is_empty());
    let tutorial = tutorial.as_deref().or(config.tutorial()).map(checkout).transpose()?.is_some();
    let (tags, name) = (selection.tags.clone().or(tags), selection.name.clone().or(name));
    let vocabulary = stagegate_steps::vocabulary()?;
    let selector = Selector::new(tags.as_deref(), name.as_deref())?;
    let plan = Plan::new(&crate::features::sources(&paths)?, &selector, &vocabulary)?;
    to_stdout(&listing(&plan, &Capabilities::detect(tutorial)));
    Ok(0)
}

/// A line a scenario, whether it would be skipped, and their number.
pub(crate) fn listing(plan: &Plan, capabilities: &Capabilities) -> String {
    let mut text = String::new();
    for scenario in &plan.scenarios {
        text.push_str(&format!("{}:{}  {}\n", scenario.feature, scenario.line, scenario.name));
        if !scenario.tags.is_empty() {
            text.push_str(&format!("    {}\n", scenario.tags.join(" ")));
        }
        if let Some(missing) = capabilities.missing(&scenario.tags) {
            text.push_str(&format!("    would be skipped: {}\n", missing.reason));
        }
    }
    let noun = if plan.scenarios.len() == 1 { "scenario" } else { "scenarios" };
    text.push_str(&format!("\n{} {noun}\n", plan.scenarios.len()));
    text
}
