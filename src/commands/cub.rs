//! The stand-in for the ConfigHub client by its own name, for people who follow a tutorial by hand beside `up`.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::io::{stderr, stdin, stdout};

use stagegate_cub::{Invocation, Streams};

/// The name of the client.
pub(crate) const NAME: &str = "cub";

/// The exit status when there is nothing that it could run on.
const FAILED: i32 = 1;

/// Runs the client with this process's environment and streams; gives its exit status.
pub(crate) fn run(arguments: Vec<OsString>) -> i32 {
    let text = |word: OsString| word.to_string_lossy().into_owned();
    let args = arguments.into_iter().map(text).collect();
    let env: BTreeMap<String, String> = std::env::vars_os().map(|(name, value)| (text(name), text(value))).collect();
    let invocation = Invocation { args, env, cwd: std::env::current_dir().unwrap_or_default() };
    let Ok(runtime) = tokio::runtime::Builder::new_current_thread().enable_all().build() else { return FAILED };
    let (mut stdin, mut stdout, mut stderr) = (stdin(), stdout(), stderr());
    let streams = Streams { stdin: &mut stdin, stdout: &mut stdout, stderr: &mut stderr };
    i32::from(runtime.block_on(stagegate_cub::run(invocation, streams)))
}
