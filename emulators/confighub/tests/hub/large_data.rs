//! Data near what a unit may hold, of shapes that make lookups in lists cost the square of their length:
//! that these tests end is what they check.

use serde_json::{Value as Json, json};

use crate::client::{Bench, base64};

const HEAD: &str = "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: a\n";
const COUNT: usize = 20_000;

fn mapping(value: &str) -> String {
    let entries: String = (0..COUNT).map(|number| format!("  k{number}: {value}{number}\n")).collect();
    format!("{HEAD}data:\n{entries}")
}

fn flow_mapping(value: &str) -> String {
    let entries: Vec<String> = (0..COUNT).map(|number| format!("k{number}: {value}{number}")).collect();
    format!("{HEAD}data: {{{}}}\n", entries.join(", "))
}

fn named_list(value: &str, reversed: bool) -> String {
    let mut items: Vec<String> =
        (0..COUNT / 2).map(|number| format!("  - name: n{number}\n    value: {value}\n")).collect();
    if reversed {
        items.reverse();
    }
    format!("{HEAD}data:\n{}", items.concat())
}

fn plain_list(value: &str) -> String {
    let items: String = (0..COUNT).map(|number| format!("  - {value}{number}\n")).collect();
    format!("{HEAD}data:\n{items}")
}

fn documents(value: &str, reversed: bool) -> String {
    let document =
        |number: usize| format!("apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: d{number}\ndata:\n  a: {value}\n");
    let mut all: Vec<String> = (0..2_000).map(document).collect();
    if reversed {
        all.reverse();
    }
    all.join("---\n")
}

fn renamed(prefix: &str) -> String {
    let document = |number: usize| {
        format!("apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: {prefix}{number}\ndata:\n  a: b{number}\n")
    };
    (0..2_000).map(document).collect::<Vec<_>>().join("---\n")
}

/// One version of data after the other, each a new revision.
async fn revise(versions: [String; 2]) -> (Bench, String) {
    let bench = Bench::start().await;
    let space = bench.space("p").await;
    let [first, second] = versions;
    let unit = bench.unit(&space, "u", &first).await;
    let (status, changed) = bench.patch(&unit, json!({"Data": base64(&second)})).await;
    assert_eq!((status, &changed["HeadRevisionNum"]), (200, &json!(2)));
    (bench, space)
}

#[tokio::test]
async fn a_mapping_all_of_whose_values_change() {
    revise([mapping("a"), mapping("b")]).await;
}

#[tokio::test]
async fn a_mapping_in_braces() {
    revise([flow_mapping("a"), flow_mapping("b")]).await;
}

#[tokio::test]
async fn a_list_of_named_items_in_another_order() {
    revise([named_list("a", false), named_list("b", true)]).await;
}

#[tokio::test]
async fn a_list_of_values_that_all_change() {
    revise([plain_list("a"), plain_list("b")]).await;
}

#[tokio::test]
async fn documents_in_another_order() {
    revise([documents("a", false), documents("b", true)]).await;
}

#[tokio::test]
async fn documents_that_are_all_renamed() {
    revise([renamed("a"), renamed("b")]).await;
}

/// Functions that go to every key of a large mapping.
#[tokio::test]
async fn functions_on_a_large_mapping() {
    let (bench, space) = revise([mapping("a"), mapping("b")]).await;
    let kind = "v1/ConfigMap";
    for (name, arguments) in [
        ("get-string-path", vec![kind, "data.*"]),
        ("set-string-path", vec![kind, "data.*", "new"]),
        ("search-replace", vec!["new", "newer"]),
        ("cel-validate", vec!["r.data.k7 == 'newer'"]),
        ("where-filter", vec![kind, "data.* = 'newer'"]),
    ] {
        let arguments: Vec<Json> = arguments.iter().map(|value| json!({"Value": value})).collect();
        let body = json!({"FunctionInvocations": [{"FunctionName": name, "Arguments": arguments}]});
        let (status, items) = bench.post(&format!("/space/{space}/function/invoke"), body).await;
        assert_eq!((status, &items[0]["Success"]), (200, &json!(true)), "{name}: {}", items[0]["Error"]);
    }
}
