//! Copies of kubeconfig files whose tokens carry a command's number, so that the cluster knows
//! which command each request of kubectl belongs to.

use std::ffi::{OsStr, OsString};
use std::fs;
use std::io::{self, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

use serde_json::Value;
use stagegate_simulation::token_for_command;
use tokio::process::Command;

/// Marked copies; dropping it removes them.
pub(super) struct Copies(Vec<PathBuf>);

impl Drop for Copies {
    fn drop(&mut self) {
        for copy in &self.0 {
            // The folder they are in is removed with the run in any case.
            let _left_to_the_run = fs::remove_file(copy);
        }
    }
}

/// Has `command` use marked copies of the kubeconfig files it would have used.
///
/// `kubectl config` reads and writes the files and asks no server, so it gets the files themselves.
/// A file that cannot be read or understood is left for the tool to complain about.
pub(super) fn mark(command: &mut Command, control: &Path, arguments: &[OsString], number: u64) -> Copies {
    let mut copies = Copies(Vec::new());
    let first_word = arguments.iter().find(|word| !word.to_string_lossy().starts_with('-'));
    let Some(folder) = control.parent() else { return copies };
    if first_word.is_some_and(|word| word == "config") {
        return copies;
    }
    let mut files = Vec::new();
    for (index, file) in std::env::split_paths(&kubeconfig()).enumerate() {
        let copy = folder.join(format!("kubeconfig-{number}-{index}"));
        match write_marked(&file, &copy, number) {
            Ok(()) => {
                copies.0.push(copy.clone());
                files.push(copy);
            }
            Err(_) => files.push(file),
        }
    }
    if let (false, Ok(list)) = (copies.0.is_empty(), std::env::join_paths(files)) {
        command.env("KUBECONFIG", list);
    }
    copies
}

/// The files kubectl reads: KUBECONFIG, or `.kube/config` in the home folder
/// (kubernetes.io, "Organizing cluster access using kubeconfig files").
fn kubeconfig() -> OsString {
    let named = std::env::var_os("KUBECONFIG").filter(|list| !list.is_empty());
    named
        .or_else(|| Some(Path::new(&std::env::var_os("HOME")?).join(".kube/config").into_os_string()))
        .unwrap_or_default()
}

fn write_marked(file: &Path, copy: &Path, number: u64) -> io::Result<()> {
    let text = fs::read_to_string(file)?;
    let mut config: Value = serde_saphyr::from_str(&text).map_err(io::Error::other)?;
    let beside = file.parent().unwrap_or(Path::new("."));
    for user in entries(&mut config, "users", "user") {
        if let Some(Value::String(token)) = user.get_mut("token") {
            *token = token_for_command(token, number);
        }
        absolute(user, &["client-certificate", "client-key", "tokenFile"], beside);
    }
    for cluster in entries(&mut config, "clusters", "cluster") {
        absolute(cluster, &["certificate-authority"], beside);
    }
    // JSON is YAML too.
    let mut copy = fs::OpenOptions::new().write(true).create_new(true).mode(0o600).open(copy)?;
    copy.write_all(config.to_string().as_bytes())
}

/// The `inner` object of each entry of the list `outer`.
fn entries<'a>(config: &'a mut Value, outer: &str, inner: &'a str) -> impl Iterator<Item = &'a mut Value> {
    let list = config.get_mut(outer).and_then(Value::as_array_mut);
    list.into_iter().flatten().filter_map(move |entry| entry.get_mut(inner))
}

/// Paths in a kubeconfig count from its own folder, so the copy needs them whole.
fn absolute(entry: &mut Value, keys: &[&str], beside: &Path) {
    for key in keys {
        if let Some(Value::String(path)) = entry.get_mut(*key)
            && !path.is_empty()
        {
            *path = beside.join(OsStr::new(path.as_str())).to_string_lossy().into_owned();
        }
    }
}
