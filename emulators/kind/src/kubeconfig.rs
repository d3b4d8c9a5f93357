//! The cluster's entries in the kubeconfig that a script uses.

use std::fs;
use std::path::{Path, PathBuf};

use serde_json::{Value, json};

use crate::Call;
use crate::command_line::CommandLine;
use crate::failure::Failure;

/// The lists of a kubeconfig, and what each entry has besides its name.
const LISTS: [(&str, &str); 3] = [("clusters", "cluster"), ("contexts", "context"), ("users", "user")];

impl Call<'_> {
    /// The file that kind would write: what the flag says, the first of KUBECONFIG that exists or else its last, or the
    /// one in the home folder.
    pub(crate) fn kubeconfig_file(&self, line: &CommandLine) -> PathBuf {
        if let Some(path) = line.value("kubeconfig") {
            return self.path(path);
        }
        let listed = self.invocation.env.get("KUBECONFIG").map(std::env::split_paths);
        let listed: Vec<PathBuf> = listed.into_iter().flatten().filter(|path| !path.as_os_str().is_empty()).collect();
        let listed: Vec<PathBuf> = listed.into_iter().map(|path| self.invocation.cwd.join(path)).collect();
        let home = || Path::new(self.invocation.env.get("HOME").map_or("/", String::as_str)).join(".kube/config");
        listed.iter().find(|path| path.exists()).or(listed.last()).cloned().unwrap_or_else(home)
    }

    /// The text of a kubeconfig for the cluster `name`.
    pub(crate) fn own_kubeconfig(&self, name: &str) -> Result<String, Failure> {
        let own = parse(&self.machine.kubeconfig)?;
        text(&with(json!({}), &own, &context(name)))
    }

    /// Puts the cluster `name` into `file` and makes it the current one.
    pub(crate) fn add_to(&self, file: &Path, name: &str) -> Result<(), Failure> {
        let own = parse(&self.machine.kubeconfig)?;
        let there = match fs::read_to_string(file) {
            Ok(text) if !text.trim().is_empty() => parse(&text)?,
            _ => json!({}),
        };
        write(file, &with(there, &own, &context(name)))
    }
}

/// Takes the cluster `name` out of `file`, and out of what is current there.
pub(crate) fn take_from(file: &Path, name: &str) -> Result<(), Failure> {
    let Ok(there) = fs::read_to_string(file) else { return Ok(()) };
    write(file, &without(parse(&there)?, &context(name)))
}

/// The name of the context of a cluster.
pub(crate) fn context(name: &str) -> String {
    format!("kind-{name}")
}

fn with(there: Value, own: &Value, name: &str) -> Value {
    let current = there.clone();
    let mut config = without(there, name);
    for (list, inner) in LISTS {
        let mut entry = own.pointer(&format!("/{list}/0/{inner}")).cloned().unwrap_or_default();
        if inner == "context" {
            entry = json!({"cluster": name, "user": name});
        }
        let mut entries = config.get(list).and_then(Value::as_array).cloned().unwrap_or_default();
        entries.push(json!({"name": name, inner: entry}));
        config[list] = Value::Array(entries);
    }
    for (key, value) in [("apiVersion", "v1"), ("kind", "Config")] {
        config[key] = current.get(key).cloned().unwrap_or_else(|| value.into());
    }
    config["current-context"] = name.into();
    config
}

fn without(mut config: Value, name: &str) -> Value {
    for (list, _) in LISTS {
        if let Some(entries) = config.get_mut(list).and_then(Value::as_array_mut) {
            entries.retain(|entry| entry["name"] != name);
        }
    }
    if config["current-context"] == name {
        config["current-context"] = "".into();
    }
    config
}

fn parse(text: &str) -> Result<Value, Failure> {
    serde_saphyr::from_str(text).map_err(|error| Failure::failed(format!("failed to parse kubeconfig: {error}")))
}

fn text(config: &Value) -> Result<String, Failure> {
    serde_saphyr::to_string(config).map_err(|error| Failure::failed(format!("failed to encode kubeconfig: {error}")))
}

fn write(file: &Path, config: &Value) -> Result<(), Failure> {
    use std::os::unix::fs::OpenOptionsExt as _;
    let text = text(config)?;
    let folder = file.parent().map_or(Ok(()), fs::create_dir_all);
    let mut options = fs::OpenOptions::new();
    let opened = folder.and_then(|()| options.write(true).create(true).truncate(true).mode(0o600).open(file));
    opened
        .and_then(|mut file| std::io::Write::write_all(&mut file, text.as_bytes()))
        .map_err(|error| Failure::failed(format!("failed to write kubeconfig {}: {error}", file.display())))
}
