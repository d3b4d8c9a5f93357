//! Running a tutorial's own command lines so that nothing they do stays hidden.
//!
//! A [`Workspace`] is a copy of a tutorial's checkout with a home, a folder for temporary files and
//! a first PATH folder of shims of its own. [`Workspace::run`] runs one command line in it: bash
//! writes a trace of what it executes, each shim tells the harness what it was asked and what came
//! of it, and the environment's clock runs at the given speed meanwhile.

mod answer;
mod checkout;
mod clock_tool;
mod control;
mod descendants;
mod excerpt;
mod exposed;
mod group;
mod kind_tool;
mod limits;
mod own_tmp;
mod own_trace;
mod prompt;
mod protocol;
mod rewriting;
mod running;
mod search_path;
mod sh_places;
mod sh_prints;
mod sh_record;
mod sh_statuses;
pub mod shim;
mod supervised;
mod supervisor;
mod tempo;
mod temporary;
mod terminal;
mod trace;
mod trace_exit;
mod trace_file;
mod trace_location;
mod trace_past;
mod trace_status;
mod trace_steps;
mod workspace;

pub use checkout::{Checkout, CheckoutError, CopyError};
pub use group::LeftRunning;
pub use kind_tool::KindCluster;
pub use limits::{Exceeded, Limits};
pub use prompt::Answers;
pub use protocol::CONTROL_VARIABLE;
pub use rewriting::Redirected;
pub use running::{Ended, Outcome, Ran, RunError, RunOptions};
pub(crate) use trace_steps::LEFT;
pub use workspace::{Cub, Setup, SetupError, Texts, Workspace};
