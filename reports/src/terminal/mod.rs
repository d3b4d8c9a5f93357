//! What the terminal shows: progress as it happens, diagnostics and the closing summary.
//!
//! Everything here returns text and prints nothing. Text of unknown origin is made printable first, so that a
//! script's output cannot drive the terminal.

mod comparison;
mod defects;
mod diagnostic;
mod findings;
mod injections;
mod paint;
mod progress;
mod skips;
mod summary;

pub use comparison::render_comparison;
pub use diagnostic::render_diagnostic;
pub use progress::Progress;
pub use summary::{ReportFile, render_summary};
