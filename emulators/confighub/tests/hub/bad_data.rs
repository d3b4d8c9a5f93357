//! Configuration data that is no good, by every way on which data comes in: each refuses it with a
//! declared status, by the name of the field that it came in.

use serde_json::{Value as Json, json};
use stagegate_confighub::{LoadError, Snapshot, SnapshotSecrets};

use crate::client::{Answer, Bench, base64, message};
use crate::populated::MANIFEST;
use crate::stage::Stage;

const HEAD: &str = "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: a\n";

/// Ten aliases of ten aliases of …: a few lines that stand for a billion nodes.
fn billion_laughs() -> String {
    let mut text = format!("{HEAD}x0: &x0 [lol,lol,lol,lol,lol,lol,lol,lol,lol,lol]\n");
    for level in 1..9 {
        let aliases = vec![format!("*x{}", level - 1); 10].join(",");
        text.push_str(&format!("x{level}: &x{level} [{aliases}]\n"));
    }
    text
}

/// Data by what is wrong with it.
fn bad_data() -> Vec<(&'static str, String)> {
    let merged: String =
        (1..30).map(|level| format!("m{level}: &m{level} {{<<: [*m{0}, *m{0}], a: *m{0}}}\n", level - 1)).collect();
    let many_aliases = format!("{HEAD}one: &one 1\nall: [{}]\n", vec!["*one"; 100_000].join(","));
    vec![
        ("aliases that explode", billion_laughs()),
        ("merge keys that explode", format!("{HEAD}m0: &m0 {{k: v}}\n{merged}")),
        ("a hundred thousand aliases", many_aliases),
        ("an anchor within itself", format!("{HEAD}data: &d\n  a: *d\n")),
        ("an alias to nothing", format!("{HEAD}data: *b\n")),
        ("a hundred thousand brackets", format!("a: {}{}\n", "[".repeat(100_000), "]".repeat(100_000))),
        ("a hundred thousand braces", format!("a: {}\n", "{a: ".repeat(100_000))),
        ("a hundred thousand dashes", format!("a:\n{}b\n", "- ".repeat(100_000))),
        ("a hundred thousand question marks", "? ".repeat(100_000)),
        ("two thousand levels", (0..2_000).map(|depth| format!("{}a:\n", " ".repeat(depth))).collect()),
        ("a tab", "a:\n\tb: 1\n".to_owned()),
        ("no end of a quote", "a: 'b\n".to_owned()),
        ("a NUL", "a: \u{0}\n".to_owned()),
        ("six thousand documents", vec![HEAD; 6_000].join("---\n")),
        ("five megabytes", format!("{HEAD}data:\n  a: {}\n", "x".repeat(5 * 1024 * 1024))),
    ]
}

fn refused(way: &str, what: &str, answer: &Answer, field: &str) -> String {
    assert_eq!(answer.0, 400, "{way}, {what}: {}", answer.1);
    refused_text(way, what, &message(answer), field)
}

fn refused_text(way: &str, what: &str, told: &str, field: &str) -> String {
    assert!(told.starts_with(&format!("{field}: ")), "{way}, {what}: {told}");
    assert!(told.len() < 300, "{way}, {what}: {} characters", told.len());
    told.strip_prefix(field).unwrap_or(told).to_owned()
}

/// The refusal of the only item of a bulk operation.
fn refused_item(way: &str, what: &str, answer: &Answer) -> String {
    let error = &answer.1[0]["Error"];
    assert_eq!((answer.0, &error["Status"]), (207, &json!(400)), "{way}, {what}: {}", answer.1);
    // An item's refusal begins with the unit.
    let told = error["Message"].as_str().unwrap();
    refused_text(way, what, told.strip_prefix("u: ").unwrap_or(told), "Data")
}

#[tokio::test]
async fn no_way_in_takes_data_that_cannot_be_read() {
    let bench = Bench::start().await;
    let space = bench.space("p").await;
    let unit = bench.unit(&space, "u", MANIFEST).await;
    let id = unit.rsplit('/').next().unwrap();
    let before = bench.get(&unit).await.1["Unit"].clone();
    for (what, text) in bad_data() {
        let data = base64(&text);
        let new = json!({"Slug": "new", "ToolchainType": "Kubernetes/YAML", "Data": data});
        let mut whole = before.clone();
        whole["Data"] = json!(data);
        let created = bench.post(&format!("/space/{space}/unit"), new).await;
        let told = refused("CreateUnit", what, &created, "Data");
        let others = [
            refused("PatchUnit", what, &bench.patch(&unit, json!({"Data": data})).await, "Data"),
            refused("UpdateUnit", what, &bench.put(&unit, &whole).await, "Data"),
            refused_item(
                "BulkPatchUnits",
                what,
                &bench.patch(&format!("/unit?where=UnitID='{id}'"), json!({"Data": data})).await,
            ),
        ];
        assert!(others.iter().all(|other| *other == told), "{what}: {told}\n{others:?}");
    }
    assert_eq!(bench.get(&unit).await.1["Unit"], before, "what was refused changed nothing");
}

