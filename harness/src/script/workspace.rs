//! The folder in which a tutorial's command lines run.

use std::collections::HashMap;
use std::ffi::{OsStr, OsString};
use std::fs;
use std::io;
use std::os::unix::fs::{OpenOptionsExt, symlink};
use std::path::{Path, PathBuf};

use stagegate_cub::Era;
use stagegate_reports::journal::Output;
use tokio::net::UnixListener;

use super::checkout::{Checkout, CheckoutError};
use super::kind_tool::KindCluster;
use super::protocol::{ASK, CONTROL_VARIABLE};
use super::rewriting::{self, Redirected};
use super::{clock_tool, own_trace, search_path, trace};
use crate::findings::Sources;

/// Which ConfigHub client scripts call.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Cub {
    /// The stand-in that is compiled in, with the commands of that time.
    BuiltIn(Era),
    /// The real client at this path.
    Real(PathBuf),
}

/// What a workspace is made from.
#[derive(Debug, Clone)]
pub struct Setup {
    /// The tutorial.
    pub checkout: Checkout,
    /// The executable the shims lead to; it must call [`super::shim::main`] when it is run by another name.
    pub shim: PathBuf,
    /// The ConfigHub client.
    pub cub: Cub,
    /// The PATH on which the real tools are found.
    pub path: OsString,
    /// The text of the kubeconfig scripts use; it goes to `.kube/config` of their home.
    pub kubeconfig: Option<String>,
    /// The cluster that a script's `kind` works on. Without one it is the real `kind`, if there is any.
    pub kind: Option<KindCluster>,
    /// Whether the cluster takes tokens that carry a command's number: the embedded one does.
    pub mark_kubeconfig: bool,
    /// The folder in which the workspace's own is made; the system's for temporary files when it is not given.
    pub folder: Option<PathBuf>,
    /// Further files of the home folder, such as the session of the ConfigHub client: relative path and text.
    pub home: Vec<(PathBuf, String)>,
    /// Further variables, such as `CONFIGHUB_URL`.
    pub environment: Vec<(String, String)>,
}

