//! The law of upgrades, over random histories: what the variant changed stays, all else is the upstream's.

use std::collections::{BTreeMap, BTreeSet};

use proptest::prelude::*;

use crate::configuration::{
    Leaves, Lines, MutationSources, Protection, Scalar, Step, leaves, merge, record_mutations, remove, resources, set,
};

const BASE: &str = "\
apiVersion: apps/v1
kind: Deployment
metadata:
  name: web
  namespace: base # replaced in each clone
  labels:
    app: web
    tier: back
spec:
  replicas: 1
  template:
    spec:
      containers:
      - name: web
        image: web:1 # pinned
        args: [serve, --fast]
        env:
        - name: MODE
          value: slow
        - name: LEVEL
          value: info
        - name: REGION
          value: eu
        ports:
        - containerPort: 80
      - name: sidecar
        image: sidecar:1
---
apiVersion: v1
kind: Service
metadata:
  name: web
spec:
  # where clients come in
  ports:
  - port: 80
    targetPort: 80
  - port: 443
---
apiVersion: v1
kind: ConfigMap
metadata:
  name: settings
data:
  a: one
  b: two
";

/// A value of the data by who it is: list items by their key, empty collections left out.
type Identified = BTreeMap<String, Scalar>;

/// Resources by kind, of which there is one each; items by name or port, else by index.
fn identified(text: &str) -> Identified {
    let mut all = Identified::new();
    for resource in resources(text).unwrap() {
        let found = leaves(&resource.root);
        for (steps, value) in &found {
            if !matches!(value, Scalar::EmptyMapping | Scalar::EmptySequence) {
                all.insert(format!("{}{}", resource.kind(), identity(&found, steps)), value.clone());
            }
        }
    }
    all
}

fn identity(leaves: &Leaves, steps: &[Step]) -> String {
    let mut path = String::new();
    for (depth, step) in steps.iter().enumerate() {
        let item = |key: &str| {
            let key = [&steps[..=depth], &[Step::Key(key.to_owned())]].concat();
            leaves.get(&key).map(Scalar::plain_text)
        };
        path.push('/');
        path.push_str(&match step {
            Step::Key(key) => key.clone(),
            Step::Index(index) => {
                ["name", "containerPort", "port"].into_iter().find_map(item).unwrap_or_else(|| format!("#{index}"))
            }
        });
    }
    path
}

#[derive(Debug, Clone)]
struct Edit {
    verb: u8,
    place: usize,
    value: u8,
}

fn edits() -> impl Strategy<Value = Vec<Edit>> {
    let edit = (0..6_u8, 0..64_usize, 0..4_u8).prop_map(|(verb, place, value)| Edit { verb, place, value });
    prop::collection::vec(edit, 0..4)
}

/// One edit of somebody's: set a value, remove one, add a key, add an item, remove an item, rename.
fn edited(text: &str, edit: &Edit, who: &str) -> String {
    let all = resources(text).unwrap();
    let key = |name: &str| Step::Key(name.to_owned());
    let places: Vec<(usize, Vec<Step>)> = all
        .iter()
        .flat_map(|resource| leaves(&resource.root).into_keys().map(|steps| (resource.document, steps)))
        .filter(|(_, steps)| !fixed(steps))
        .collect();
    let Some((document, steps)) = places.get(edit.place % places.len().max(1)) else { return text.to_owned() };
    let value = Scalar::Text(if edit.value == 0 { "shared".to_owned() } else { format!("{who}{}", edit.value) });
    let pod = [key("spec"), key("template"), key("spec"), key("containers"), Step::Index(0)];
    let list = [&pod[..], &[key("env")]].concat();
    let count = |document: usize, list: &[Step]| {
        let resource = all.iter().find(|resource| resource.document == document).unwrap();
        let items = leaves(&resource.root).into_keys().filter_map(|steps| match steps.strip_prefix(list)?.first() {
            Some(Step::Index(index)) => Some(index + 1),
            _ => None,
        });
        items.max().unwrap_or(0)
    };
    let changed = match edit.verb {
        0 => set(text, *document, steps, &value),
        1 => remove(text, *document, steps),
        2 => {
            let place = [&steps[..steps.len() - 1], &[key(&format!("key{}", edit.value))]].concat();
            if matches!(steps.last(), Some(Step::Index(_))) {
                return text.to_owned();
            }
            set(text, *document, &place, &value)
        }
        3 => {
            let item = [&list[..], &[Step::Index(count(0, &list)), key("name")]].concat();
            let name = format!("{}{}", who.to_uppercase(), edit.value);
            set(text, 0, &item, &Scalar::Text(name))
        }
        4 if count(0, &list) > 0 => {
            remove(text, 0, &[&list[..], &[Step::Index(edit.place % count(0, &list))]].concat())
        }
        _ => set(text, *document, &[key("metadata"), key("name")], &value),
    };
    // An edit that cannot be made here, such as one of a list that is gone, is none; nor one after which
    // two items have the same name.
    let changed = changed.unwrap_or_else(|_| text.to_owned());
    if resources(&changed).is_ok_and(|all| all.len() == resources(text).unwrap().len()) && distinct(&changed) {
        changed
    } else {
        text.to_owned()
    }
}

