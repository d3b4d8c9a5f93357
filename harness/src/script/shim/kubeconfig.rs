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
#[derive(Default)]
pub(super) struct Copies(Vec<PathBuf>);

impl Drop for Copies {
    fn drop(&mut self) {
        for copy in &self.0 {
            // The folder they are in is removed with the run in any case.
            let _left_to_the_run = fs::remove_file(copy);
        }
    }
}

/// Gives `command` its arguments and has it use marked copies of the kubeconfig files it would use.
///
/// `kubectl config` reads and writes the files and asks no server, so it gets the files themselves.
/// A file that cannot be read or understood is left for the tool to complain about.
pub(super) fn mark(command: &mut Command, control: &Path, mut arguments: Vec<OsString>, number: u64) -> Copies {
    let mut copies = Copies::default();
    let first_word = arguments.iter().find(|word| !word.to_string_lossy().starts_with('-'));
    let folder = control.parent().filter(|_| first_word.is_none_or(|word| word != "config"));
    if let Some(folder) = folder {
        let mut marked = |file: PathBuf| {
            let copy = folder.join(format!("kubeconfig-{number}-{}", copies.0.len()));
            match write_marked(&file, &copy, number) {
                Ok(()) => {
                    copies.0.push(copy.clone());
                    copy
                }
                Err(_) => file,
            }
        };
        if let Some((range, file)) = named_by_flag(&arguments) {
            let mut flag = OsString::from("--kubeconfig=");
            flag.push(marked(file));
            arguments.splice(range, [flag]);
        } else if let Ok(list) = std::env::join_paths(std::env::split_paths(&kubeconfig()).map(marked)) {
            command.env("KUBECONFIG", list);
        }
    }
    command.args(arguments);
    copies
}

/// The file that `--kubeconfig` names, and which arguments do that.
fn named_by_flag(arguments: &[OsString]) -> Option<(std::ops::Range<usize>, PathBuf)> {
    const FLAG: &str = "--kubeconfig";
    arguments.iter().enumerate().find_map(|(index, argument)| match argument.to_str()?.strip_prefix(FLAG)? {
        "" => Some((index..index + 2, PathBuf::from(arguments.get(index + 1)?))),
        rest => Some((index..index + 1, PathBuf::from(rest.strip_prefix('=')?))),
    })
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

#[cfg(test)]
mod tests {
    use super::*;

    const KUBECONFIG: &str = "apiVersion: v1
kind: Config
clusters:
- name: one
  cluster:
    server: https://127.0.0.1:1234
    certificate-authority: certificates/ca.crt
users:
- name: one
  user:
    token: secret
- name: other
  user: {client-key: /keys/other}
";

    #[test]
    fn tokens_and_paths_are_made_fit() {
        let folder = tempfile::tempdir().unwrap();
        let (file, copy) = (folder.path().join("config"), folder.path().join("copy"));
        fs::write(&file, KUBECONFIG).unwrap();
        write_marked(&file, &copy, 7).unwrap();
        let marked: Value = serde_json::from_str(&fs::read_to_string(&copy).unwrap()).unwrap();
        let cluster = &marked["clusters"][0]["cluster"];
        assert_eq!(cluster["server"], "https://127.0.0.1:1234");
        assert_eq!(cluster["certificate-authority"], format!("{}/certificates/ca.crt", folder.path().display()));
        assert_eq!(marked["users"][0]["user"]["token"], "secret~command~7");
        assert_eq!(marked["users"][1]["user"]["client-key"], "/keys/other");
    }

    #[test]
    fn the_flag_is_found_in_both_forms() {
        let named = |words: &[&str]| named_by_flag(&words.iter().map(OsString::from).collect::<Vec<_>>());
        assert_eq!(named(&["get", "--kubeconfig", "a", "pods"]), Some((1..3, PathBuf::from("a"))));
        assert_eq!(named(&["--kubeconfig=a", "get"]), Some((0..1, PathBuf::from("a"))));
        assert_eq!(named(&["get", "--kubeconfig"]), None);
    }
}