/// A workspace cannot be made.
#[derive(Debug, thiserror::Error)]
pub enum SetupError {
    /// The tutorial cannot be copied.
    #[error(transparent)]
    Checkout(#[from] CheckoutError),
    /// A tool that every script needs is missing.
    #[error("no {tool} on the PATH {}", .path.to_string_lossy())]
    NoTool {
        /// Its name.
        tool: &'static str,
        /// The PATH that was searched.
        path: OsString,
    },
    /// A file of the workspace cannot be written.
    #[error("cannot make {}: {source}", .path.display())]
    File {
        /// Which one.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// The path of the folder is not text.
    #[error("the folder for temporary files has a name that is not UTF-8: {}", .0.display())]
    Name(PathBuf),
}

/// A copy of a tutorial in a folder of its own, with all that its scripts need around it. Dropping
/// it removes the folder.
pub struct Workspace {
    /// Removes everything in the end.
    pub(crate) folder: tempfile::TempDir,
    pub(crate) layout: Layout,
    pub(crate) tools: Tools,
    pub(crate) listener: UnixListener,
    pub(crate) environment: Vec<(String, String)>,
    changes: rewriting::Changes,
    /// Whether the journal has been told how scripts are run here.
    pub(crate) told: bool,
}

/// The folders and files of a workspace.
#[derive(Debug, Clone)]
pub(crate) struct Layout {
    pub(crate) root: PathBuf,
    pub(crate) checkout: PathBuf,
    pub(crate) home: PathBuf,
    pub(crate) tmp: PathBuf,
    pub(crate) shims: PathBuf,
    /// The harness's socket.
    pub(crate) control: PathBuf,
    pub(crate) trace: PathBuf,
    /// What a script in sh calls before it reads.
    pub(crate) ask: PathBuf,
    /// Where scripts in sh write down what failed and what they print.
    pub(crate) sh_record: PathBuf,
    /// The text of those scripts without what writes it down.
    pub(crate) untold: PathBuf,
    startup: PathBuf,
}

/// Where the real tools are.
#[derive(Debug, Clone)]
pub(crate) struct Tools {
    /// The executable behind the shims and the supervisor.
    pub(crate) shim: PathBuf,
    pub(crate) bash: PathBuf,
    pub(crate) sleep: PathBuf,
    pub(crate) kubectl: Option<PathBuf>,
    pub(crate) timeout: Option<PathBuf>,
    pub(crate) date: Option<PathBuf>,
    pub(crate) watch: Option<PathBuf>,
    /// Those that are recorded and otherwise left alone.
    pub(crate) recorded: Vec<(&'static str, PathBuf)>,
    pub(crate) cub: Cub,
    /// What `kind` works on, and the file that keeps which clusters it made.
    pub(crate) kind: Option<(KindCluster, PathBuf)>,
    pub(crate) mark_kubeconfig: bool,
}

/// The harness's socket, beside the folder of shims.
pub(crate) const CONTROL_FILE: &str = "control";

/// Tools that are recorded and otherwise left alone.
const RECORDED: [&str; 5] = ["curl", "docker", "helm", "jq", "kind"];

impl Workspace {
    /// Copies the tutorial and lays out everything around it. Must be called within a tokio runtime.
    pub fn prepare(setup: &Setup) -> Result<Self, SetupError> {
        let folder = new_folder(setup.folder.as_deref())?;
        let layout = Layout::of(folder.path())?;
        let tools = Tools::find(setup, &layout)?;
        setup.checkout.copy_to(&layout.checkout)?;
        let changes =
            rewriting::rewrite(&layout, &tools.recorded().collect::<Vec<_>>()).map_err(CheckoutError::from)?;
        for part in [&layout.home, &layout.tmp, &layout.shims] {
            fs::create_dir_all(part).map_err(failed_at(part))?;
        }
        let (on, off) = layout.own_trace();
        write(&layout.startup, &trace::startup(&layout.trace.to_string_lossy(), &on.to_string_lossy()))?;
        write(&on, &own_trace::switched_on())?;
        write(&off, &own_trace::switched_off())?;
        let kubeconfig = setup.kubeconfig.iter().map(|text| (Path::new(".kube/config"), text));
        let home = setup.home.iter().map(|(path, text)| (path.as_path(), text));
        kubeconfig.chain(home).try_for_each(|(path, text)| write(&layout.home.join(path), text))?;
        let shims = tools.shims().map(|name| layout.shims.join(name));
        for link in shims.chain([layout.ask.clone()]) {
            symlink(&setup.shim, &link).map_err(failed_at(&link))?;
        }
        let listener = UnixListener::bind(&layout.control).map_err(failed_at(&layout.control))?;
        let environment = layout.environment(setup);
        Ok(Self { folder, layout, tools, listener, environment, changes, told: false })
    }

    /// The copy of the checkout.
    pub fn checkout(&self) -> &Path {
        &self.layout.checkout
    }

    /// The whole environment that scripts get.
    pub fn environment(&self) -> &[(String, String)] {
        &self.environment
    }

    /// The text of its files.
    pub fn texts(&self) -> Texts {
        Texts { checkout: self.layout.checkout.clone(), originals: self.changes.originals.clone() }
    }

    /// The lines in which the copy names the run's own folder where the tutorial names `/tmp`.
    pub fn redirected(&self) -> &[Redirected] {
        &self.changes.lines
    }

    /// Keeps the folder instead of removing it.
    pub fn keep(self) -> PathBuf {
        self.folder.keep()
    }
}

impl Sources for Workspace {
    /// The text of a file of the checkout as the tutorial has it.
    fn text(&self, file: &str) -> Option<String> {
        self.texts().text(file)
    }
}

/// The text of a workspace's files, for when the workspace itself is busy.
#[derive(Debug, Clone)]
pub struct Texts {
    checkout: PathBuf,
    originals: HashMap<PathBuf, String>,
}

impl Sources for Texts {
    fn text(&self, file: &str) -> Option<String> {
        let original = self.originals.get(Path::new(file)).cloned();
        original.or_else(|| fs::read_to_string(self.checkout.join(file)).ok())
    }
}

impl Layout {
    pub(super) fn of(folder: &Path) -> Result<Self, SetupError> {
        // The tools tell paths without links, so ours have none either.
        let root = folder.canonicalize().map_err(failed_at(folder))?;
        if root.to_str().is_none() {
            return Err(SetupError::Name(root));
        }
        Ok(Self {
            checkout: root.join("checkout"),
            home: root.join("home"),
            tmp: root.join("tmp"),
            shims: root.join("bin"),
            control: root.join(CONTROL_FILE),
            trace: root.join("trace"),
            ask: root.join(ASK),
            sh_record: root.join("sh-record"),
            untold: root.join("untold"),
            startup: root.join("startup.sh"),
            root,
        })
    }

    /// What scripts read where they switch bash's trace on or off.
    pub(crate) fn own_trace(&self) -> (PathBuf, PathBuf) {
        (self.root.join("trace-on.sh"), self.root.join("trace-off.sh"))
    }

    fn environment(&self, setup: &Setup) -> Vec<(String, String)> {
        let text = |path: &Path| path.to_string_lossy().into_owned();
        let mut path = self.shims.clone().into_os_string();
        path.push(":");
        path.push(&setup.path);
        let own = [
            ("PATH", path.to_string_lossy().into_owned()),
            ("HOME", text(&self.home)),
            ("TMPDIR", text(&self.tmp)),
            ("KUBECONFIG", text(&self.home.join(".kube/config"))),
            ("USER", "stagegate".to_owned()),
            ("LOGNAME", "stagegate".to_owned()),
            ("SHELL", "/bin/bash".to_owned()),
            ("LANG", "C.UTF-8".to_owned()),
            ("TZ", "UTC".to_owned()),
            ("TERM", "dumb".to_owned()),
            ("BASH_ENV", text(&self.startup)),
            (CONTROL_VARIABLE, text(&self.control)),
        ];
        let own = own.into_iter().map(|(name, value)| (name.to_owned(), value));
        own.chain(setup.environment.iter().cloned()).collect()
    }

    /// `text` with the workspace's own paths named as a reader knows them: the checkout as `.`, the
    /// home as `~`, the folder for temporary files as `/tmp`.
    pub(crate) fn readable(&self, text: &str) -> String {
        let root = self.root.to_string_lossy();
        if !text.contains(&*root) {
            return text.to_owned();
        }
        let name = |folder: &str| format!("{root}/{folder}");
        text.replace(&name("checkout/"), "./")
            .replace(&name("checkout"), ".")
            .replace(&name("home"), "~")
            .replace(&name("tmp"), "/tmp")
            .replace(&format!("{root}/"), "")
    }

    /// [`Layout::readable`] for an output.
    pub(crate) fn readable_output(&self, output: &Output) -> Output {
        Output { text: self.readable(&output.text), ..output.clone() }
    }
}

impl Tools {
    fn find(setup: &Setup, layout: &Layout) -> Result<Self, SetupError> {
        let kind = setup.kind.clone().map(|kind| (kind, layout.root.join("kind-clusters")));
        let recorded = RECORDED.iter().filter(|name| kind.is_none() || **name != "kind");
        let needed = |tool: &'static str| {
            search_path::find(tool, &setup.path).ok_or_else(|| SetupError::NoTool { tool, path: setup.path.clone() })
        };
        Ok(Self {
            shim: setup.shim.clone(),
            bash: needed("bash")?,
            sleep: needed("sleep")?,
            kubectl: search_path::find("kubectl", &setup.path),
            timeout: search_path::find("timeout", &setup.path),
            date: search_path::find("date", &setup.path),
            watch: search_path::find("watch", &setup.path),
            recorded: recorded.filter_map(|name| Some((*name, search_path::find(name, &setup.path)?))).collect(),
            cub: setup.cub.clone(),
            kind,
            mark_kubeconfig: setup.mark_kubeconfig,
        })
    }

    /// The names of those shims whose calls are recorded.
    pub(crate) fn recorded(&self) -> impl Iterator<Item = &'static str> {
        self.shims().filter(|name| !clock_tool::NAMES.contains(name))
    }

    /// The names under which scripts find shims. A tool that is missing must be missing for a
    /// script's `command -v` too.
    fn shims(&self) -> impl Iterator<Item = &'static str> {
        let found =
            [("kubectl", &self.kubectl), ("timeout", &self.timeout), ("date", &self.date), ("watch", &self.watch)];
        let found = found.into_iter().filter_map(|(name, tool)| tool.is_some().then_some(name));
        let kind = self.kind.is_some().then_some("kind");
        ["cub", "sleep"].into_iter().chain(kind).chain(found).chain(self.recorded.iter().map(|(name, _)| *name))
    }
}