/// What says which resource or item something is, and lists of scalars, which have no identity.
fn fixed(steps: &[Step]) -> bool {
    let last = matches!(steps.last(), Some(Step::Key(key)) if ["kind", "apiVersion", "name", "containerPort", "port"].contains(&key.as_str()));
    last || steps.iter().any(|step| *step == Step::Key("args".to_owned()))
}

fn distinct(text: &str) -> bool {
    let all = resources(text).unwrap();
    let total: usize = all
        .iter()
        .flat_map(|resource| leaves(&resource.root).into_values())
        .filter(|value| !matches!(value, Scalar::EmptyMapping | Scalar::EmptySequence))
        .count();
    total == identified(text).len()
}

fn changed_paths(before: &Identified, after: &Identified) -> BTreeSet<String> {
    let all = before.keys().chain(after.keys());
    all.filter(|path| before.get(*path) != after.get(*path)).cloned().collect()
}

/// A variant with its history.
struct Variant {
    data: String,
    sources: MutationSources,
    mutations: i64,
    own: BTreeSet<i64>,
    /// Everything that it ever changed itself.
    touched: BTreeSet<String>,
    upstream: String,
}

impl Variant {
    fn clone_of(upstream: &str) -> Self {
        let sources = record_mutations(&MutationSources::default(), "", upstream, 1).unwrap();
        Self {
            data: upstream.to_owned(),
            sources,
            mutations: 1,
            own: BTreeSet::new(),
            touched: BTreeSet::new(),
            upstream: upstream.to_owned(),
        }
    }

    fn edit(&mut self, edit: &Edit) {
        let data = edited(&self.data, edit, "own");
        let changed = changed_paths(&identified(&self.data), &identified(&data));
        if changed.is_empty() {
            return;
        }
        self.touched.extend(changed);
        self.mutations += 1;
        self.own.insert(self.mutations);
        self.sources = record_mutations(&self.sources, &self.data, &data, self.mutations).unwrap();
        self.data = data;
    }

    fn upgrade(&mut self, upstream: &str) -> Result<(), TestCaseError> {
        let lines = Lines { base: &self.upstream, end: upstream, own: &self.data };
        let patchable = |index| !self.own.contains(&index);
        let protection = Protection { sources: &self.sources, patchable: &patchable, keep_differences: true };
        let merged = merge(lines, &protection).unwrap();
        self.check(upstream, &merged.data)?;
        self.mutations += 1;
        self.sources = record_mutations(&self.sources, &self.data, &merged.data, self.mutations).unwrap();
        self.data = merged.data;
        upstream.clone_into(&mut self.upstream);
        Ok(())
    }

    fn check(&self, upstream: &str, merged: &str) -> Result<(), TestCaseError> {
        let (before, new, after) = (identified(&self.data), identified(upstream), identified(merged));
        for path in &self.touched {
            prop_assert_eq!(after.get(path), before.get(path), "lost {} in\n{}", path, merged);
        }
        for path in new.keys().chain(after.keys()).filter(|path| !self.is_touched(path)) {
            if !new.contains_key(path) && self.is_in_a_touched_item(path) {
                // An item that the upstream removed stays whole when the variant changed it.
                continue;
            }
            prop_assert_eq!(after.get(path), new.get(path), "missed {} in\n{}", path, merged);
        }
        Ok(())
    }

    fn is_touched(&self, path: &str) -> bool {
        let within = |one: &str, other: &str| {
            one.strip_prefix(other).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
        };
        self.touched.iter().any(|touched| within(touched, path) || within(path, touched))
            || self.is_in_a_removed_item(path)
    }

    /// An item of the upstream's that the variant removed as a whole is gone with all that comes to it.
    fn is_in_a_removed_item(&self, path: &str) -> bool {
        item(path).is_some_and(|item| {
            self.touched.contains(&format!("{item}/name"))
                && !identified(&self.data).contains_key(&format!("{item}/name"))
        })
    }

    fn is_in_a_touched_item(&self, path: &str) -> bool {
        item(path).is_some_and(|item| self.touched.iter().any(|touched| touched.starts_with(&format!("{item}/"))))
    }
}

/// The path of the outermost list item that a path leads into.
fn item(path: &str) -> Option<&str> {
    ["/containers/", "/env/", "/ports/"].iter().rev().find_map(|list| {
        let start = path.find(list)? + list.len();
        let end = path[start..].find('/').map_or(path.len(), |end| start + end);
        Some(&path[..end])
    })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 96, max_shrink_iters: 2000, ..ProptestConfig::default() })]
    #[test]
    fn no_change_of_the_variant_is_lost_and_no_other_is_missed(
        rounds in prop::collection::vec((edits(), edits()), 1..5)
    ) {
        let mut upstream = BASE.to_owned();
        let mut variant = Variant::clone_of(BASE);
        for (theirs, ours) in rounds {
            for edit in &theirs {
                upstream = edited(&upstream, edit, "up");
            }
            for edit in &ours {
                variant.edit(edit);
            }
            variant.upgrade(&upstream)?;
            let again = variant.data.clone();
            variant.upgrade(&upstream)?;
            prop_assert_eq!(&variant.data, &again, "an upgrade to the same revision changes nothing");
        }
    }
}
