//! Whether the hub's wish and the cluster's reality agree.

use kube::api::{DynamicObject, Patch, PatchParams};
use serde_json::Value;
use stagegate_harness::failure::{Failure, StepResult};
use stagegate_harness::run::Scenario;
use stagegate_harness::vocabulary::{Arguments, VocabularyBuilder};

use crate::confighub::unit;
use crate::kubernetes::{apply, client, cluster_failure};
use crate::manifest;

/// The field manager of the worker (recorded runs): only as it would another apply change nothing.
const WORKER: &str = "confighub";

pub(crate) fn add(builder: &mut VocabularyBuilder) {
    builder.sentence(
        "consistency",
        "unit {string} in space {string} and the cluster agree",
        "The unit's head revision is its live revision, each object of its data is in the cluster, and applying it again, \
         as the worker does, would change nothing.",
        agree,
    );
}

async fn agree(scenario: &mut Scenario, arguments: &Arguments) -> StepResult {
    let (slug, space) = (arguments.text(0)?, arguments.text(1)?);
    let unit = unit::state(scenario, space, slug).await?;
    let mut apart = Vec::new();
    if unit.head != unit.live {
        apart.push(format!("head revision {}, live revision {}", unit.head, unit.live));
    }
    let documents = manifest::documents(&unit.data)?;
    if documents.is_empty() {
        return Err(Failure::assertion(format!("unit `{slug}` in space `{space}` has no objects")));
    }
    let cluster = client(scenario).await?;
    for document in &documents {
        apart.extend(compare(&cluster, document).await?);
    }
    if apart.is_empty() {
        return Ok(());
    }
    Err(Failure::assertion(format!("unit `{slug}` in space `{space}` and the cluster do not agree"))
        .actual(apart.join("\n")))
}

/// What the cluster would change if the object were applied again, a line each.
async fn compare(cluster: &kube::Client, document: &Value) -> Result<Vec<String>, Failure> {
    let name = apply::text(document, "/metadata/name");
    let called = format!("{} `{name}`", apply::text(document, "/kind"));
    let api = apply::api_of(cluster, document).await.map_err(|error| cluster_failure(called.clone(), &error))?;
    let live = api.get_opt(name).await.map_err(|error| cluster_failure(called.clone(), &error))?;
    let Some(live) = live else { return Ok(vec![format!("{called} is not in the cluster")]) };
    let as_worker = PatchParams { dry_run: true, ..PatchParams::apply(WORKER).force() };
    let applied = api.patch(name, &as_worker, &Patch::Apply(document)).await;
    let applied = applied.map_err(|error| cluster_failure(format!("{called} cannot be applied again"), &error))?;
    let mut different = Vec::new();
    differences("", &wish(&applied), &wish(&live), &mut different);
    Ok(different.into_iter().map(|line| format!("{called}: {line}")).collect())
}

/// An object without what is said of it.
fn wish(object: &DynamicObject) -> Value {
    let mut object = serde_json::to_value(object).unwrap_or_default();
    if let Some(fields) = object.as_object_mut() {
        fields.remove("status");
    }
    if let Some(metadata) = object.get_mut("metadata").and_then(Value::as_object_mut) {
        for told in ["managedFields", "resourceVersion", "generation"] {
            metadata.remove(told);
        }
    }
    object
}

/// Where the second is not as the first.
fn differences(at: &str, wanted: &Value, found: &Value, different: &mut Vec<String>) {
    match (wanted, found) {
        (Value::Object(wanted), Value::Object(found)) => {
            let keys = wanted.keys().chain(found.keys().filter(|key| !wanted.contains_key(*key)));
            for key in keys {
                let of = |map: &serde_json::Map<String, Value>| map.get(key).cloned().unwrap_or_default();
                differences(&format!("{at}/{key}"), &of(wanted), &of(found), different);
            }
        }
        (Value::Array(wanted), Value::Array(found)) if wanted.len() == found.len() => {
            for (index, (wanted, found)) in wanted.iter().zip(found).enumerate() {
                differences(&format!("{at}/{index}"), wanted, found, different);
            }
        }
        _ if wanted == found => {}
        _ => different.push(format!("{at} is {found}, not {wanted}")),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn of(wanted: &Value, found: &Value) -> Vec<String> {
        let mut different = Vec::new();
        differences("", wanted, found, &mut different);
        different
    }

    #[test]
    fn each_place_that_differs_is_told() {
        let wanted = json!({"spec": {"replicas": 1, "ports": [{"port": 80}], "only": "wanted"}});
        assert_eq!(of(&wanted, &wanted), Vec::<String>::new());
        let found = json!({"spec": {"replicas": 3, "ports": [{"port": 81}], "more": true}});
        let told = [
            "/spec/only is null, not \"wanted\"",
            "/spec/ports/0/port is 81, not 80",
            "/spec/replicas is 3, not 1",
            "/spec/more is true, not null",
        ];
        assert_eq!(of(&wanted, &found), told);
    }

    #[test]
    fn lists_of_another_length_differ_as_a_whole() {
        assert_eq!(of(&json!([1]), &json!([1, 2])), [" is [1,2], not [1]"]);
    }
}
