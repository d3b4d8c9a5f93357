//! What a run has made outside of its own process: a Kind cluster, and what it has on an existing cluster and a real hub,
//! where others are at work, too.
//!
//! It is written down as it is made, in a file that outlives the run if that is killed, so that nothing else is
//! removed after it, and nothing of it is forgotten. While a run lives it holds a lock on its file.

use std::fs::{File, OpenOptions};
use std::io::{self, BufRead as _, BufReader, Write as _};
use std::os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use jiff::Timestamp;
use rustix::fs::{FlockOperation, flock};
use serde::{Deserialize, Serialize};
use stagegate_tap::{Made, Making, OnMade};
use tokio_util::sync::CancellationToken;

/// How file names end.
const EXTENSION: &str = "ndjson";

/// No ledger can be kept or read.
#[derive(Debug, thiserror::Error)]
pub enum LedgerError {
    /// There is no place for it.
    #[error("there is no folder for what runs make: neither XDG_STATE_HOME nor HOME is set")]
    Homeless,
    /// A file or folder cannot be used.
    #[error("{} cannot be used", .path.display())]
    File {
        /// Which.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
}

impl LedgerError {
    /// What to do about it.
    pub fn fix(&self) -> String {
        let fix = match self {
            Self::Homeless => "set HOME, or let XDG_STATE_HOME name a folder",
            Self::File { source, .. } if source.kind() == io::ErrorKind::StorageFull => {
                "make room there, or let XDG_STATE_HOME name a folder on another disk"
            }
            Self::File { .. } => "let XDG_STATE_HOME name a folder that you may write to",
        };
        fix.to_owned()
    }

    fn of(path: &Path) -> impl FnOnce(io::Error) -> Self {
        let path = path.to_owned();
        move |source| Self::File { path, source }
    }
}

/// Whose ledger it is, and where the things in it are.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LedgerHead {
    /// The run.
    pub run_id: String,
    /// Its existing cluster.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cluster: Option<LedgerCluster>,
    /// The whole names of the Kind clusters that were made for it; there was one at most when this was a text.
    #[serde(default, skip_serializing_if = "Vec::is_empty", deserialize_with = "one_or_several")]
    pub kind: Vec<String>,
    /// Its folder.
    pub folder: PathBuf,
    /// It has a hub in a container.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub hub_container: bool,
    /// The URL of its real hub.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub hub: Option<String>,
}

/// An existing cluster.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LedgerCluster {
    /// The file that says how to reach it.
    pub kubeconfig: PathBuf,
    /// The context in it.
    pub context: String,
}

fn one_or_several<'de, D: serde::Deserializer<'de>>(text: D) -> Result<Vec<String>, D::Error> {
    #[derive(Deserialize)]
    #[serde(untagged)]
    enum Names {
        One(String),
        Several(Vec<String>),
    }
    Ok(match Names::deserialize(text)? {
        Names::One(name) => vec![name],
        Names::Several(names) => names,
    })
}

/// A line of the file.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
enum Line {
    Run(LedgerHead),
    /// Which cluster and which organization it was: a context and a token may lead elsewhere later.
    Place(Place),
    /// A request for it is under way.
    Asked {
        at: Timestamp,
        wanted: Made,
    },
    /// It has been answered.
    Answered(Made),
    Made(Made),
    /// It is there no more.
    Gone(Made),
}

/// Which cluster, or whose hub, something was made at.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(super) enum Place {
    /// The uid of the cluster's namespace `kube-system`.
    Cluster(String),
    /// The id of the hub's organization.
    Organization(String),
}

/// The ledger of the present run, or one that a dead run has left. Clones are the same.
#[derive(Debug, Clone)]
pub struct Ledger {
    head: LedgerHead,
    path: PathBuf,
    state: Arc<Mutex<State>>,
    /// Something could not be written down.
    broken: CancellationToken,
}

#[derive(Debug)]
struct State {
    file: File,
    places: Vec<Place>,
    asked: Vec<(Timestamp, Made)>,
    made: Vec<Made>,
    /// Why the first thing that was not written down was not.
    error: Option<io::Error>,
}

impl State {
    fn new(file: File) -> Self {
        Self { file, places: Vec::new(), asked: Vec::new(), made: Vec::new(), error: None }
    }

    fn forget_asked(&mut self, answered: &Made) {
        if let Some(place) = self.asked.iter().position(|(_, wanted)| wanted == answered) {
            self.asked.remove(place);
        }
    }
}

