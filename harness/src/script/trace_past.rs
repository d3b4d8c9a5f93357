//! Calls of tools that run past their shims: by a path, or with a PATH that no longer begins with the
//! shims' folder. bash's trace shows them, but nothing records what they said and did.

use std::collections::{HashMap, HashSet};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::trace_file::InShell;

/// The most such calls of one script that are told.
const MOST: usize = 200;

/// Commands that run the command in their arguments.
const RUNNERS: [&str; 12] =
    ["command", "env", "exec", "nice", "nohup", "setsid", "stdbuf", "sudo", "time", "timeout", "xargs", "builtin"];
const SHELLS: [&str; 4] = ["bash", "sh", "dash", "zsh"];

/// Which calls have a shim of their own to tell of them, and which have not.
pub(crate) struct Past {
    shims: PathBuf,
    /// The tools that have a shim which records.
    names: HashSet<String>,
    /// By place in the trace: the calls that a shim has told of.
    told: HashSet<u64>,
    /// Calls that seem to run past, and why.
    calls: Vec<(Arc<InShell>, String)>,
    /// Functions of scripts that have a tool's name.
    functions: HashSet<String>,
    /// Shells whose PATH no longer leads to the shims.
    astray: HashMap<u32, bool>,
}

impl Past {
    /// For shims in the folder `shims`, of which those called `names` record.
    pub(crate) fn of(shims: PathBuf, names: impl Iterator<Item = &'static str>) -> Self {
        Self {
            shims,
            names: names.map(str::to_owned).collect(),
            told: HashSet::new(),
            calls: Vec::new(),
            functions: HashSet::new(),
            astray: HashMap::new(),
        }
    }

    pub(crate) fn shims(&self) -> &Path {
        &self.shims
    }

    /// A shim has told of the call `command`.
    pub(crate) fn tell(&mut self, command: &InShell) {
        self.told.insert(command.index);
    }

    pub(crate) fn is_told(&self, command: &InShell) -> bool {
        self.told.contains(&command.index)
    }

    /// Whether nothing else than the trace tells of `command`, although it runs a tool that has a shim.
    pub(crate) fn is_past(&self, command: &InShell) -> bool {
        !self.is_told(command) && self.calls.iter().any(|(call, _)| call.index == command.index)
    }

    /// Takes in the next entry of the trace.
    pub(crate) fn take_in(&mut self, command: &Arc<InShell>) {
        let traced = &command.traced;
        self.functions.extend(
            traced.calls.iter().map(|call| &call.function).filter(|name| self.names.contains(base(name))).cloned(),
        );
        if let Some(path) = assigned_path(&traced.words) {
            let leads = std::env::split_paths(path).any(|folder| folder == self.shims);
            self.astray.insert(traced.shell, !leads);
        }
        if self.calls.len() < MOST
            && let Some(why) = self.why(traced.shell, &traced.words)
        {
            self.calls.push((Arc::clone(command), why));
        }
    }

    /// The calls that ran past, and why.
    pub(crate) fn calls(&self) -> impl Iterator<Item = &(Arc<InShell>, String)> {
        let is_function =
            |command: &InShell| command.traced.words.first().is_some_and(|name| self.functions.contains(name));
        self.calls.iter().filter(move |(call, _)| !self.is_told(call) && !is_function(call))
    }

    /// Whether these words run a tool that has a shim which records.
    pub(crate) fn runs_tool(&self, words: &[String]) -> bool {
        self.tool(words).is_some()
    }

    /// Which of the words is the tool.
    fn tool(&self, words: &[String]) -> Option<usize> {
        let is_tool = |word: &String| !word.contains('=') && self.names.contains(base(word));
        match words.first() {
            Some(first) if is_tool(first) => Some(0),
            Some(first) if RUNNERS.contains(&base(first)) => words.iter().position(is_tool),
            _ => None,
        }
    }

