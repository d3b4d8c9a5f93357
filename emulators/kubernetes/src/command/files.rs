//! The files a simulated container has: what its volumes mount, and three that the kubelet writes.

use std::collections::BTreeMap;

use super::{Place, Sink, Stream, basic};
use crate::node::mounts;
use crate::store::object;

/// Path and content of every file.
fn all(place: &Place) -> BTreeMap<String, String> {
    let pod = place.pod.object();
    let namespace = object::namespace(&pod);
    let mut files = BTreeMap::from([
        ("/etc/hostname".to_owned(), basic::hostname(place) + "\n"),
        (
            "/etc/resolv.conf".to_owned(),
            format!(
                "search {namespace}.svc.cluster.local svc.cluster.local cluster.local\nnameserver 10.96.0.10\noptions ndots:5\n"
            ),
        ),
        (
            "/etc/hosts".to_owned(),
            format!(
                "# Kubernetes-managed hosts file.\n127.0.0.1\tlocalhost\n{}\t{}\n",
                place.pod.ip,
                basic::hostname(place)
            ),
        ),
    ]);
    if let Some(node) = place.pod.node.upgrade() {
        files.extend(mounts::files(&node, &pod, &place.container, &place.pod.ip));
    }
    files
}

pub(super) fn cat(place: &Place, args: &[String], stdin: &str, out: Sink<'_>) -> i32 {
    if args.is_empty() {
        out(Stream::Stdout, stdin);
        return 0;
    }
    let files = all(place);
    let mut status = 0;
    for path in args {
        if let Some(content) = files.get(path.as_str()) {
            out(Stream::Stdout, content);
        } else {
            out(
                Stream::Stderr,
                &match entries(&files, path).as_slice() {
                    [] => format!("cat: can't open '{path}': No such file or directory\n"),
                    _ => "cat: read error: Is a directory\n".to_owned(),
                },
            );
            status = 1;
        }
    }
    status
}

/// The names directly below a folder.
fn entries(files: &BTreeMap<String, String>, folder: &str) -> Vec<String> {
    let prefix = format!("{}/", folder.trim_end_matches('/'));
    let below = files.keys().filter_map(|path| path.strip_prefix(&prefix));
    let mut names: Vec<String> = below.filter_map(|rest| rest.split('/').next()).map(str::to_owned).collect();
    names.dedup();
    names
}

pub(super) fn ls(place: &Place, args: &[String], out: Sink<'_>) -> i32 {
    let files = all(place);
    let paths: Vec<&str> = args.iter().map(String::as_str).filter(|arg| !arg.starts_with('-')).collect();
    let mut status = 0;
    for path in if paths.is_empty() { vec!["/"] } else { paths } {
        let mut names = match path.trim_end_matches('/') {
            "/bin" => place.commands().map(str::to_owned).collect(),
            _ => entries(&files, path),
        };
        if path == "/" {
            names.extend(["bin".to_owned(), "proc".to_owned(), "tmp".to_owned()]);
            names.sort();
        }
        if files.contains_key(path) {
            names.push(path.to_owned());
        }
        if names.is_empty() {
            out(Stream::Stderr, &format!("ls: {path}: No such file or directory\n"));
            status = 1;
        }
        for name in names {
            out(Stream::Stdout, &(name + "\n"));
        }
    }
    status
}