impl Ledger {
    /// Begins the ledger of a run.
    pub fn begin(head: LedgerHead) -> Result<Self, LedgerError> {
        let folder = folder()?;
        std::fs::DirBuilder::new().recursive(true).mode(0o700).create(&folder).map_err(LedgerError::of(&folder))?;
        let path = Self::path_of(&head.run_id)?;
        let mut options = OpenOptions::new();
        options.read(true).append(true).create_new(true).mode(0o600);
        let mut file = options.open(&path).map_err(LedgerError::of(&path))?;
        flock(&file, FlockOperation::NonBlockingLockExclusive).map_err(|error| LedgerError::of(&path)(error.into()))?;
        if let Err(error) = write(&mut file, &Line::Run(head.clone())) {
            let _nothing_is_in_it = std::fs::remove_file(&path);
            return Err(LedgerError::of(&path)(error));
        }
        Ok(Self::of(head, path, State::new(file)))
    }

    fn of(head: LedgerHead, path: PathBuf, state: State) -> Self {
        Self { head, path, state: Arc::new(Mutex::new(state)), broken: CancellationToken::new() }
    }

    /// The ledgers of runs that are no more, oldest first.
    pub fn of_dead_runs() -> Result<Vec<Self>, LedgerError> {
        let folder = folder()?;
        let entries = match std::fs::read_dir(&folder) {
            Ok(entries) => entries,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
            Err(source) => return Err(LedgerError::of(&folder)(source)),
        };
        let mut paths: Vec<PathBuf> = entries.filter_map(|entry| Some(entry.ok()?.path())).collect();
        paths.retain(|path| path.extension().is_some_and(|extension| extension == EXTENSION));
        paths.sort();
        let opened = paths.iter().filter_map(|path| {
            // One that cannot be read must not hide the others.
            Self::open(path).unwrap_or_else(|error| {
                tracing::warn!(error = stagegate_reports::diagnostic::chain(&error), "a ledger is left out");
                None
            })
        });
        Ok(opened.collect())
    }

    /// Where the ledger of a run is, or will be.
    pub fn path_of(run_id: &str) -> Result<PathBuf, LedgerError> {
        Ok(folder()?.join(run_id).with_extension(EXTENSION))
    }

    /// Opens the ledger of a run, which may live for some moments more; `None` when it has not come to write one.
    pub fn of_dying_run(path: &Path) -> Result<Option<Self>, LedgerError> {
        if !path.exists() {
            return Ok(None);
        }
        let file = open(path)?;
        flock(&file, FlockOperation::LockExclusive).map_err(|error| LedgerError::of(path)(error.into()))?;
        if file.metadata().is_ok_and(|data| data.len() == 0) {
            std::fs::remove_file(path).map_err(LedgerError::of(path))?;
            return Ok(None);
        }
        Self::read(path, file).map(Some)
    }

    /// Opens the ledger of a run; `None` while the run lives.
    fn open(path: &Path) -> Result<Option<Self>, LedgerError> {
        let file = open(path)?;
        match flock(&file, FlockOperation::NonBlockingLockExclusive) {
            Ok(()) => Self::read(path, file).map(Some),
            Err(rustix::io::Errno::WOULDBLOCK) => Ok(None),
            Err(error) => Err(LedgerError::of(path)(error.into())),
        }
    }

    fn read(path: &Path, file: File) -> Result<Self, LedgerError> {
        let lines: Vec<String> =
            BufReader::new(&file).lines().collect::<io::Result<_>>().map_err(LedgerError::of(path))?;
        let (mut head, mut state) = (None, State::new(file));
        for line in lines {
            // One that was cut off, by the run's end or a full disk, is followed by whole ones.
            match serde_json::from_str(&line) {
                Ok(Line::Run(run)) => head = Some(run),
                Ok(Line::Place(place)) => state.places.push(place),
                Ok(Line::Asked { at, wanted }) => state.asked.push((at, wanted)),
                Ok(Line::Answered(wanted)) => state.forget_asked(&wanted),
                Ok(Line::Made(one)) => state.made.push(one),
                Ok(Line::Gone(one)) => state.made.retain(|made| *made != one),
                Err(_) => {}
            }
        }
        let headless = || io::Error::new(io::ErrorKind::InvalidData, "it does not begin with a run");
        let head = head.ok_or_else(headless).map_err(LedgerError::of(path))?;
        Ok(Self::of(head, path.to_owned(), state))
    }

    /// Whose it is.
    pub fn head(&self) -> &LedgerHead {
        &self.head
    }

    /// Its file.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// What was made and not yet struck out, oldest first.
    pub fn made(&self) -> Vec<Made> {
        self.lock().made.clone()
    }

    /// Writes down which cluster or hub it is.
    pub(super) fn place(&self, place: Place) -> Result<(), LedgerError> {
        let mut state = self.lock();
        let written = write(&mut state.file, &Line::Place(place.clone()));
        written.map_err(LedgerError::of(&self.path))?;
        state.places.push(place);
        Ok(())
    }

