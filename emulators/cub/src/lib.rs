//! A stand-in for `cub`, the command line client of ConfigHub.
//!
//! It takes the command lines of a client of a given era ([`Era`]), sends the requests that client
//! sends, and prints what it prints, with its exit statuses. Commands that are in the contract but
//! not done exit with status 70 and say so.

mod api;
mod command;
mod command_line;
mod contract;
mod cub;
mod entity;
mod failure;
mod help;
mod jq;
mod model;
mod output;
mod pace;
mod prefix;
mod session;
mod slug;
mod table;
mod terminal;

use std::collections::BTreeMap;
use std::path::PathBuf;

pub use contract::Era;
pub use pace::Sleeper;
pub use terminal::Streams;

use crate::api::Api;
use crate::command::function::Functions;
use crate::command_line::CommandLine;
use crate::contract::{Arity, Contract};
use crate::cub::Cub;
use crate::entity::Space;
use crate::failure::Failure;
use crate::pace::Pace;
use crate::session::Home;

/// A command line with its surroundings.
#[derive(Debug, Clone, Default)]
pub struct Invocation {
    /// The arguments, without the program's name.
    pub args: Vec<String>,
    /// The environment. Read are `HOME`, `CUB_CONFIG`, `SHELL`, `CONFIGHUB_*`, and of our own
    /// `STAGEGATE_COMMAND` (number of the traced command, sent with each request), `STAGEGATE_SPEED`
    /// (environment seconds per wall second, for the client's own waits), `STAGEGATE_SEED` (makes
    /// chosen names the same in each run, other ones for each `STAGEGATE_CALL`) and `STAGEGATE_CUB_CONTRACT` (`2025-10` or `2025-08`).
    pub env: BTreeMap<String, String>,
    /// The working directory.
    pub cwd: PathBuf,
}

/// Runs the client and gives its exit status.
pub async fn run(invocation: Invocation, streams: Streams<'_>) -> u8 {
    run_with_sleeper(invocation, streams, Sleeper::default()).await
}

/// Runs the client, `sleeper` sleeping for it, and gives its exit status.
pub async fn run_with_sleeper(invocation: Invocation, mut streams: Streams<'_>, sleeper: Sleeper) -> u8 {
    match run_to_end(invocation, &mut streams, sleeper).await {
        Ok(()) => 0,
        Err(failure) => {
            let text = match &failure {
                Failure::Failed(message) => format!("Failed: {message}"),
                other => other.to_string(),
            };
            // A client that writes to a pipe without a reader dies of that, and says nothing.
            if !failure.is_broken_pipe() {
                // When standard error cannot be written either, the exit status is all there is to say.
                let _written = streams.error(&text);
            }
            failure.exit_status()
        }
    }
}

async fn run_to_end(invocation: Invocation, streams: &mut Streams<'_>, sleeper: Sleeper) -> Result<(), Failure> {
    let env = &invocation.env;
    let era = match env.get("STAGEGATE_CUB_CONTRACT").map(String::as_str) {
        None | Some("") => Era::default(),
        Some(name) => {
            Era::named(name).ok_or_else(|| Failure::failed(format!("unknown contract {name:?}: 2025-10 or 2025-08")))?
        }
    };
    let mut contract = Contract::of(era);
    let home = Home::of(env);
    let functions =
        if invocation.args.iter().any(|word| word == "run") { Functions::saved(&home) } else { Functions::default() };
    functions.add_to(&mut contract, era);
    if invocation.args.first().is_some_and(|word| word == "help") {
        return help_about(&contract, &invocation.args[1..], streams);
    }
    let line = command_line::parse(&contract, &invocation.args).map_err(|error| Failure::failed(error.to_string()))?;
    let CommandLine { command, args, flags } = line;
    if flags.on("help") || command.arity == Arity::Group {
        return streams.print(&help::text(&contract, command));
    }
    if let Some(complaint) = command.arity.complaint(args.len()) {
        return Err(Failure::Failed(complaint));
    }
    let (session, mut context) = home.load(era).map_err(|error| Failure::failed(error.to_string()))?;
    if session.is_none() {
        streams.line("No session. Only unauthenticated commands will work")?;
    }
    let session = session.unwrap_or_default();
    let logs_in = matches!(command.path, "auth login" | "auth test-login");
    if !logs_in && !session.is_authenticated() {
        return Err(Failure::failed(
            "you must be authenticated to execute this command. Log in with the command: cub auth login",
        ));
    }
    let server = env.get("CONFIGHUB_URL").filter(|url| !url.is_empty()).cloned();
    let saved = Some(context.confighub_url.clone()).filter(|url| !url.is_empty());
    let server = server.or(saved).unwrap_or_else(|| "https://hub.confighub.com".to_owned());
    context.confighub_url.clone_from(&server);
    let authorization = session.is_authenticated().then(|| session.authorization());
    let debug = flags.on("debug") || env.get("CONFIGHUB_DEBUG").is_some_and(|on| on == "1");
    let api = Api::new(server, authorization, env.get("STAGEGATE_COMMAND").cloned(), debug);
    let takes_space = contract.inherited(command).iter().any(|flag| flag.name == "space") || command.path == "run";
    let path = command.path;
    let mut cub = Cub {
        era,
        args,
        flags,
        env,
        cwd: &invocation.cwd,
        streams,
        home,
        session,
        context,
        api,
        space: Space::default(),
        pace: Pace::of(env, sleeper),
    };
    if takes_space {
        cub.select_space(command).await?;
    }
    command::run(&mut cub, path).await
}

fn help_about(contract: &Contract<'_>, words: &[String], streams: &mut Streams<'_>) -> Result<(), Failure> {
    if let Some(command) = contract.get(&words.join(" ")) {
        return streams.print(&help::text(contract, command));
    }
    let root = contract.get("").map(|root| help::text(contract, root)).unwrap_or_default();
    streams.print(&format!("Unknown help topic [`{}`]\n{root}", words.join("` `")))
}
