//! Copies of kubeconfig files whose tokens carry a command's number, so that the cluster knows
//! which command each request of kubectl belongs to.

use std::ffi::{OsStr, OsString};
use std::fs::{self, File};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use serde_json::Value;
use stagegate_simulation::token_for_command;
use tokio::process::Command;

/// Marked copies; dropping it removes them.
#[derive(Default)]
pub(super) struct Copies(Vec<Copy>);

/// Memory that the tool opens by the number it inherits: a file on a disk takes as long to make and remove as all
/// else that is done for a command.
#[cfg(target_os = "linux")]
struct Copy {
    file: File,
}

#[cfg(target_os = "linux")]
impl Copy {
    fn of(text: &[u8], _folder: &Path, name: &str) -> io::Result<Self> {
        let mut file = File::from(rustix::fs::memfd_create(name, rustix::fs::MemfdFlags::empty())?);
        file.write_all(text)?;
        Ok(Self { file })
    }

    fn path(&self) -> PathBuf {
        use std::os::fd::AsRawFd as _;
        // proc(5): who opens it gets the file from its beginning.
        PathBuf::from(format!("/proc/self/fd/{}", self.file.as_raw_fd()))
    }
}

/// A file in the run's own folder.
#[cfg(not(target_os = "linux"))]
struct Copy {
    path: PathBuf,
}

#[cfg(not(target_os = "linux"))]
impl Copy {
    fn of(text: &[u8], folder: &Path, name: &str) -> io::Result<Self> {
        use std::os::unix::fs::OpenOptionsExt as _;
        let path = folder.join(name);
        let mut file = File::options().write(true).create_new(true).mode(0o600).open(&path)?;
        file.write_all(text)?;
        Ok(Self { path })
    }

    fn path(&self) -> PathBuf {
        self.path.clone()
    }
}

#[cfg(not(target_os = "linux"))]
impl Drop for Copy {
    fn drop(&mut self) {
        // The folder it is in is removed with the run in any case.
        let _left_to_the_run = fs::remove_file(&self.path);
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
            let name = format!("kubeconfig-{number}-{}", copies.0.len());
            match marked_text(&file, number).and_then(|text| Copy::of(text.as_bytes(), folder, &name)) {
                Ok(copy) => {
                    let path = copy.path();
                    copies.0.push(copy);
                    path
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

/// What `file` holds, with command `number` in its tokens.
fn marked_text(file: &Path, number: u64) -> io::Result<String> {
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
    Ok(config.to_string())
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
        let file = folder.path().join("config");
        fs::write(&file, KUBECONFIG).unwrap();
        let marked: Value = serde_json::from_str(&marked_text(&file, 7).unwrap()).unwrap();
        let cluster = &marked["clusters"][0]["cluster"];
        assert_eq!(cluster["server"], "https://127.0.0.1:1234");
        assert_eq!(cluster["certificate-authority"], format!("{}/certificates/ca.crt", folder.path().display()));
        assert_eq!(marked["users"][0]["user"]["token"], "secret~command~7");
        assert_eq!(marked["users"][1]["user"]["client-key"], "/keys/other");
    }

    #[test]
    fn a_copy_can_be_opened_more_than_once_and_goes_when_it_is_dropped() {
        let folder = tempfile::tempdir().unwrap();
        let copy = Copy::of(b"text", folder.path(), "copy").unwrap();
        let path = copy.path();
        for _ in 0..2 {
            assert_eq!(fs::read_to_string(&path).unwrap(), "text");
        }
        drop(copy);
        assert!(!path.exists());
    }

    #[test]
    fn the_flag_is_found_in_both_forms() {
        let named = |words: &[&str]| named_by_flag(&words.iter().map(OsString::from).collect::<Vec<_>>());
        assert_eq!(named(&["get", "--kubeconfig", "a", "pods"]), Some((1..3, PathBuf::from("a"))));
        assert_eq!(named(&["--kubeconfig=a", "get"]), Some((0..1, PathBuf::from("a"))));
        assert_eq!(named(&["get", "--kubeconfig"]), None);
    }
}
