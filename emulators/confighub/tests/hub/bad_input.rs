//! Bad input for every operation of the description: refused in a declared way, by the name of what
//! is wrong, and never with a hang. That statuses are declared is checked on each answer.

use std::collections::BTreeMap;

use reqwest::{RequestBuilder, StatusCode};
use serde_json::{Value as Json, json};

use crate::client::{Answer, base64, message};
use crate::populated::{Described, MANIFEST, NOWHERE, Populated, operations, with_ids};
use crate::shared::data;

/// What came of one kind of input, by answer.
#[derive(Default)]
struct Told(BTreeMap<String, Vec<String>>);

impl Told {
    fn add(&mut self, populated: &Populated, operation: &Described, answer: &Answer) {
        let mut line = match answer.0 {
            200 | 207 => answer.0.to_string(),
            status => format!("{status} {}", message(answer)),
        };
        // Whatever differs from operation to operation stands for itself.
        line = line.replace(&operation.id, "‹operation›").replace(NOWHERE, "‹unknown id›");
        for (name, id) in &populated.ids {
            line = line.replace(id, &format!("‹{name}›"));
        }
        self.0.entry(line).or_default().push(operation.id.clone());
    }

    fn text(&self, title: &str) -> String {
        let lines = self.0.iter().map(|(answer, operations)| {
            let named = if operations.len() > 12 {
                format!("{} operations, such as {}", operations.len(), operations[..3].join(", "))
            } else {
                operations.join(", ")
            };
            format!("{answer}\n    {named}\n")
        });
        format!("# {title}\n\n{}", lines.collect::<String>())
    }
}

/// Sends one thing to every operation that `make` makes a request for.
async fn tell(
    populated: &Populated,
    operations: &[Described],
    title: &str,
    make: impl Fn(&Populated, &Described) -> Option<RequestBuilder>,
) -> String {
    let mut told = Told::default();
    for operation in operations {
        if operation.id == "StreamBridgeWorker" {
            continue; // Its answer never ends.
        }
        let Some(request) = make(populated, operation) else { continue };
        told.add(populated, operation, &populated.bench.send(request).await);
    }
    told.text(title)
}

/// Reads the description; nothing is deleted, so that each operation finds the same.
fn described(case: &str) -> Option<Vec<Described>> {
    let description = data(case, "confighub-openapi.json")?;
    let all = operations(&description);
    Some(all.into_iter().filter(|operation| operation.method != reqwest::Method::DELETE).collect())
}

#[tokio::test]
async fn queries() {
    let Some(operations) = described("queries") else { return };
    let populated = Populated::start().await;
    let mut texts = Vec::new();
    for (title, query) in [
        ("a parameter that there is not", "colour=red"),
        ("a parameter twice", "where=Slug='a'&where=Slug='b'"),
        ("bytes that are no UTF-8", "contains=%FF"),
        ("a clause without an end", "where=Slug%20%3D"),
        ("NUL in a clause", "where=%00"),
        ("an include that there is not", "include=Nonsense"),
        ("a filter that is no id", "filter=x"),
        ("a filter that is not there", &format!("filter={NOWHERE}")),
        ("a flag that is neither true nor false", "upgrade=maybe"),
        ("a broken percent sign", "contains=%ZZ"),
    ] {
        let known = query.split('=').next().unwrap();
        let make = |populated: &Populated, operation: &Described| {
            let sent = known == "colour"
                || operation.parameters.iter().any(|name| name == known)
                || (known == "filter" && operation.parameters.iter().any(|name| name == "contains"));
            let body = if operation.body.is_some() { "{}" } else { "" };
            let target = format!("{}?{query}", populated.path(&operation.path));
            sent.then(|| populated.request(operation, &target).body(body))
        };
        texts.push(tell(&populated, &operations, title, make).await);
    }
    insta::assert_snapshot!(texts.join("\n"));
}

