//! The files a simulated container has: what its volumes mount, and three that the kubelet writes.

use std::collections::BTreeMap;

use stagegate_commands::{CLIENTS, FileError, Machine as _, NAMES};

use super::Place;
use crate::node::mounts;
use crate::store::object;

/// Path and content of every file.
fn all(place: &Place) -> BTreeMap<String, String> {
    let pod = place.pod.object();
    let namespace = object::namespace(&pod);
    let mut files = BTreeMap::from([
        ("/etc/hostname".to_owned(), place.hostname() + "\n"),
        (
            "/etc/resolv.conf".to_owned(),
            format!(
                "search {namespace}.svc.cluster.local svc.cluster.local cluster.local\nnameserver 10.96.0.10\noptions ndots:5\n"
            ),
        ),
        (
            "/etc/hosts".to_owned(),
            format!("# Kubernetes-managed hosts file.\n127.0.0.1\tlocalhost\n{}\t{}\n", place.pod.ip, place.hostname()),
        ),
    ]);
    if let Some(node) = place.pod.node.upgrade() {
        files.extend(mounts::files(&node, &pod, &place.container, &place.pod.ip));
    }
    files
}

pub(super) fn read(place: &Place, path: &str) -> Result<String, FileError> {
    let mut files = all(place);
    match files.remove(path) {
        Some(content) => Ok(content),
        None if below(&files, path).is_empty() => Err(FileError::NotFound),
        None => Err(FileError::IsFolder),
    }
}

/// The names directly below a folder.
fn below(files: &BTreeMap<String, String>, folder: &str) -> Vec<String> {
    let prefix = format!("{}/", folder.trim_end_matches('/'));
    let below = files.keys().filter_map(|path| path.strip_prefix(&prefix));
    let mut names: Vec<String> = below.filter_map(|rest| rest.split('/').next()).map(str::to_owned).collect();
    names.dedup();
    names
}

pub(super) fn entries(place: &Place, path: &str) -> Result<Vec<String>, FileError> {
    let files = all(place);
    if files.contains_key(path) {
        return Err(FileError::NotAFolder);
    }
    let mut names: Vec<String> = match path.trim_end_matches('/') {
        "/bin" => {
            let mut all: Vec<&str> = NAMES.iter().chain(CLIENTS).copied().filter(|name| place.has(name)).collect();
            all.sort_unstable();
            all.into_iter().map(str::to_owned).collect()
        }
        _ => below(&files, path),
    };
    if path == "/" {
        names.extend(["bin".to_owned(), "proc".to_owned(), "tmp".to_owned()]);
        names.sort();
    }
    if names.is_empty() { Err(FileError::NotFound) } else { Ok(names) }
}
