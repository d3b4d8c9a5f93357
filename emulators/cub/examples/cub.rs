//! The stand-in client as a program of its own.

use std::process::ExitCode;

use stagegate_cub::{Invocation, Streams};

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    let invocation = Invocation {
        args: std::env::args().skip(1).collect(),
        env: std::env::vars().collect(),
        cwd: std::env::current_dir().unwrap_or_default(),
    };
    let streams =
        Streams { stdin: &mut std::io::stdin(), stdout: &mut std::io::stdout(), stderr: &mut std::io::stderr() };
    ExitCode::from(stagegate_cub::run(invocation, streams).await)
}
