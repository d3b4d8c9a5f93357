//! Reading shell scripts: which command stands at a line, and what becomes of its exit status there.
//!
//! The trace says what ran and which options were on; the text says what the script does with the
//! status. [`Script::fate`] puts both together.

mod block;
mod calls;
mod checks;
mod consequence;
mod expansions;
mod fate;
mod input;
mod locate;
mod newlines;
mod output;
mod polls;
mod prints;
mod questions;
mod script;
mod simple_commands;
mod substitution;
mod surroundings;
mod texts;
mod tools;
mod variables;
mod words;

pub(crate) use block::leaves;
pub use checks::Check;
pub use fate::{Caller, Options};
pub(crate) use fate::{EXPECTED, LEAVING, TESTED};
pub use input::Input;
pub(crate) use input::TERMINAL;
pub use locate::Site;
pub use output::ThrownAway;
pub use polls::Poll;
pub use prints::Print;
pub use questions::Question;
pub use script::Script;
pub use simple_commands::SimpleCommand;
pub use surroundings::PipePart;
pub use tools::ToolCall;
