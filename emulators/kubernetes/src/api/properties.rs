//! What holds for every input of the patch engines and decoders.

use std::collections::BTreeMap;

use proptest::prelude::*;
use serde_json::{Value, json};

use super::field_set::FieldSet;
use super::server_side_apply::{Applier, apply};
use super::{json_patch, merge_patch, protobuf, strategic_merge};
use crate::kinds::{Kind, built_in};
use stagegate_kubernetes_schema::schemas;

fn kind(resource: &str) -> &'static Kind {
    built_in(resource).expect("a built-in kind")
}

/// Any JSON, not too deep.
fn any_json() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        "[a-z$/~ ]{0,6}".prop_map(Value::from),
    ];
    leaf.prop_recursive(4, 32, 5, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..5).prop_map(Value::from),
            prop::collection::btree_map("(spec|template|containers|name|env|data|\\$patch|[a-z]{1,3})", inner, 0..5)
                .prop_map(|map| json!(map)),
        ]
    })
}

fn data() -> impl Strategy<Value = BTreeMap<String, String>> {
    prop::collection::btree_map("[a-f]", "[0-9]", 0..6)
}

fn environment() -> impl Strategy<Value = Vec<Value>> {
    let variables = prop::collection::btree_map("[A-E]", "[0-9]", 0..5);
    variables.prop_map(|map| map.into_iter().map(|(name, value)| json!({"name": name, "value": value})).collect())
}

fn deployment(env: &[Value]) -> Value {
    json!({"spec": {"template": {"spec": {"containers": [{"name": "main", "env": env}]}}}})
}

fn apply_data(live: &Value, manager: &str, data: &BTreeMap<String, String>) -> Value {
    let config = json!({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "a"}, "data": data});
    let applier = Applier { manager, subresource: "", force: true, now: jiff::Timestamp::UNIX_EPOCH };
    apply(kind("configmaps"), live, &config, &applier).expect("a configuration that fits")
}

proptest! {
    #[test]
    fn a_protobuf_body_is_an_object_or_an_error(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
        let _either = protobuf::decode(&bytes);
        let _either = protobuf::decode(&[b"k8s\0", bytes.as_slice()].concat());
    }

    #[test]
    fn no_patch_panics(target in any_json(), patch in any_json()) {
        let shape = schemas().root("apps.v1.Deployment");
        let _either = strategic_merge::apply(&mut target.clone(), &patch, &shape);
        let operations = json_patch::read(patch.to_string().as_bytes());
        let _either = operations.and_then(|operations| json_patch::apply(&mut target.clone(), &operations));
        merge_patch::apply(&mut target.clone(), &patch);
    }

    #[test]
    fn no_configuration_panics(live in any_json(), config in any_json()) {
        let live = if live.is_object() { live } else { json!({}) };
        let applier = Applier { manager: "a", subresource: "", force: true, now: jiff::Timestamp::UNIX_EPOCH };
        let _either = apply(kind("deployments.apps"), &live, &config, &applier);
    }

    #[test]
    fn a_merge_patch_applied_twice_changes_nothing_more(target in any_json(), patch in any_json()) {
        let mut once = target;
        merge_patch::apply(&mut once, &patch);
        let mut twice = once.clone();
        merge_patch::apply(&mut twice, &patch);
        prop_assert_eq!(once, twice);
    }

    #[test]
    fn a_strategic_merge_keeps_what_it_does_not_name(before in environment(), patch in environment()) {
        let shape = schemas().root("apps.v1.Deployment");
        let mut merged = deployment(&before);
        strategic_merge::apply(&mut merged, &deployment(&patch), &shape).expect("it applies");
        let env = merged.pointer("/spec/template/spec/containers/0/env").and_then(Value::as_array).expect("env");
        for variable in before.iter().filter(|one| patch.iter().all(|other| other["name"] != one["name"])) {
            prop_assert!(env.contains(variable));
        }
        for variable in &patch {
            prop_assert!(env.contains(variable));
        }
    }

    #[test]
    fn a_field_set_survives_its_encoding(env in environment()) {
        let set = FieldSet::of(&deployment(&env), &schemas().root("apps.v1.Deployment"));
        prop_assert_eq!(FieldSet::from_json(&set.to_json()), set);
    }

    #[test]
    fn an_applier_gets_what_it_asks_and_no_more(mine in data(), next in data(), theirs in data()) {
        let blank = json!({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "a"}});
        let first = apply_data(&blank, "me", &mine);
        let both = apply_data(&first, "they", &theirs);
        let last = apply_data(&both, "me", &next);
        let mut expected = theirs;
        expected.extend(next.clone());
        let found: BTreeMap<String, String> =
            serde_json::from_value(last["data"].clone()).unwrap_or_default();
        prop_assert_eq!(found, expected);
        prop_assert_eq!(apply_data(&last, "me", &next), last, "applying the same again changes nothing");
    }
}
