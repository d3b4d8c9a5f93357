//! Each edit changes its place and nothing else.

use std::fmt::Write;

use proptest::prelude::*;

use crate::configuration::{Leaves, Path, Scalar, Step, leaves, remove, resources, set, set_all};

const DEPLOYMENT: &str = "\
# The trading engine
apiVersion: apps/v1
kind: Deployment
metadata:
  name: trade-service   # keep me
  labels: {app: trade, tier: 'back end'}
  annotations:
spec:
  replicas: 3

  template:
    spec:
      containers:
      - name: main
        image: \"ghcr.io/finos/trade:1\" # pinned
        env:
        - name: A
          value: 'x'
        - name: B
          value: |
            two
            lines
        command: [sh, -c]
      # a sidecar
      - name: side
        image: envoy
---
apiVersion: v1
kind: Service
metadata: {name: trade-service}
";

fn steps(path: &str) -> Vec<Step> {
    let step = |part: &str| part.parse().map_or_else(|_| Step::Key(part.replace("~1", ".")), Step::Index);
    path.split('.').map(step).collect()
}

fn changed_lines(before: &str, after: &str) -> String {
    let (before, after): (Vec<&str>, Vec<&str>) = (before.lines().collect(), after.lines().collect());
    let same_head = before.iter().zip(&after).take_while(|(old, new)| old == new).count();
    let tails = before[same_head..].iter().rev().zip(after[same_head..].iter().rev());
    let same_tail = tails.take_while(|(old, new)| old == new).count();
    let mut page = String::new();
    for line in &before[same_head..before.len() - same_tail] {
        writeln!(page, "- {line}").unwrap();
    }
    for line in &after[same_head..after.len() - same_tail] {
        writeln!(page, "+ {line}").unwrap();
    }
    page
}

#[test]
fn setting_and_removing() {
    let text = |value: &str| Scalar::Text(value.to_owned());
    let container = "spec.template.spec.containers.0";
    let edits: Vec<(String, Option<Scalar>)> = vec![
        ("spec.replicas".into(), Some(Scalar::Integer(5))),
        ("metadata.name".into(), Some(text("web"))),
        ("metadata.namespace".into(), Some(text("prod"))),
        ("metadata.labels.app".into(), Some(text("yes"))),
        ("metadata.labels.new".into(), Some(text("a: b"))),
        ("metadata.annotations.note".into(), Some(text("true"))),
        ("metadata.annotations.a~1b/c".into(), Some(Scalar::Boolean(true))),
        ("spec.strategy.type".into(), Some(text("Recreate"))),
        (format!("{container}.image"), Some(text("x:v2"))),
        (format!("{container}.env.1.value"), Some(text("one line"))),
        (format!("{container}.env.2.name"), Some(text("C"))),
        (format!("{container}.ports.0.containerPort"), Some(Scalar::Integer(80))),
        (format!("{container}.command.2"), Some(text("echo hi"))),
        ("spec.template.spec.containers.1.image".into(), Some(text("envoy:2"))),
        ("spec.template.spec.containers.2.name".into(), Some(text("third"))),
        ("spec.replicas".into(), None),
        ("metadata.labels.app".into(), None),
        ("metadata.labels.tier".into(), None),
        (format!("{container}.name"), None),
        (format!("{container}.env.0"), None),
        (format!("{container}.env.1"), None),
        (format!("{container}.env.0.name"), None),
        ("spec.template.spec.containers.0".into(), None),
        ("spec.template.spec.containers".into(), None),
    ];
    let mut page = String::new();
    for (path, value) in edits {
        let after = match &value {
            Some(value) => set(DEPLOYMENT, 0, &steps(&path), value),
            None => remove(DEPLOYMENT, 0, &steps(&path)),
        };
        let after = after.unwrap();
        let read = resources(&after).unwrap_or_else(|error| panic!("{path}: {error}\n{after}"));
        let root = read[0].root.clone();
        assert_eq!(
            leaves(&root).get(&steps(&path)),
            value.as_ref().or(leaves(&root).get(&steps(&path))),
            "{path}\n{after}"
        );
        let verb = value.map_or_else(|| "remove".to_owned(), |value| format!("set {}", value.json()));
        writeln!(page, "{path}: {verb}\n{}", changed_lines(DEPLOYMENT, &after)).unwrap();
    }
    insta::assert_snapshot!(page);
}