#[tokio::test]
async fn ids_in_paths() {
    let Some(operations) = described("ids_in_paths") else { return };
    let populated = Populated::start().await;
    let mut texts = Vec::new();
    for (title, id) in [
        ("no id", "nosuch"),
        ("an id that nothing has", NOWHERE),
        ("the nil id", "00000000-0000-0000-0000-000000000000"),
        ("an escaped slash", "a%2Fb"),
        ("bytes that are no UTF-8", "%FF"),
        ("dots", "..%2F..%2Fme"),
    ] {
        let make = |populated: &Populated, operation: &Described| {
            // A worker's token is for its own path only.
            let fits = operation.path.contains('{') && !operation.path.starts_with("/bridge_worker/");
            let target = with_ids(&operation.path, |_| id.to_owned());
            fits.then(|| populated.request(operation, &target))
        };
        texts.push(tell(&populated, &operations, title, make).await);
    }
    insta::assert_snapshot!(texts.join("\n"));
}

#[tokio::test]
async fn bodies() {
    let Some(operations) = described("bodies") else { return };
    let populated = Populated::start().await;
    let brackets = "[".repeat(100_000);
    let nested = format!("{{\"Labels\": {}{}}}", "{\"a\":".repeat(100_000), "}".repeat(100_000));
    let labels: serde_json::Map<String, Json> = (0..10_000).map(|n| (format!("k{n}"), "v".into())).collect();
    let labels = valid(json!({"Labels": labels})).to_string();
    let mut texts = Vec::new();
    for (title, body) in [
        ("a brace alone", b"{".as_slice()),
        ("a list", b"[]"),
        ("a text", b"\"x\""),
        ("a number", b"5"),
        ("bytes that are no UTF-8", b"{\"Slug\": \"\xff\"}"),
        ("two values", b"{} {}"),
        ("a hundred thousand brackets", brackets.as_bytes()),
        ("a hundred thousand objects in each other", nested.as_bytes()),
        ("ten thousand labels", labels.as_bytes()),
    ] {
        let make = |populated: &Populated, operation: &Described| {
            let request = populated.request(operation, &populated.path(&operation.path)).body(body.to_vec());
            operation.body.is_some().then_some(request)
        };
        texts.push(tell(&populated, &operations, title, make).await);
    }
    insta::assert_snapshot!(texts.join("\n"));
}

/// A body with what any entity needs.
#[expect(clippy::needless_pass_by_value, reason = "callers make the value for it")]
fn valid(fields: Json) -> Json {
    let mut body = json!({"Slug": "x", "ToolchainType": "Kubernetes/YAML", "Version": 1});
    body.as_object_mut().unwrap().extend(fields.as_object().unwrap().clone());
    body
}

/// Each field of each body with a value of another type: the refusal begins with the field.
#[tokio::test]
async fn slugs() {
    let populated = Populated::start().await;
    let bench = &populated.bench;
    let long = "x".repeat(129);
    let mut lines = Vec::new();
    for slug in ["", "-", "a/b", "..", "a b", "ä", "a\u{0}", "-a", "a-", "a.b", "A-b_C9", &long, &long[..128]] {
        let answer = bench.post("/space", json!({"Slug": slug})).await;
        let told = if answer.0 == 200 { String::new() } else { message(&answer) };
        lines.push(format!("{slug:?}: {} {told}", answer.0));
    }
    insta::assert_snapshot!(lines.join("\n"));
}

#[tokio::test]
async fn large_bodies() {
    let populated = Populated::start().await;
    let bench = &populated.bench;
    let unit = populated.path("/space/{space_id}/unit/{unit_id}");
    let ten = "x".repeat(10 * 1024 * 1024);
    let yaml = base64(&format!("a: {}\n", &ten[..7 * 1024 * 1024]));
    let mut lines = Vec::new();
    for (title, body) in [
        ("a slug of 10 MB", json!({"Slug": ten})),
        ("a label of 10 MB", json!({"Labels": {"a": ten}})),
        ("a key of 10 MB", json!({"Labels": {ten.as_str(): "a"}})),
        ("a name of 10 MB", json!({"DisplayName": ten})),
        ("an id of 10 MB", json!({"TargetID": ten})),
        ("data of 10 MB that is no base64", json!({"Data": format!("{ten}%")})),
        ("data of 10 MB", json!({"Data": yaml})),
        ("an unknown field of 10 MB", json!({"spec": ten})),
    ] {
        let answer = bench.patch(&unit, body).await;
        let told = if answer.0 == 200 { String::new() } else { message(&answer) };
        lines.push(format!("{title}: {} {}", answer.0, told.chars().take(160).collect::<String>()));
    }
    let twenty = bench.patch(&unit, json!({"DisplayName": ten.repeat(2)})).await;
    lines.push(format!("20 MB: {} {}", twenty.0, message(&twenty)));
    insta::assert_snapshot!(lines.join("\n"));
}

