//! `stagegate hub`.

mod options;
mod screen;
mod tail;

use std::path::{Path, PathBuf};
use std::sync::Arc;

use jiff::Timestamp;
use stagegate_confighub::{Hub, LoadError, Snapshot, SnapshotSecrets};
use stagegate_simulation::{Clock, Pace, Seed, Simulation};
use tokio::signal::unix::{SignalKind, signal};

use self::options::Options;
use self::screen::Screen;
use self::tail::Tail;
use crate::cli::{ColorChoice, HubArgs};
use crate::config::Config;
use crate::error::CliError;
use crate::output::{color_of_stderr, color_of_stdout, to_stderr};
use crate::signals;

/// Serves the emulator at the wall's pace until a signal ends it.
pub(crate) fn run(mut arguments: HubArgs, config: Config, color: Option<ColorChoice>) -> Result<u8, CliError> {
    config.complete_hub(&mut arguments);
    let options = Options::new(arguments)?;
    if let Some(folder) = &options.save {
        // Not only at the end, when there is something to lose.
        Snapshot::check_folder(folder)
            .map_err(|error| CliError::Save { folder: folder.clone(), error: Box::new(error) })?;
    }
    let home = Home::new(options.home.clone())?;
    let tail = Tail::start(options.showing, color_of_stdout(color));
    // One thread, as the emulator's clock wants it.
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(|source| CliError::System { what: "cannot start the runtime", source })?;
    let outcome = runtime.block_on(serve(&options, &home, &tail, color_of_stderr(color)));
    drop(runtime);
    tail.end();
    let removed = home.remove();
    let status = outcome?;
    removed.map(|()| status)
}

async fn serve(options: &Options, home: &Home, tail: &Tail, color: bool) -> Result<u8, CliError> {
    let clock = Clock::start(Timestamp::now(), Pace::Times(1.0));
    let simulation = Simulation::new(clock, Seed::new(options.seed), Arc::new(tail.observer()));
    let faults = simulation.faults.clone();
    let hub = start(simulation, options).await?;
    for rule in options.faults.iter().flatten() {
        faults.add(rule.clone()).map_err(|error| CliError::Value {
            option: "--faults".to_owned(),
            value: error.field.to_owned(),
            reason: error.reason,
        })?;
    }
    let written = |source| CliError::Write { path: home.path().to_owned(), source };
    hub.session().write(home.path()).map_err(written)?;
    let screen = Screen::new(&hub, home.path(), options);
    screen.write_environment(home.path()).map_err(written)?;
    // Who has read how to begin may end the hub at once, and it saves.
    let interrupted = signals::first();
    tail.begin(&screen, hub.names());
    let interruption = until_interrupted(interrupted, &hub, options, tail, color).await;
    signals::force_on_second();
    if let Some(folder) = &options.save {
        save(&hub, folder)?;
        tail.say(&format!("saved to {}", folder.display()));
    }
    tail.say(&format!("ended by {}", interruption.name()));
    Ok(interruption.status())
}

/// A hub with nothing in it, or one that goes on from a snapshot.
async fn start(simulation: Simulation, options: &Options) -> Result<Hub, CliError> {
    let hub = match &options.load {
        None => Hub::start(simulation, options.hub()).await.map_err(CliError::Serve)?,
        Some(folder) => load(simulation, options, folder).await?,
    };
    for (entity_type, limit) in &options.quotas {
        hub.set_quota(entity_type, *limit).map_err(|error| CliError::Value {
            option: "--quota".to_owned(),
            value: entity_type.clone(),
            reason: error.to_string(),
        })?;
    }
    Ok(hub)
}

async fn load(simulation: Simulation, options: &Options, folder: &Path) -> Result<Hub, CliError> {
    let broken = |error| CliError::Snapshot { folder: folder.to_owned(), error: Box::new(error) };
    let snapshot = Snapshot::read(folder).map_err(broken)?;
    Hub::load(simulation, options.hub(), &snapshot).await.map_err(|error| match error {
        LoadError::Snapshot(error) => broken(error),
        LoadError::Serve(error) => CliError::Serve(error),
    })
}

fn save(hub: &Hub, folder: &Path) -> Result<(), CliError> {
    hub.snapshot(SnapshotSecrets::Kept)
        .write(folder)
        .map_err(|error| CliError::Snapshot { folder: folder.to_owned(), error: Box::new(error) })
}

/// Serves until a signal asks for the end; saves whenever SIGUSR1 comes.
async fn until_interrupted(
    interrupted: impl Future<Output = signals::Interruption>,
    hub: &Hub,
    options: &Options,
    tail: &Tail,
    color: bool,
) -> signals::Interruption {
    let mut asked = match signal(SignalKind::user_defined1()) {
        Ok(asked) => asked,
        Err(error) => {
            tracing::warn!(%error, "SIGUSR1 cannot be caught");
            return interrupted.await;
        }
    };
    tokio::pin!(interrupted);
    loop {
        tokio::select! {
            interruption = &mut interrupted => return interruption,
            _ = asked.recv() => {}
        }
        let Some(folder) = &options.save else {
            tail.say("SIGUSR1 saves to the folder of --save, and there is none");
            continue;
        };
        match save(hub, folder) {
            Ok(()) => tail.say(&format!("saved to {}", folder.display())),
            // The hub goes on: its user may make room and try again.
            Err(error) => to_stderr(&error.render(color)),
        }
    }
}

/// The home folder of the client.
enum Home {
    /// Made for this command, and removed at its end.
    Fresh(tempfile::TempDir),
    Named(PathBuf),
}

impl Home {
    fn new(named: Option<PathBuf>) -> Result<Self, CliError> {
        match named {
            Some(path) => {
                std::fs::create_dir_all(&path).map_err(|source| CliError::Write { path: path.clone(), source })?;
                let absolute = path.canonicalize().map_err(|source| CliError::Write { path, source })?;
                Ok(Self::Named(absolute))
            }
            None => tempfile::Builder::new()
                .prefix("stagegate-hub-")
                .tempdir()
                .map(Self::Fresh)
                .map_err(|source| CliError::System { what: "cannot make a temporary folder", source }),
        }
    }

    fn path(&self) -> &Path {
        match self {
            Self::Fresh(folder) => folder.path(),
            Self::Named(path) => path,
        }
    }

    fn remove(self) -> Result<(), CliError> {
        match self {
            Self::Fresh(folder) => {
                let path = folder.path().to_owned();
                folder.close().map_err(|source| CliError::Write { path, source })
            }
            Self::Named(_) => Ok(()),
        }
    }
}
