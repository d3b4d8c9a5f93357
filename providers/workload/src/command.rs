//! A simple command in a real container.

use std::io::{Read as _, Write as _};

use stagegate_commands::Stream;
use stagegate_kubernetes::Image;

use crate::Variables;
use crate::machine::RealMachine;

/// The exit status when the runtime of the command could not be made.
const FAILED: i32 = 126;

/// Runs a command line with the standard streams of this process.
///
/// Signals do what they do to a program that has no handlers: nothing to the first process of a container.
pub(crate) fn run(entry: &Image, variables: Variables, line: &[String]) -> i32 {
    let mut stdin = String::new();
    if stagegate_commands::reads_stdin(line) {
        // What is no text cannot be passed on, and the rest of the input is of no use then.
        let _as_far_as_it_goes = std::io::stdin().read_to_string(&mut stdin);
    }
    let machine = RealMachine::new(variables, entry.all_commands());
    match crate::runtime() {
        Ok(runtime) => runtime.block_on(stagegate_commands::run(&machine, line, &stdin, &print)),
        Err(error) => {
            print(Stream::Stderr, &format!("{error}\n"));
            FAILED
        }
    }
}

/// Writes through at once; a reader that has gone is the reader's affair.
fn print(stream: Stream, text: &str) {
    let _reader_has_gone = match stream {
        Stream::Stdout => {
            let mut out = std::io::stdout().lock();
            out.write_all(text.as_bytes()).and_then(|()| out.flush())
        }
        Stream::Stderr => std::io::stderr().lock().write_all(text.as_bytes()),
    };
}