#[tokio::test]
async fn configuration_data_that_cannot_be_read_is_refused() {
    let populated = Populated::start().await;
    let bench = &populated.bench;
    let unit = populated.path("/space/{space_id}/unit/{unit_id}");
    let deep = format!("a: {}{}\n", "[".repeat(100_000), "]".repeat(100_000));
    let indented: String = (0..2_000).map(|depth| format!("{}a:\n", " ".repeat(depth))).collect();
    let mut lines = Vec::new();
    for (title, text) in [
        ("an alias to nothing", "a: *b\n"),
        ("a hundred thousand brackets", &deep),
        ("two thousand levels", &indented),
        ("a tab", "a:\n\tb: 1\n"),
        ("a key twice", "a: 1\na: 2\n"),
        ("no end of a quote", "a: 'b\n"),
        ("a NUL", "a: \u{0}\n"),
    ] {
        let answer = bench.patch(&unit, json!({"Data": base64(text)})).await;
        let told = if answer.0 == 200 { String::new() } else { message(&answer) };
        lines.push(format!("{title}: {} {told}", answer.0));
    }
    insta::assert_snapshot!(lines.join("\n"));
}

#[tokio::test]
async fn what_clients_send_for_unset_fields_is_ignored() {
    let Some(description) = data("what_clients_send_for_unset_fields_is_ignored", "confighub-openapi.json") else {
        return;
    };
    let populated = Populated::start().await;
    let nil = "00000000-0000-0000-0000-000000000000";
    for operation in operations(&description) {
        let is_create = operation.id.starts_with("Create") && operation.path.starts_with("/space");
        let Some(schema) = operation.body.as_ref().filter(|_| is_create) else { continue };
        let mut body = json!({});
        for (field, schema) in schema["properties"].as_object().unwrap() {
            body[field] = match (schema["format"].as_str(), schema["type"].as_str()) {
                (Some("uuid"), _) => json!(nil),
                (Some("date-time"), _) => json!("0001-01-01T00:00:00Z"),
                (_, Some("integer")) => json!(0),
                _ => continue,
            };
        }
        let needed = json!({
            "Slug": "zero", "ToolchainType": "Kubernetes/YAML", "ProviderType": "Kubernetes", "From": "Unit",
            "Event": "Mutation", "FunctionName": "no-placeholders",
            "FromUnitID": populated.ids["unit_id"], "ToUnitID": populated.other,
        });
        for (field, value) in needed.as_object().unwrap() {
            if schema["properties"].get(field).is_some() {
                body[field] = value.clone();
            }
        }
        if operation.id == "CreateView" {
            body["FilterID"] = json!(populated.ids["filter_id"]);
        }
        let answer = populated.bench.post(&populated.path(&operation.path), body).await;
        assert_eq!(answer.0, StatusCode::OK, "{}: {}", operation.id, answer.1);
        assert_eq!(answer.1["Version"].as_i64().map(|version| version > 0), Some(true), "{}", operation.id);
        assert_eq!(answer.1["CreatedAt"], "2025-10-05T09:00:00Z", "{}", operation.id);
        assert_ne!(answer.1["OrganizationID"], nil, "{}", operation.id);
    }
}

#[tokio::test]
async fn stale_versions_are_conflicts_where_those_are_declared() {
    let Some(operations) = described("stale_versions_are_conflicts_where_those_are_declared") else { return };
    let populated = Populated::start().await;
    let make = |populated: &Populated, operation: &Described| {
        let changes = operation.id.starts_with("Update") || operation.id.starts_with("Patch");
        let request = populated.request(operation, &populated.path(&operation.path));
        changes.then(|| request.json(&valid(json!({"Version": 99}))))
    };
    insta::assert_snapshot!(tell(&populated, &operations, "a version that is not the present one", make).await);
}

/// The configuration data that the others start from is good.
#[tokio::test]
async fn good_data_is_taken() {
    let populated = Populated::start().await;
    let unit = populated.path("/space/{space_id}/unit/{unit_id}");
    let answer = populated.bench.patch(&unit, json!({"Data": base64(MANIFEST)})).await;
    assert_eq!(answer.0, 200, "{}", answer.1);
}
