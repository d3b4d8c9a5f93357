//! A run as reports show it: its journal folded by scenario and step.

mod activity;
mod attempt;
mod defect;
mod fold;
mod outcome;
mod run;
mod scenario;

pub use activity::{Activity, AttachmentReport, CommandReport, EffectReport, ExchangeReport, InjectionReport};
pub(crate) use attempt::milliseconds;
pub use defect::Defect;
pub(crate) use fold::finding_report;
pub use fold::{Fold, NotABeginning};
pub(crate) use outcome::AttemptOutcome;
pub use run::{Counts, FindingReport, RUN_FORMAT, Run, RunEnd, StepCounts};
pub use scenario::{AttemptReport, EnvironmentReport, ScenarioReport, Skip, StepReport};