#[test]
fn impossible_places_are_refused() {
    for path in ["spec.replicas.x", "spec.template.spec.containers.7.name", "spec.template", "kind.0"] {
        assert!(set(DEPLOYMENT, 0, &steps(path), &Scalar::Integer(1)).is_err(), "{path}");
    }
    assert!(remove(DEPLOYMENT, 0, &steps("spec.nosuch")).is_err());
    assert!(set(DEPLOYMENT, 9, &steps("kind"), &Scalar::Integer(1)).is_err());
    assert!(Path::parse("a..b").is_err());
}

fn all(text: &str) -> Vec<Leaves> {
    resources(text).unwrap().iter().map(|resource| leaves(&resource.root)).collect()
}

proptest! {
    #[test]
    fn any_value_is_read_back_and_all_else_stays(value in "\\PC{0,20}", place in 0..40_usize) {
        let before = all(DEPLOYMENT);
        let paths: Vec<&Vec<Step>> = before[0].keys().collect();
        let path = paths[place % paths.len()];
        prop_assume!(path != &steps("kind"));
        let after = set(DEPLOYMENT, 0, path, &Scalar::Text(value.clone())).unwrap();
        let mut expected = before.clone();
        expected[0].insert(path.clone(), Scalar::Text(value));
        prop_assert_eq!(all(&after), expected);
    }

    #[test]
    fn any_text_is_read_or_refused(text in "[-a-z:#'\"|>&*{}\\[\\], \n]{0,80}") {
        if let Ok(found) = resources(&text) {
            for resource in &found {
                for (path, _) in leaves(&resource.root) {
                    let _ = set(&text, resource.document, &path, &Scalar::Integer(1));
                    let _ = remove(&text, resource.document, &path);
                }
            }
        }
    }
}

#[test]
fn many_places_at_once_are_as_one_after_the_other() {
    let value = Scalar::Text("new: value".to_owned());
    let places =
        ["metadata.name", "metadata.annotations", "spec.template.spec.containers.0.env.1.value", "spec.replicas"];
    let steps: Vec<Vec<Step>> = places.iter().map(|path| steps(path)).collect();
    let mut all: Vec<(usize, &[Step])> = steps.iter().map(|steps| (0, steps.as_slice())).collect();
    let name = steps[0].as_slice();
    all.push((1, name));
    let apart =
        all.iter().fold(DEPLOYMENT.to_owned(), |text, (document, steps)| set(&text, *document, steps, &value).unwrap());
    assert_eq!(set_all(DEPLOYMENT, &all, &value).unwrap(), apart);
    assert_eq!(set_all(DEPLOYMENT, &[], &value).unwrap(), DEPLOYMENT);
}

#[test]
fn of_a_key_that_is_written_twice_the_first_one_is_read_and_set() {
    let text = "apiVersion: v1\nkind: Service\nmetadata:\n  name: web\nmetadata: {name: again, labels: {}}\n";
    let steps = [Step::Key("metadata".to_owned()), Step::Key("name".to_owned())];
    let changed = set(text, 0, &steps, &Scalar::Text("front".to_owned())).expect("the place is there");
    assert_eq!(changed, text.replace("name: web", "name: front"));
    let after = resources(&changed).expect("it stays YAML");
    assert_eq!(leaves(&after[0].root).get(&steps[..]), Some(&Scalar::Text("front".to_owned())));
}