#[tokio::test]
async fn a_worker_gives_no_unit_data_that_cannot_be_read() {
    for (what, text) in bad_data() {
        let mut stage = Stage::set().await;
        let event = stage.act("refresh").await;
        let before = stage.states().await;
        let with = json!({"Data": base64(&text)});
        let answer = stage.worker.report(&stage.bench, &event, "Completed", "RefreshAndDrifted", with).await;
        refused("CreateActionResult", what, &answer, "Data");
        assert_eq!(stage.states().await, before, "{what}: the report counts for nothing");
        stage.report(&event, "Completed", "RefreshAndDrifted", json!({"Data": base64("a: 2\n")})).await;
        assert_eq!(stage.bench.get(&stage.unit).await.1["Unit"]["Data"], base64("a: 2\n"));
    }
}

#[tokio::test]
async fn live_state_and_outputs_have_a_limit() {
    let mut stage = Stage::set().await;
    let event = stage.act("apply").await;
    let large = base64(&"x".repeat(5 * 1024 * 1024));
    for field in ["LiveState", "Outputs"] {
        let answer =
            stage.worker.report(&stage.bench, &event, "Completed", "ApplyCompleted", json!({field: large})).await;
        refused("CreateActionResult", "five megabytes", &answer, field);
    }
}

#[tokio::test]
async fn a_snapshot_with_data_that_cannot_be_read_is_not_loaded() {
    let bench = Bench::start().await;
    let space = bench.space("p").await;
    bench.unit(&space, "u", MANIFEST).await;
    let saved = bench.hub.snapshot(SnapshotSecrets::Kept);
    let unit = "organizations/stagegate/spaces/p/units/u";
    for (what, text) in bad_data() {
        for file in ["data.yaml", "revisions/0001/data.yaml"] {
            let folder = tempfile::tempdir().unwrap();
            let folder = folder.path().join("hub");
            saved.write(&folder).unwrap();
            let path = folder.join(unit).join(file);
            assert!(path.exists(), "{}", path.display());
            std::fs::write(path, &text).unwrap();
            let refused = match Snapshot::read(&folder) {
                Ok(snapshot) => match Bench::load(&snapshot).await {
                    Ok(_) => panic!("{what} in {file} was loaded"),
                    Err(LoadError::Snapshot(refused)) => refused.to_string(),
                    Err(other) => panic!("{other}"),
                },
                Err(refused) => refused.to_string(),
            };
            assert!(refused.contains("Data: "), "{what} in {file}: {refused}");
        }
    }
}

/// The executor takes data whose keys are repeated, and so does the hub.
#[tokio::test]
async fn repeated_keys_are_taken_as_they_are() {
    let bench = Bench::start().await;
    let space = bench.space("p").await;
    let repeated = format!("{HEAD}data:\n  a: \"1\"\n  a: \"2\"\n");
    let unit = bench.unit(&space, "u", &repeated).await;
    assert_eq!(bench.get(&unit).await.1["Unit"]["Data"], base64(&repeated));
}

fn invocation(name: &str, arguments: &[Json]) -> Json {
    let arguments: Vec<Json> = arguments.iter().map(|value| json!({"Value": value})).collect();
    json!({
        "FunctionInvocations": [{"FunctionName": name, "Arguments": arguments}],
        "CastStringArgsToScalars": true,
    })
}

