//! `stagegate up` and `stagegate down`: the environment alone, for commands by hand.

mod home;
mod registry;
mod screen;

use std::time::Duration;

use stagegate_harness::environment::{Environment, Site};
use stagegate_harness::journal::Journal;
use stagegate_simulation::Pace;
use tokio_util::sync::CancellationToken;

use self::home::Home;
use self::registry::Registered;
use self::screen::Screen;
use crate::cli::{ColorChoice, RunArgs, UpArgs};
use crate::commands::run::machine;
use crate::config::Config;
use crate::error::{self, CliError};
use crate::options::Options;
use crate::output::{color_of_stdout, to_stdout};
use crate::run_folder::RunFolder;
use crate::signals;

/// Makes hub and cluster, shows how to use them and what happens in them, until a signal ends them.
pub(crate) fn run(mut arguments: UpArgs, config: &Config, color: Option<ColorChoice>) -> Result<u8, CliError> {
    config.complete_ends(&mut arguments.ends);
    let folder = RunFolder::planned();
    let speed = arguments.speed.take().unwrap_or_else(|| "1".to_owned());
    let wanted =
        RunArgs { ends: arguments.ends.clone(), speed: Some(speed), seed: arguments.seed, ..RunArgs::default() };
    let options = Options::new(wanted, folder.path())?;
    let mut home = Home::new(arguments.home.as_deref(), folder.path());
    let journal = Journal::new(Box::new(Screen::new(arguments.quiet, color_of_stdout(color))));
    let runtime = stagegate_harness::environment::runtime()
        .map_err(|source| CliError::System { what: "cannot start the runtime", source })?;
    let outcome = runtime.block_on(serve(&options, &mut home, &journal));
    runtime.shutdown_timeout(Duration::from_secs(5));
    let removed = home.remove();
    let status = outcome?;
    removed.map(|()| status)
}

/// Ends every `up` that there is.
pub(crate) fn down() -> Result<u8, CliError> {
    let ended = registry::end_all()?;
    let text = match ended {
        0 => "nothing is up\n".to_owned(),
        1 => "ended what was up\n".to_owned(),
        many => format!("ended all {many} that were up\n"),
    };
    to_stdout(&text);
    Ok(0)
}

async fn serve(options: &Options, home: &mut Home, journal: &Journal) -> Result<u8, CliError> {
    let settings = &options.settings;
    let stop = CancellationToken::new();
    let mut interrupted = std::pin::pin!(signals::first());
    let registered = Registered::new()?;
    to_stdout(&besides(&registry::others()));
    let run_id = machine::run_id();
    let mut preparing = std::pin::pin!(Site::prepare(settings, &run_id, journal, &stop));
    let site = tokio::select! {
        prepared = &mut preparing => prepared.map_err(|error| CliError::Environment(Box::new(error)))?,
        interruption = &mut interrupted => {
            signals::force_on_second();
            stop.cancel();
            // It removes what it has made so far.
            let left = match preparing.await {
                Ok(site) => site.close().await,
                Err(_) => Vec::new(),
            };
            return Ok(told(&left, interruption));
        }
    };
    let scribe = journal.scribe(0, 1);
    let begun = match Environment::start(settings, &site, &scribe, (0, 1)).await {
        Ok(environment) => home.fill(&environment).map(|()| environment),
        Err(error) => Err(CliError::Environment(Box::new(error))),
    };
    let environment = match begun {
        Ok(environment) => environment,
        Err(error) => {
            tell(&site.close().await);
            return Err(error);
        }
    };
    environment.clock().set_pace(Pace::Times(settings.speed));
    to_stdout(&home.beginning(&environment, &settings.lane));
    let ended = tokio::select! {
        interruption = &mut interrupted => Ok(interruption),
        error = site.lost() => Err(error),
    };
    signals::force_on_second();
    if let Ok(interruption) = &ended {
        to_stdout(&format!("ended by {}\n", interruption.name()));
    }
    let mut left = environment.stop(false).await;
    left.extend(site.close().await);
    drop(registered);
    match ended {
        Ok(interruption) => Ok(told(&left, interruption)),
        Err(error) => {
            tell(&left);
            Err(CliError::Environment(Box::new(error)))
        }
    }
}

/// Says which others are up, too: `down` ends them all.
fn besides(others: &[u32]) -> String {
    let pids: Vec<String> = others.iter().map(ToString::to_string).collect();
    match others {
        [] => String::new(),
        [one] => format!("Another one is up, process {one}; `stagegate down` ends both.\n\n"),
        _ => format!("Others are up, processes {}; `stagegate down` ends all.\n\n", pids.join(", ")),
    }
}

fn tell(left: &[String]) {
    for what in left {
        to_stdout(&format!("left behind: {what}\n"));
    }
}

/// Tells what is left, and gives the status for that.
fn told(left: &[String], interruption: signals::Interruption) -> u8 {
    tell(left);
    if left.is_empty() { interruption.status() } else { error::LEFTOVER }
}
