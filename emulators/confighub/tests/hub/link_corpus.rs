//! The corpus of link situations in `tests/links`: what links make of units' data, in whatever order units
//! and links come.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use base64::Engine;
use proptest::prelude::*;
use proptest::strategy::ValueTree;
use proptest::test_runner::TestRunner;
use serde_json::json;

use crate::client::{Bench, text};

/// A step in making a situation. Units are called such as `shop.web`.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Make {
    Unit(String, String),
    Link(String, String),
}

fn cases() -> Vec<PathBuf> {
    let corpus = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/links");
    let mut cases: Vec<PathBuf> = fs::read_dir(corpus).unwrap().map(|entry| entry.unwrap().path()).collect();
    cases.sort();
    cases
}

/// The units of a case in order of their names, then its links.
fn steps(case: &Path) -> Vec<Make> {
    let mut files: Vec<PathBuf> = fs::read_dir(case).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.retain(|path| path.extension().is_some_and(|extension| extension == "yaml"));
    files.sort();
    let unit = |path: &PathBuf| {
        let name = path.file_stem().unwrap().to_string_lossy().into_owned();
        Make::Unit(name, fs::read_to_string(path).unwrap())
    };
    let links = fs::read_to_string(case.join("links.txt")).unwrap();
    let link = |line: &str| {
        let (from, to) = line.split_once(" -> ").unwrap();
        Make::Link(from.to_owned(), to.to_owned())
    };
    files.iter().map(unit).chain(links.lines().map(link)).collect()
}

/// The steps with each link after the units that it needs, and otherwise as they come.
fn possible(steps: Vec<Make>) -> Vec<Make> {
    let mut ordered: Vec<Make> = Vec::new();
    let mut waiting: Vec<Make> = Vec::new();
    for step in steps {
        match step {
            Make::Unit(..) => ordered.push(step),
            Make::Link(..) => waiting.push(step),
        }
        let made = |name: &str| ordered.iter().any(|step| matches!(step, Make::Unit(unit, _) if unit == name));
        let (ready, rest): (Vec<Make>, Vec<Make>) =
            waiting.into_iter().partition(|step| matches!(step, Make::Link(from, to) if made(from) && made(to)));
        ordered.extend(ready);
        waiting = rest;
    }
    ordered
}

/// The data of every unit after these steps.
async fn resolved(steps: Vec<Make>) -> String {
    let bench = Bench::start().await;
    let mut spaces = BTreeMap::new();
    let mut units = BTreeMap::new();
    for step in possible(steps) {
        match step {
            Make::Unit(name, data) => {
                let (space, slug) = name.split_once('.').unwrap();
                if !spaces.contains_key(space) {
                    spaces.insert(space.to_owned(), bench.space(space).await);
                }
                units.insert(name.clone(), bench.unit(&spaces[space], slug, &data).await);
            }
            Make::Link(from, to) => {
                let id = |name: &str| units[name].rsplit('/').next().unwrap().to_owned();
                let space = |name: &str| spaces[name.split_once('.').unwrap().0].clone();
                let body = json!({"Slug": "-", "FromUnitID": id(&from), "ToUnitID": id(&to), "ToSpaceID": space(&to)});
                bench.created(&format!("/space/{}/link", space(&from)), body).await;
            }
        }
    }
    let mut told = String::new();
    for (name, path) in units {
        let (_, unit) = bench.get(&path).await;
        let data = base64::engine::general_purpose::STANDARD.decode(text(&unit["Unit"]["Data"])).unwrap();
        told.push_str(&format!("### {name}\n{}", String::from_utf8(data).unwrap()));
    }
    told
}

#[tokio::test]
async fn links_fill_in_what_units_need() {
    for case in cases() {
        let told = resolved(steps(&case)).await;
        insta::with_settings!({snapshot_path => &case, prepend_module_to_snapshot => false, omit_expression => true}, {
            insta::assert_snapshot!("resolved", told);
        });
    }
}

#[tokio::test]
async fn the_order_of_units_and_links_does_not_matter() {
    let mut runner = TestRunner::deterministic();
    for case in cases() {
        let steps = steps(&case);
        let expected = resolved(steps.clone()).await;
        for _ in 0..4 {
            let shuffled = Just(steps.clone()).prop_shuffle().new_tree(&mut runner).unwrap().current();
            let order = format!("{}: {:?}", case.display(), possible(shuffled.clone()));
            assert_eq!(resolved(shuffled).await, expected, "{order}");
        }
    }
}
