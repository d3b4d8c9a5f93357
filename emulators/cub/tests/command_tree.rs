//! The commands and flags of the client of August 2025, as its own `--help` gave them, against the stand-in's help.
#![allow(clippy::expect_used, clippy::unwrap_used, clippy::print_stdout, reason = "a test says what it expects")]

#[path = "recorded/shared.rs"]
mod shared;

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use serde::Deserialize;
use stagegate_cub::{Invocation, Streams};

/// What the client's help names.
#[derive(Debug, Default, PartialEq, Eq, Deserialize)]
struct Named {
    usage: Vec<String>,
    flags: BTreeSet<String>,
    /// Letters that stand for flags.
    shorts: BTreeSet<String>,
    /// The commands below.
    subs: BTreeSet<String>,
}

impl Named {
    /// Reads a help text in cobra's layout.
    fn read(help: &str) -> Self {
        let (mut named, mut section) = (Self::default(), "");
        for line in help.lines() {
            if let Some(title) = line.strip_suffix(':').filter(|title| !title.starts_with(' ')) {
                section = title;
                continue;
            }
            let Some(word) = line.split_whitespace().next().filter(|_| line.starts_with("  ")) else { continue };
            match section {
                "Usage" => named.usage.push(line.trim().to_owned()),
                "Available Commands" => _ = named.subs.insert(word.to_owned()),
                "Flags" | "Global Flags" => {
                    let words = line.split_whitespace().map(|word| word.trim_end_matches(','));
                    let shown: Vec<&str> = words.take_while(|word| word.starts_with('-')).collect();
                    for flag in shown {
                        match flag.strip_prefix("--") {
                            Some(long) => _ = named.flags.insert(long.to_owned()),
                            None => _ = named.shorts.insert(flag[1..].to_owned()),
                        }
                    }
                }
                _ => {}
            }
        }
        named
    }
}

async fn help(path: &str) -> String {
    let args = path.split(' ').filter(|word| !word.is_empty()).chain(["--help"]).map(str::to_owned).collect();
    let env = BTreeMap::from([("STAGEGATE_CUB_CONTRACT".to_owned(), "2025-08".to_owned())]);
    let invocation = Invocation { args, env, cwd: Path::new(".").to_owned() };
    let (mut stdout, mut stderr, mut stdin) = (Vec::new(), Vec::new(), std::io::empty());
    let streams = Streams { stdin: &mut stdin, stdout: &mut stdout, stderr: &mut stderr };
    assert_eq!(stagegate_cub::run(invocation, streams).await, 0, "cub {path} --help");
    String::from_utf8(stdout).unwrap()
}

#[tokio::test]
async fn the_help_names_what_the_clients_own_help_names() {
    let path = shared::shared().join("data/cub-command-tree-2025-08.json");
    let Ok(tree) = std::fs::read_to_string(&path) else {
        println!("skipped: the_help_names_what_the_clients_own_help_names: no shared data at {}", path.display());
        return;
    };
    let tree: BTreeMap<String, Named> = serde_json::from_str(&tree).expect("the tree is JSON");
    assert!(tree.len() > 100, "the tree has {} commands", tree.len());
    let mut differences = Vec::new();
    for (path, real) in &tree {
        let ours = Named::read(&help(path).await);
        if ours != *real {
            differences.push(format!("cub {path}\n  client {real:?}\n  here   {ours:?}"));
        }
    }
    assert!(differences.is_empty(), "{} commands differ:\n{}", differences.len(), differences.join("\n"));
}
