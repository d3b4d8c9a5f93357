//! The process of a stand-in container.
//!
//! `stagegate workload`, the entrypoint of a stand-in image, reads its [entry](stagegate_kubernetes::Image) of the
//! catalogue from [`ENTRY_VARIABLE`] and behaves as it says: it starts up for a while, takes its memory, listens, answers,
//! prints, crashes, ends at SIGTERM or does not. The image of the bridge worker runs `stagegate_worker` against the
//! cluster that it is in. And under the name of a command ([`COMMANDS`]) it is that command, so that exec, exec probes
//! and images of tools work.
//!
//! Not done: the CPU that an entry declares is not used up, and memory is only where the container has a limit, for
//! without one nothing could come of it. Ports are IPv4.

mod command;
mod declared;
mod entry;
mod listener;
mod machine;
mod memory;
mod network;
mod service_links;
mod worker;

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::path::Path;

use stagegate_kubernetes::Image;

pub use entry::EntryError;
pub use stagegate_commands::{CLIENTS, NAMES as COMMANDS, exists};

/// The variable with the entry of the catalogue, as JSON.
pub const ENTRY_VARIABLE: &str = "STAGEGATE_WORKLOAD";

/// The variable with the address that ports are opened on; every one of the container's when it is not set.
pub const ADDRESS_VARIABLE: &str = "STAGEGATE_WORKLOAD_ADDRESS";

/// Programs by which manifests start services: whatever they are told to run, it is the declared behaviour.
pub const RUNTIMES: &[&str] = &["dotnet", "java", "nginx", "node", "npm", "npx", "python", "python3", "yarn"];

/// The exit status when the process does not know how to behave.
const NO_ENTRY: i32 = 2;

/// The name under which this process was called, when it is in a stand-in container and it is one to answer to.
pub fn called(program: &Path) -> Option<String> {
    std::env::var_os(ENTRY_VARIABLE)?;
    let name = program.file_name()?.to_str()?;
    (COMMANDS.contains(&name) || CLIENTS.contains(&name) || RUNTIMES.contains(&name)).then(|| name.to_owned())
}

/// Runs as the program `name` with `arguments`; gives the exit status.
///
/// The first process of a container that is to be a service is the declared one also when its manifest starts it by a
/// shell's text that the simple shell does not run.
pub fn run_as(name: &str, arguments: Vec<OsString>) -> i32 {
    let arguments_are_none = arguments.is_empty();
    let line: Vec<String> = std::iter::once(name.to_owned()).chain(words(arguments)).collect();
    with_entry(|entry, variables| {
        let first = std::process::id() == 1 && !entry.is_tool();
        if entry.interpreter && arguments_are_none && RUNTIMES.contains(&name) {
            return Ok(0);
        }
        if RUNTIMES.contains(&name) || first && !stagegate_commands::runs(entry.all_commands().as_deref(), &line) {
            return process(entry, &variables);
        }
        Ok(command::run(&entry, variables, &line))
    })
}

/// Runs as the process of a stand-in container, whose `args` are `arguments`; gives the exit status.
///
/// Arguments that are a command line are run, as in a simulated container. Others are taken to be for the real image's
/// program, and say nothing to a stand-in.
pub fn run(arguments: Vec<OsString>) -> i32 {
    let line = words(arguments);
    with_entry(|entry, variables| {
        if entry.program.is_none() && stagegate_commands::runs(entry.all_commands().as_deref(), &line) {
            return Ok(command::run(&entry, variables, &line));
        }
        if entry.interpreter && line.is_empty() {
            return Ok(0);
        }
        process(entry, &variables)
    })
}

/// The program that the entry names, or the behaviour that it declares.
fn process(entry: Image, variables: &Variables) -> Result<i32, EntryError> {
    let runtime = runtime()?;
    match &entry.program {
        Some(program) => runtime.block_on(worker::run(program, variables)),
        None => Ok(runtime.block_on(declared::run(entry, variables))),
    }
}

type Variables = BTreeMap<String, String>;

#[expect(clippy::print_stderr, reason = "it is a process: this is its log")]
fn with_entry(act: impl FnOnce(Image, Variables) -> Result<i32, EntryError>) -> i32 {
    let mut variables: Variables = std::env::vars_os()
        .filter_map(|(name, value)| Some((name.into_string().ok()?, value.into_string().ok()?)))
        .collect();
    let read = entry::read(variables.remove(ENTRY_VARIABLE).as_deref());
    match read.and_then(|entry| act(entry, variables)) {
        Ok(status) => status,
        Err(error) => {
            eprintln!("stagegate: {error}");
            NO_ENTRY
        }
    }
}

fn words(arguments: Vec<OsString>) -> Vec<String> {
    arguments.into_iter().map(|argument| argument.to_string_lossy().into_owned()).collect()
}

/// One thread: a container's process must stay small.
fn runtime() -> Result<tokio::runtime::Runtime, EntryError> {
    tokio::runtime::Builder::new_current_thread().enable_all().build().map_err(EntryError::Runtime)
}