/// A new folder with a path short enough for a socket in it: macOS allows 104 bytes (unix(4)).
fn new_folder(wanted: Option<&Path>) -> Result<tempfile::TempDir, SetupError> {
    const LONGEST: usize = 80;
    let usual = wanted.map_or_else(std::env::temp_dir, Path::to_owned);
    let beside = if usual.as_os_str().len() > LONGEST { Path::new("/tmp") } else { &usual };
    tempfile::Builder::new().prefix("stagegate-").tempdir_in(beside).map_err(failed_at(beside))
}

/// Writes a file that only its owner can read.
fn write(path: &Path, text: &str) -> Result<(), SetupError> {
    if let Some(folder) = path.parent() {
        fs::create_dir_all(folder).map_err(failed_at(folder))?;
    }
    let mut options = fs::OpenOptions::new();
    let file = options.write(true).create(true).truncate(true).mode(0o600).open(path);
    file.and_then(|mut file| io::Write::write_all(&mut file, text.as_bytes())).map_err(failed_at(path))
}

fn failed_at(path: &Path) -> impl Fn(io::Error) -> SetupError {
    let path = path.to_owned();
    move |source| SetupError::File { path: path.clone(), source }
}

impl Setup {
    /// A setup with the tools of this process's own PATH, the built-in client and nothing else.
    pub fn new(checkout: Checkout, shim: PathBuf) -> Self {
        Self {
            checkout,
            shim,
            cub: Cub::BuiltIn(Era::default()),
            path: std::env::var_os("PATH").unwrap_or_else(|| OsStr::new("/usr/bin:/bin").to_owned()),
            kubeconfig: None,
            kind: None,
            mark_kubeconfig: false,
            folder: None,
            home: Vec::new(),
            environment: Vec::new(),
        }
    }
}
