//! What is going on now, on one line of a terminal; nothing where there is none.

use std::collections::BTreeMap;
use std::time::Duration;

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use stagegate_reports::journal::{Event, PlannedScenario, Record};

const TICK: Duration = Duration::from_millis(120);

/// The line that shows how far the run is and which step it is in.
pub(super) struct Live {
    bar: ProgressBar,
    planned: BTreeMap<usize, PlannedScenario>,
    /// The step each running scenario is in.
    running: BTreeMap<usize, String>,
    done: usize,
}

impl Live {
    /// A line on standard error when `terminal`, else nothing.
    pub(super) fn new(terminal: bool) -> Self {
        let target = if terminal { ProgressDrawTarget::stderr() } else { ProgressDrawTarget::hidden() };
        let bar = ProgressBar::with_draw_target(None, target);
        if let Ok(style) = ProgressStyle::with_template("{spinner} {elapsed:>4}  {wide_msg}") {
            bar.set_style(style);
        }
        if terminal {
            bar.enable_steady_tick(TICK);
        }
        Self { bar, planned: BTreeMap::new(), running: BTreeMap::new(), done: 0 }
    }

    /// Takes the next record in.
    pub(super) fn apply(&mut self, record: &Record) {
        let Some(number) = record.scenario else { return };
        match &record.event {
            Event::ScenarioPlanned(planned) => {
                self.planned.insert(number, planned.clone());
            }
            Event::ScenarioStarted => {
                self.running.insert(number, String::new());
            }
            Event::StepStarted => {
                let steps = self.planned.get(&number).map(|planned| planned.steps.as_slice()).unwrap_or_default();
                if let Some(step) = record.step.and_then(|index| steps.get(index)) {
                    self.running.insert(number, format!("{} {}", step.keyword, step.text));
                }
            }
            Event::ScenarioFinished => {
                self.running.remove(&number);
                self.done += 1;
            }
            _ => return,
        }
        if !self.bar.is_hidden() {
            self.bar.set_message(self.line());
        }
    }

    fn line(&self) -> String {
        let now = self.running.iter().next().map(|(number, step)| {
            let name = self.planned.get(number).map(|planned| planned.name.as_str()).unwrap_or_default();
            format!("{name}: {step}")
        });
        format!("{}/{} done  {}", self.done, self.planned.len(), now.unwrap_or_default())
    }

    /// Runs `print` with the line out of the way.
    pub(super) fn suspend(&self, print: impl FnOnce()) {
        self.bar.suspend(print);
    }

    /// Removes the line.
    pub(super) fn end(&self) {
        self.bar.finish_and_clear();
    }
}
