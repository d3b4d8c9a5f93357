//! The `stagegate` command.

mod catalogue;
mod cli;
mod commands;
mod config;
mod error;
mod exports;
mod features;
mod hub_token;
mod options;
mod output;
mod requirements;
mod run_folder;
mod signals;
mod variables;

use std::path::Path;
use std::process::ExitCode;

use clap::Parser as _;
use stagegate_harness::script::shim;

use crate::cli::{Cli, Command};
use crate::error::CliError;

fn main() -> ExitCode {
    let mut arguments = std::env::args_os();
    let called_as = arguments.next().unwrap_or_default();
    if let Some(tool) = shimmed_tool(Path::new(&called_as)) {
        return shim::main(&tool, arguments.collect());
    }
    if Path::new(&called_as).file_name().is_some_and(|name| name == commands::cub::NAME) {
        return exit(commands::cub::run(arguments.collect()));
    }
    if let Some(name) = stagegate_workload::called(Path::new(&called_as)) {
        return exit(stagegate_workload::run_as(&name, arguments.collect()));
    }
    // What follows is for the process that the stand-in is of, and none of it ours to read.
    if arguments.next().is_some_and(|first| first == WORKLOAD) {
        return exit(stagegate_workload::run(arguments.collect()));
    }
    let cli = match Cli::try_parse() {
        Ok(cli) => cli,
        Err(error) => {
            let error = cli::with_similar(error);
            let _unprintable = error.print();
            return ExitCode::from(if error.use_stderr() { error::USAGE } else { 0 });
        }
    };
    let color = cli.color;
    match perform(cli) {
        Ok(status) => ExitCode::from(status),
        Err(error) => {
            let text = error.render(output::color_of_stderr(color));
            output::to_stderr(&text);
            ExitCode::from(error.status())
        }
    }
}

/// The sub-command that is the entrypoint of stand-in images; nobody calls it by hand.
const WORKLOAD: &str = "workload";

fn exit(status: i32) -> ExitCode {
    ExitCode::from(u8::try_from(status).unwrap_or(1))
}

/// The tool that this executable stands in front of when a traced script calls it by another name.
fn shimmed_tool(called_as: &Path) -> Option<String> {
    let name = called_as.file_name()?.to_str().filter(|name| *name != env!("CARGO_BIN_NAME"))?;
    shim::control(name).map(|_| name.to_owned())
}

fn perform(cli: Cli) -> Result<u8, CliError> {
    output::log_to_stderr();
    variables::check()?;
    let config = config::Config::load(cli.config.as_deref())?;
    let color = cli.color.or(config.color);
    match cli.command {
        Command::Run(arguments) => commands::run::run(*arguments, config, color),
        Command::List(arguments) => commands::list::run(&arguments, &config),
        Command::Steps(arguments) => commands::steps::run(&arguments),
        Command::Coverage(arguments) => commands::coverage::run(&arguments),
        Command::Findings(arguments) => commands::findings::run(&arguments),
        Command::Doctor(arguments) => Ok(commands::doctor::run(&arguments, &config, color)),
        Command::Hub(arguments) => commands::hub::run(*arguments, config, color),
        Command::Cluster(arguments) => commands::cluster::run(&arguments),
        Command::Report(arguments) => commands::report::run(&arguments, color),
        Command::Up(arguments) => commands::up::run(*arguments, &config, color),
        Command::Down => commands::up::down(),
        Command::Compare(arguments) => commands::compare::run(&arguments, color),
        Command::Clean(arguments) => commands::clean::run(&arguments),
        Command::Reap => Ok(commands::reap::run()),
        Command::Completions { shell } => Ok(commands::completions::run(shell)),
    }
}