/// Arguments that break parsers: each is answered, and none with success.
#[tokio::test]
async fn arguments_of_functions_that_break_parsers() {
    let bench = Bench::start().await;
    let space = bench.space("p").await;
    bench.unit(&space, "u", MANIFEST).await;
    let many = 100_000;
    let path = vec!["a"; many].join(".");
    let kind = json!("apps/v1/Deployment");
    let cel = |text: String| ("cel-validate", vec![json!(text)]);
    let mut lines = Vec::new();
    for (what, (name, arguments)) in [
        ("a path of many keys", ("set-string-path", vec![kind.clone(), json!(path), json!("x")])),
        ("CEL: brackets", cel(format!("{}true{}", "(".repeat(many), ")".repeat(many)))),
        ("CEL: a sum", cel(format!("1{} == 1", "+1".repeat(many)))),
        ("CEL: fields", cel(format!("r{} == 1", ".a".repeat(many)))),
        ("CEL: nots", cel(format!("{}true", "!".repeat(many)))),
        ("CEL: minus signs", cel(format!("{}1 == 1", "-".repeat(many)))),
        ("CEL: conditions", cel(format!("{}true", "true ? true : ".repeat(many)))),
        ("CEL: conjunctions", cel(vec!["false"; many].join(" && "))),
        ("CEL: lists", cel(format!("{}{} == []", "[".repeat(many), "]".repeat(many)))),
        ("CEL: indices", cel(format!("r{} == 1", "[0]".repeat(many)))),
        ("CEL: maps", cel(format!("{}1{} == {{}}", "{1:".repeat(many), "}".repeat(many)))),
        ("CEL: calls", cel(format!("r{} == 1", ".size()".repeat(many)))),
        ("yq: keys", ("yq", vec![json!(".a[".repeat(many))])),
        ("a clause of brackets", ("where-filter", vec![kind.clone(), json!("(".repeat(many))])),
        (
            "a pattern that explodes",
            ("where-filter", vec![kind.clone(), json!("metadata.name ~ '((a{1000}){1000}){1000}'")]),
        ),
        (
            "a pattern of brackets",
            ("where-filter", vec![kind.clone(), json!(format!("metadata.name ~ '{}'", "(".repeat(many)))]),
        ),
        ("copies without end", ("replicate", vec![kind.clone(), json!("d"), json!("1000000000000")])),
        ("data of brackets", ("compute-mutations", vec![json!("[".repeat(many)), json!("0")])),
        ("mutations of brackets", ("patch-mutations", vec![json!("[".repeat(many)), json!("[]")])),
        ("many arguments", ("set-env", std::iter::repeat_n(json!("a=b"), many).collect())),
    ] {
        let answer = bench.post(&format!("/space/{space}/function/invoke"), invocation(name, &arguments)).await;
        let item = &answer.1[0];
        let told = item["Error"]["Message"].as_str().map(str::to_owned);
        let told = told.unwrap_or_else(|| format!("{} {}", item["Success"], item["Output"]));
        lines.push(format!("{what}: {} {}", answer.0, told.chars().take(200).collect::<String>()));
    }
    insta::assert_snapshot!(lines.join("\n"));
}

#[tokio::test]
async fn more_functions_than_any_use_has_are_refused() {
    let bench = Bench::start().await;
    let space = bench.space("p").await;
    bench.unit(&space, "u", MANIFEST).await;
    let functions = vec![json!({"FunctionName": "get-replicas"}); 100_000];
    let answer =
        bench.post(&format!("/space/{space}/function/invoke"), json!({"FunctionInvocations": functions})).await;
    assert_eq!((answer.0, message(&answer)), (400, "FunctionInvocations: 100000 functions; at most 256".to_owned()));
}

/// Clauses that break parsers, as a query and as what a filter keeps.
#[tokio::test]
async fn clauses_that_break_parsers() {
    let bench = Bench::start().await;
    let space = bench.space("p").await;
    for (what, clause) in [
        ("brackets", "(".repeat(4_000)),
        ("more brackets", "(".repeat(20_000)),
        ("a list of brackets", format!("Slug IN {}", "(".repeat(4_000))),
        ("a pattern that explodes", "Slug ~ '((a{255}){255}){255}'".to_owned()),
        ("a pattern of brackets", format!("Slug ~ '{}'", "(".repeat(250))),
        ("many comparisons", vec!["Slug = 'a'"; 1_000].join(" AND ")),
        ("dots", format!("Labels.{} = 'a'", "a.".repeat(1_000))),
        ("blanks", format!("Slug ={}'a'", " ".repeat(1_000))),
        ("quotes", "'".repeat(3_000)),
    ] {
        let listed = bench.list("/unit", &clause).await;
        let filter = json!({"Slug": "f", "From": "Unit", "Where": clause});
        let kept = bench.post(&format!("/space/{space}/filter"), filter).await;
        for (way, answer) in [("where", listed), ("Where", kept)] {
            assert_eq!(answer.0, 400, "{what} as {way}: {}", answer.1);
            assert!(!message(&answer).is_empty(), "{what} as {way}");
        }
    }
}