    /// What takes a call past the shims.
    fn why(&self, shell: u32, words: &[String]) -> Option<String> {
        let runner = words.first().map(|word| base(word)).unwrap_or_default();
        let Some(at) = self.tool(words) else { return runs_without_environment(runner, words) };
        let tool = &words[at];
        let options = &words[1.min(at)..at];
        let option = |names: &[&str]| options.iter().any(|word| names.contains(&word.as_str()));
        if tool.contains('/') && Path::new(tool).parent() != Some(self.shims.as_path()) {
            Some("it is called by its path".to_owned())
        } else if tool.contains('/') {
            None
        } else if runner == "env" && options.iter().any(|word| word.starts_with("PATH=")) {
            Some("`env` gives it another PATH".to_owned())
        } else if runner == "env" && option(&["-i", "-", "--ignore-environment"]) {
            Some("`env -i` takes PATH away from it".to_owned())
        } else if runner == "command" && option(&["-p"]) {
            Some("`command -p` looks in the system's own folders".to_owned())
        } else if runner == "sudo" {
            Some("`sudo` has a PATH of its own".to_owned())
        } else if self.astray.get(&shell) == Some(&true) {
            Some("the script has given itself another PATH".to_owned())
        } else {
            None
        }
    }
}

/// `env -i` before a script or a shell: nothing in there is traced.
fn runs_without_environment(runner: &str, words: &[String]) -> Option<String> {
    let (clears, rest) = words.split_at_checked(2)?;
    let clears = runner == "env" && matches!(clears[1].as_str(), "-i" | "-" | "--ignore-environment");
    let run = rest.iter().find(|word| !word.contains('=') && !word.starts_with('-'))?;
    let is_script = run.contains('/') || SHELLS.contains(&run.as_str());
    (clears && is_script).then(|| "`env -i` takes the tracer away from it and all that it runs".to_owned())
}

/// The value that a command gives PATH, if it does.
fn assigned_path(words: &[String]) -> Option<&str> {
    let declares = matches!(words.first()?.as_str(), "export" | "declare" | "typeset" | "readonly" | "local");
    let candidates = if declares { &words[1..] } else { &words[..1] };
    candidates.iter().find_map(|word| word.strip_prefix("PATH="))
}

fn base(word: &str) -> &str {
    word.rsplit('/').next().unwrap_or(word)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn why(text: &str) -> Option<String> {
        let past = Past::of(PathBuf::from("/run/bin"), ["kubectl", "jq"].into_iter());
        past.why(1, &text.split(' ').map(str::to_owned).collect::<Vec<_>>())
    }

    #[test]
    fn what_a_shim_sees_does_not_run_past() {
        for text in [
            "kubectl get x",
            "/run/bin/kubectl get x",
            "command kubectl get",
            "timeout 5 jq .",
            "echo /usr/bin/kubectl",
            "env A=b kubectl get",
            "xargs kubectl delete",
            "ls /usr/bin/jq",
            "env -i date",
            "env -i FOO=/x sort",
        ] {
            assert_eq!(why(text), None, "{text}");
        }
    }

    #[test]
    fn paths_and_other_values_of_path_run_past() {
        for text in [
            "/usr/bin/kubectl get x",
            "./kubectl get",
            "exec /bin/jq .",
            "env -i kubectl",
            "env PATH=/bin kubectl",
            "command -p jq",
            "sudo kubectl get",
            "env -i bash -c kubectl",
            "env -i HOME=/x ./run.sh",
        ] {
            assert!(why(text).is_some(), "{text}");
        }
    }

    #[test]
    fn assignments_of_path_are_told_from_other_words() {
        let path =
            |text: &str| assigned_path(&text.split(' ').map(str::to_owned).collect::<Vec<_>>()).map(str::to_owned);
        assert_eq!(path("PATH=/bin"), Some("/bin".to_owned()));
        assert_eq!(path("export A=1 PATH=/bin"), Some("/bin".to_owned()));
        assert_eq!(path("echo PATH=/bin"), None);
        assert_eq!(path("MYPATH=/bin"), None);
    }
}
