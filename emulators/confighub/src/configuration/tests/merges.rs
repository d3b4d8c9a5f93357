//! A clone keeps its own changes and takes all others over.

use proptest::prelude::*;

use crate::configuration::{Leaves, Lines, MutationSources, Protection, Scalar, Step, leaves, remove, resources, set};

fn merge(base: &str, end: &str, own: &str) -> Result<String, crate::configuration::ConfigurationError> {
    let sources = MutationSources::default();
    let protection = Protection { sources: &sources, patchable: &|_| true, keep_differences: true };
    crate::configuration::merge(Lines { base, end, own }, &protection).map(|merged| merged.data)
}

const BASE: &str = "\
apiVersion: apps/v1
kind: Deployment
metadata:
  name: web
  namespace: base  # replaced in each clone
  labels:
    app: web
    tier: back
spec:
  replicas: 1
  template:
    spec:
      containers:
      - name: web
        image: web:1
        env:
        - name: MODE
          value: slow
---
apiVersion: v1
kind: Service
metadata:
  name: web
spec:
  ports:
  - port: 80
";

#[test]
fn own_changes_stay_and_others_come() {
    let upstream = BASE
        .replace("web:1", "web:2")
        .replace("replicas: 1", "replicas: 2")
        .replace("slow", "fast")
        .replace("    tier: back\n", "")
        + "---\napiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: extra\n";
    let clone = BASE
        .replace("replicas: 1", "replicas: 5")
        .replace("namespace: base", "namespace: prod")
        .replace("port: 80", "port: 8080");
    insta::assert_snapshot!(merge(BASE, &upstream, &clone).unwrap());
}

#[test]
fn resources_come_and_go_unless_the_clone_touched_them() {
    let only = BASE.split("---\n").next().unwrap();
    assert_eq!(merge(BASE, only, BASE).unwrap(), only);
    let touched = BASE.replace("port: 80", "port: 81");
    assert_eq!(merge(BASE, only, &touched).unwrap(), touched);
    assert_eq!(merge(only, BASE, only).unwrap(), BASE);
    assert_eq!(merge(BASE, BASE, only).unwrap(), only, "what the clone removed stays removed");
    let renamed = BASE.replace("name: web\n  namespace", "name: web-prod\n  namespace");
    let upstream = BASE.replace("web:1", "web:2");
    assert_eq!(merge(BASE, &upstream, &renamed).unwrap(), renamed.replace("web:1", "web:2"));
}

/// Random edits of one resource: set a leaf, remove a leaf, add a key.
fn edits() -> impl Strategy<Value = Vec<(u8, usize, i64)>> {
    prop::collection::vec((0..3_u8, 0..64_usize, 0..5_i64), 0..5)
}

fn edited(text: &str, edits: &[(u8, usize, i64)], who: &str) -> String {
    let mut text = text.to_owned();
    for (verb, place, value) in edits {
        let places: Vec<Vec<Step>> = only(&text)
            .keys()
            .filter(|path| {
                path[0] != Step::Key("kind".to_owned())
                    && path[0] != Step::Key("apiVersion".to_owned())
                    && path.last() != Some(&Step::Key("name".to_owned()))
            })
            .cloned()
            .collect();
        if places.is_empty() {
            continue;
        }
        let path = &places[place % places.len()];
        text = match verb {
            0 => set(&text, 0, path, &Scalar::Text(format!("{who}-{value}"))).unwrap(),
            1 => remove(&text, 0, path).unwrap(),
            _ => {
                let added = vec![Step::Key("spec".to_owned()), Step::Key(format!("key{value}"))];
                set(&text, 0, &added, &Scalar::Text(who.to_owned())).unwrap_or(text)
            }
        };
    }
    text
}

fn only(text: &str) -> Leaves {
    leaves(&resources(text).unwrap()[0].root)
}

proptest! {
    #[test]
    fn no_own_change_is_lost_and_no_other_is_missed(theirs in edits(), ours in edits()) {
        let upstream = edited(BASE, &theirs, "up");
        let clone = edited(BASE, &ours, "own");
        let merged = merge(BASE, &upstream, &clone).unwrap();
        let (base, new, own, result) = (only(BASE), only(&upstream), only(&clone), only(&merged));
        for (path, value) in &own {
            if base.get(path) != Some(value) && !matches!(value, Scalar::EmptyMapping | Scalar::EmptySequence) {
                prop_assert_eq!(result.get(path), Some(value), "own change lost at {:?}\n{}", path, merged);
            }
        }
        for (path, value) in &new {
            let untouched = own.get(path) == base.get(path);
            let parent_kept = path.len() < 2 || own.keys().any(|other| other.starts_with(&path[..path.len() - 1]));
            if untouched && base.contains_key(path) && parent_kept {
                prop_assert_eq!(result.get(path), Some(value), "change missed at {:?}\n{}", path, merged);
            }
        }
        prop_assert_eq!(merge(BASE, BASE, &clone).unwrap(), clone.clone(), "no change upstream");
        prop_assert_eq!(only(&merge(BASE, &upstream, BASE).unwrap()), new, "no change of its own");
    }
}