    /// Where things were made.
    pub(super) fn places(&self) -> Vec<Place> {
        self.lock().places.clone()
    }

    /// Remembers what a tap tells.
    pub(super) fn on_made(&self) -> OnMade {
        let ledger = self.clone();
        OnMade::new(move |making| match making {
            Making::Asked(wanted) => ledger.asked_for(wanted),
            Making::Made(made) => ledger.note(made),
            Making::Answered(wanted) => ledger.answered(&wanted),
        })
    }

    /// Writes down what a request may make: if the run ends before the answer, nobody else knows of it.
    fn asked_for(&self, wanted: Made) {
        let at = Timestamp::now();
        let mut state = self.lock();
        self.write(&mut state, &wanted, &Line::Asked { at, wanted: wanted.clone() });
        state.asked.push((at, wanted));
    }

    fn answered(&self, wanted: &Made) {
        let mut state = self.lock();
        self.write(&mut state, wanted, &Line::Answered(wanted.clone()));
        state.forget_asked(wanted);
    }

    /// What was asked for, and when, by requests whose answers nobody knows.
    pub(super) fn unanswered(&self) -> Vec<(Timestamp, Made)> {
        self.lock().asked.clone()
    }

    /// An answer is not to be expected any more; `found` is what came of the request.
    pub(super) fn settle(&self, wanted: &Made, found: Option<Made>) {
        if let Some(found) = found {
            self.note(found);
        }
        self.answered(wanted);
    }

    /// What is in a container that goes with the run need not be written down.
    fn write(&self, state: &mut State, about: &Made, line: &Line) {
        let goes_anyway = self.head.hub_container && matches!(about, Made::Space { .. });
        if !goes_anyway && let Err(error) = write(&mut state.file, line) {
            state.error.get_or_insert(error);
            self.broken.cancel();
        }
    }

    /// Writes down what is to be removed.
    pub(super) fn note(&self, made: Made) {
        let mut state = self.lock();
        if state.made.contains(&made) {
            return;
        }
        self.write(&mut state, &made, &Line::Made(made.clone()));
        state.made.push(made);
    }

    /// Waits until something cannot be written down: after a kill it would be left.
    pub(super) async fn unwritable(&self) -> LedgerError {
        self.broken.cancelled().await;
        let error = self.lock().error.take().unwrap_or_else(|| io::ErrorKind::Other.into());
        LedgerError::of(&self.path)(error)
    }

    /// Forgets what has been removed, or can never be.
    pub fn strike_out(&self, gone: &[Made]) -> Result<(), LedgerError> {
        let mut state = self.lock();
        state.made.retain(|made| !gone.contains(made));
        let written = gone.iter().try_for_each(|made| write(&mut state.file, &Line::Gone(made.clone())));
        written.map_err(LedgerError::of(&self.path))
    }

    /// Nothing is left of the run: its file goes.
    pub fn end(&self) -> Result<(), LedgerError> {
        match std::fs::remove_file(&self.path) {
            Err(source) if source.kind() != io::ErrorKind::NotFound => Err(LedgerError::of(&self.path)(source)),
            _ => Ok(()),
        }
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        // Every critical section leaves the state whole, so a poisoned lock is still good.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn open(path: &Path) -> Result<File, LedgerError> {
    OpenOptions::new().read(true).append(true).open(path).map_err(LedgerError::of(path))
}

/// On a line of its own, also where the one before was cut off.
fn write(file: &mut File, line: &Line) -> io::Result<()> {
    let text = serde_json::to_string(line)?;
    file.write_all(format!("\n{text}\n").as_bytes())
}

fn folder() -> Result<PathBuf, LedgerError> {
    Ok(state_folder()?.join("runs"))
}

/// Where it is written what there is outside of a run's own process: `$XDG_STATE_HOME/stagegate`, by default below
/// `~/.local/state` (XDG Base Directory Specification).
pub fn state_folder() -> Result<PathBuf, LedgerError> {
    let of = |name: &str| std::env::var_os(name).map(PathBuf::from).filter(|path| path.is_absolute());
    let state = of("XDG_STATE_HOME").or_else(|| Some(of("HOME")?.join(".local/state")));
    Ok(state.ok_or(LedgerError::Homeless)?.join("stagegate"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_ledger_names_its_clusters_and_one_of_old_its_cluster() {
        let read = |kind: &str| {
            let head = serde_json::from_str::<LedgerHead>(&format!(r#"{{"run_id":"r","folder":"/f"{kind}}}"#)).unwrap();
            head.kind
        };
        assert_eq!(read(r#","kind":"stagegate-a""#), ["stagegate-a"]);
        assert_eq!(read(r#","kind":["stagegate-a","stagegate-a-2"]"#), ["stagegate-a", "stagegate-a-2"]);
        assert!(read("").is_empty());
    }
}
