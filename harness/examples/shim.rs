//! The executable behind the shims of the script lane's tests; what `stagegate` is outside of them.

use std::path::Path;
use std::process::ExitCode;

fn main() -> ExitCode {
    let mut words = std::env::args_os();
    let called = words.next().unwrap_or_default();
    let name = Path::new(&called).file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
    stagegate_harness::script::shim::main(&name, words.collect())
}
