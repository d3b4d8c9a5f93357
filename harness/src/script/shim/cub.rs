//! Being the ConfigHub client that is compiled in.

use std::ffi::OsString;

use stagegate_reports::journal::Output;

use super::super::protocol::{End, Report};
use super::signals::Signals;

/// The status of what is known but not supported.
const NOT_SUPPORTED: i32 = 70;

pub(super) async fn run(
    _arguments: &[OsString],
    _environment: Vec<(String, String)>,
    _number: u64,
    _signals: &mut Signals,
) -> Report {
    let text = "stagegate cub: the built-in client is not supported yet\n".to_owned();
    let stderr = Output { bytes: text.len() as u64, text, truncated: false };
    Report { end: End::Status(NOT_SUPPORTED), stdout: Output::default(), stderr }
}
