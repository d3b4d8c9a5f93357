//! What holds of functions whatever the data.

use std::path::Path;

use proptest::prelude::*;
use serde_json::json;

use crate::functions::{self, Argument, Done, FunctionError, Named, Request};

const MANIFESTS: [&str; 12] = [
    "deployment",
    "statefulset",
    "daemonset",
    "replicaset",
    "job",
    "cronjob",
    "pod",
    "services",
    "ingress",
    "comments",
    "lists",
    "several",
];

fn manifest(name: &str) -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/functions/manifests").join(format!("{name}.yaml"));
    std::fs::read_to_string(path).unwrap()
}

fn arguments(values: &[&str]) -> Vec<Argument> {
    values.iter().map(|value| Argument { value: json!(value), ..Argument::default() }).collect()
}

/// Runs a function on data of which nothing else is known.
fn run(function: &str, arguments: &[Argument], data: &str) -> Result<Done, FunctionError> {
    let named = Named { name: function.to_owned(), arguments: arguments.to_vec() };
    functions::run(named, Request { data, ..Request::default() })
}

/// The data after a function that changes data.
fn after(function: &str, values: &[&str], data: &str) -> String {
    match run(function, &arguments(values), data) {
        Ok(Done::Data(data)) => data,
        other => panic!("{function} {values:?}: {other:?}"),
    }
}

/// The values that a getter gives.
fn got(function: &str, values: &[&str], data: &str) -> Vec<String> {
    let Ok(Done::Output(output, _)) = run(function, &arguments(values), data) else { panic!("{function}") };
    output.as_array().unwrap().iter().map(|entry| entry["Value"].as_str().unwrap().to_owned()).collect()
}

/// What stands after each `#` that begins a comment; text that only looks like one is there before and after.
fn comments(data: &str) -> Vec<&str> {
    let mut found: Vec<&str> =
        data.lines().filter_map(|line| line.find("# ").map(|place| line[place + 2..].trim_end())).collect();
    found.sort_unstable();
    found
}

#[test]
fn data_that_was_written_once_is_written_the_same_again() {
    for name in MANIFESTS {
        let once = after("echo", &[], &manifest(name));
        assert_eq!(after("echo", &[], &once), once, "{name}");
    }
}

#[test]
fn no_comment_is_lost() {
    // The document of `several` that has nothing else goes.
    for name in MANIFESTS.into_iter().filter(|name| *name != "several") {
        let before = manifest(name);
        let after = after("set-label", &["stage", "gate"], &before);
        // What only stood before the first document is no part of it.
        let kept: Vec<&str> = comments(&after);
        let lost: Vec<&str> = comments(&before).into_iter().filter(|comment| !kept.contains(comment)).collect();
        assert!(lost.is_empty() || (name == "services" && lost == ["Services of the shop"]), "{name}: {lost:?}");
    }
}

proptest! {
    #[test]
    fn setting_twice_is_setting_once_and_getting_gives_what_was_set(
        name in prop::sample::select(&MANIFESTS[..]),
        value in "[ -~\u{e4}\u{1f600}\n\t]{0,24}",
    ) {
        // The executor writes a text of several lines as a block, which it cannot read when a tab begins it.
        prop_assume!(!(value.contains('\n') && value.trim_start_matches('\n').starts_with('\t')));
        let data = manifest(name);
        let once = after("set-annotation", &["example.com/law", &value], &data);
        prop_assert_eq!(&after("set-annotation", &["example.com/law", &value], &once), &once);
        let got = got("get-annotation", &["example.com/law"], &once);
        prop_assert!(!got.is_empty() && got.iter().all(|found| *found == value), "{:?} in\n{}", got, once);
    }

    #[test]
    fn no_text_is_too_odd(data in "(apiVersion: v1\nkind: A\nmetadata:\n  name: a\n)?[ -~\n\t\u{e4}]{0,80}") {
        // Whatever comes of it, it is an answer.
        let _ = run("set-label", &arguments(&["a", "b"]), &data);
        let _ = run("get-placeholders", &[], &data);
    }
}

#[test]
fn data_that_cannot_be_is_refused() {
    const HEAD: &str = "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: a\n";
    let parsing = |problem: &str| format!("configuration data parsing error: yaml: {problem}");
    for (rest, problem) in [
        (" data: wrong\n", "line 4: did not find expected key"),
        ("data: [\n", "line 5: did not find expected node content"),
        ("data: \"x\n", "line 5: found unexpected end of stream"),
        ("data: *nosuch\n", "unknown anchor 'nosuch' referenced"),
        ("data: \"\u{0}\"\n", "control characters are not allowed"),
        ("\tdata: x\n", "line 4: found a tab character that violates indentation"),
        (&format!("data: {}\n", "[".repeat(5000)), "line 5: nested more than 200 levels deep"),
        (&format!("data:\n{}x\n", "- ".repeat(5000)), "line 6: nested more than 200 levels deep"),
    ] {
        let error = run("set-label", &arguments(&["a", "b"]), &format!("{HEAD}{rest}")).unwrap_err();
        assert_eq!(error.to_string(), parsing(problem), "{}", &rest[..rest.len().min(40)]);
    }
}

#[test]
fn anchors_that_explode_are_not_followed() {
    let mut data =
        "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: a\na: &a [x, x, x, x, x, x, x, x, x, x]\n".to_owned();
    for (name, before) in ('b'..='p').zip('a'..) {
        let items = vec![format!("*{before}"); 10].join(", ");
        data.push_str(&format!("{name}: &{name} [{items}]\n"));
    }
    data.push_str("self: &self [*self]\n");
    assert!(after("set-label", &["a", "b"], &data).contains("*o, *o"));
    assert!(matches!(run("get-placeholders", &[], &data), Ok(Done::Output(..))));
    assert!(matches!(run("get-resources", &arguments(&["json"]), &data), Ok(Done::Output(..))));
}