#[test]
fn below_a_flow_mapping_what_is_made_is_in_flow_style() {
    let steps = [Step::Key("a".to_owned()), Step::Key("x".to_owned())];
    for (before, after) in [
        ("b: {a: }\n", "b: {a: {x: one} }\n"),
        ("b: {a, c: 1}\n", "b: {a: {x: one}, c: 1}\n"),
        ("b: {c: 1, a}\n", "b: {c: 1, a: {x: one}}\n"),
        ("b:\n  a:\n", "b:\n  a:\n    x: one\n"),
    ] {
        let steps: Vec<Step> = std::iter::once(Step::Key("b".to_owned())).chain(steps.clone()).collect();
        assert_eq!(set(before, 0, &steps, &Scalar::Text("one".to_owned())).as_deref(), Ok(after), "{before}");
    }
}

#[test]
fn characters_that_yaml_does_not_take_are_escaped() {
    for odd in ['\u{1}', '\u{7f}', '\u{85}', '\u{9f}', '\u{2028}', '\u{feff}', '\u{ffff}', '\n', '"', '\\'] {
        for before in ["a: b\n", "a: \"b\"\n", "a: 'b'\n"] {
            let value = Scalar::Text(format!("x{odd}y"));
            let steps = [Step::Key("a".to_owned())];
            let changed = set(before, 0, &steps, &value).expect("the place is there");
            let full = format!("apiVersion: v1\nkind: A\nmetadata: {{name: b}}\n{changed}");
            let after = resources(&full).unwrap_or_else(|error| panic!("{odd:?} in {before:?}: {error}"));
            assert_eq!(leaves(&after[0].root).get(&steps[..]), Some(&value), "{changed}");
        }
    }
}

#[test]
fn tags_and_anchors_stay_where_they_are() {
    let text = |value: &str| Some(Scalar::Text(value.to_owned()));
    for (before, path, value, after) in [
        ("a: !!str\nb: c\n", "a", text("x"), "a: !!str x\nb: c\n"),
        ("a: !!str # why\nb: c\n", "a", text("x"), "a: !!str x # why\nb: c\n"),
        ("a: !x-y\nb: c\n", "b", None, "a: !x-y\n"),
        ("a: !x\nb: c\n", "a.k", text("x"), "a: !x\n  k: x\nb: c\n"),
        ("a: &x\n  k: v\nb: *x\n", "a.k", None, "a: &x {}\nb: *x\n"),
        ("a: &x\nb: *x\n", "a", text("x"), "a: &x x\nb: *x\n"),
        ("- !a-b\n- &c-d\n- e\n", "0", text("x"), "- !a-b x\n- &c-d\n- e\n"),
        ("- !a-b\n- &c-d\n- e\n", "1", None, "- !a-b\n- e\n"),
        ("- !a-b v\n- e\n", "0", None, "- e\n"),
        ("- # not - this\n  a\n- b\n", "0", None, "- b\n"),
        ("{a: !x , b: 1}\n", "a", text("x"), "{a: !x x , b: 1}\n"),
        ("{a: !x , b: 1}\n", "b", None, "{a: !x}\n"),
        ("{a: 1, b : }\n", "b", None, "{a: 1 }\n"),
        ("[!x , b]\n", "1", None, "[!x]\n"),
        ("{a: 1, }\n", "b", text("x"), "{a: 1, b: x}\n"),
    ] {
        let changed = match &value {
            Some(value) => set(before, 0, &steps(path), value),
            None => remove(before, 0, &steps(path)),
        };
        assert_eq!(changed.as_deref(), Ok(after), "{before:?} at {path}");
    }
}

#[test]
fn mappings_with_marked_keys_are_left_alone() {
    for (text, path) in [("? a\n? b # c:d\n: e\n", "a"), ("x:\n  ? a\n: b\n", "x.a"), ("b: {? a, c: 1}\n", "b.c")] {
        for changed in [set(text, 0, &steps(path), &Scalar::Integer(1)), remove(text, 0, &steps(path))] {
            let error = changed.expect_err(text).to_string();
            assert!(error.contains("marked with ?"), "{error}");
        }
    }
}
