//! Bulk creation: where clones go, what they are called, and what labels they get.

use reqwest::Method;
use serde_json::{Value as Json, json};

use crate::client::{Answer, Bench, message, text};
use crate::populated::Populated;

const SERVICE: &str = "apiVersion: v1\nkind: Service\nmetadata:\n  name: web\n";

async fn create(bench: &Bench, path: &str, query: &[(&str, &str)], body: Json) -> Answer {
    bench.send(bench.request(Method::POST, path).query(query).json(&body)).await
}

/// What each item is: its slug, or the refusal.
fn told(items: &Json, kind: &str) -> Vec<String> {
    let told = |item: &Json| match item["Error"]["Message"].as_str() {
        Some(message) => message.to_owned(),
        None => text(&item[kind]["Slug"]),
    };
    items.as_array().unwrap_or_else(|| panic!("{items}")).iter().map(told).collect()
}

#[tokio::test]
async fn every_prefix_and_every_variant_is_a_clone_of_its_own() {
    let bench = Bench::start().await;
    let base = bench.space("base").await;
    let unit = bench.unit(&base, "web", SERVICE).await;
    bench.patch(&unit, json!({"Labels": {"tier": "front", "env": "none"}, "DeleteGates": {"legal": true}})).await;
    let query = [
        ("where", "Slug = 'web'"),
        ("name_prefixes", "a-, b-"),
        ("name_pattern", "template:{{.SourceEntitySlug}}-{{ .Labels.env }}-{{.Labels.region}}"),
        ("variant_labels", "env=dev|prod,region=eu|us"),
    ];
    let (status, items) = create(&bench, "/unit", &query, json!({"Labels": {"by": "me"}})).await;
    assert_eq!(status, 200, "{items}");
    let expected = [
        "a-web-dev-eu",
        "a-web-prod-eu",
        "a-web-dev-us",
        "a-web-prod-us",
        "b-web-dev-eu",
        "b-web-prod-eu",
        "b-web-dev-us",
        "b-web-prod-us",
    ];
    assert_eq!(told(&items, "Unit"), expected);
    let first = &items[0]["Unit"];
    assert_eq!(first["Labels"], json!({"tier": "front", "env": "dev", "region": "eu", "by": "me"}));
    assert_eq!(first["UpstreamUnitID"], json!(unit.rsplit('/').next().unwrap()));
    assert_eq!(first["SpaceID"], json!(base), "without where_space a clone is beside its source");
    assert!(first["DeleteGates"].as_object().is_none_or(serde_json::Map::is_empty), "{first}");
    let (_, listed) = bench.list("/unit", "Labels.env = 'prod' AND Labels.region = 'us'").await;
    assert_eq!(listed.as_array().unwrap().len(), 2);

    let (status, items) = create(&bench, "/unit", &query, json!({})).await;
    assert_eq!(status, 207);
    assert!(told(&items, "Unit").iter().all(|told| told.ends_with("already exists")), "{items}");
    let again = [&query[..], &[("allow_exists", "true")]].concat();
    let (status, items) = create(&bench, "/unit", &again, json!({})).await;
    assert_eq!((status, told(&items, "Unit")), (200, expected.map(str::to_owned).to_vec()), "they are there");
    assert_eq!(bench.get("/unit").await.1.as_array().unwrap().len(), 9);
}

#[tokio::test]
async fn patterns_and_variants_that_are_none_are_refused() {
    let bench = Bench::start().await;
    let base = bench.space("base").await;
    bench.unit(&base, "web", SERVICE).await;
    let refusals = [
        (vec![], 400, "BulkCreateUnits: where_space or name_prefixes is required"),
        (vec![("variant_labels", "env=dev")], 400, "BulkCreateUnits: where_space or name_prefixes is required"),
        (
            vec![("name_pattern", "web-2")],
            501,
            "name_pattern: `web-2` without `template:` is not supported by this hub",
        ),
        (
            vec![("name_pattern", "template:{{.Slug}}")],
            501,
            "name_pattern: template action `.Slug` is not supported by this hub",
        ),
        (
            vec![("name_pattern", "template:{{.Labels.a-b}}")],
            501,
            "name_pattern: template action `.Labels.a-b` is not supported by this hub",
        ),
        (vec![("name_pattern", "template:{{.SourceEntitySlug")], 400, "name_pattern: `{{.SourceEntitySlug` has no end"),
        (vec![("name_prefixes", "a-"), ("variant_labels", "env")], 400, "variant_labels: `env` is no key=value|value"),
        (
            vec![("name_prefixes", "a-"), ("variant_labels", "=dev")],
            400,
            "variant_labels: `=dev` is no key=value|value",
        ),
    ];
    for (query, status, text) in refusals {
        let query = [&[("where", "Slug = 'web'")], &query[..]].concat();
        let refused = create(&bench, "/unit", &query, json!({})).await;
        assert_eq!((refused.0, message(&refused).as_str()), (status, text), "{query:?}");
    }
    let many = "abcdefghijklmnopq".chars().map(|key| format!("{key}=1|2")).collect::<Vec<_>>().join(",");
    let query = [("where", "Slug = 'web'"), ("name_prefixes", "a-"), ("variant_labels", many.as_str())];
    let refused = create(&bench, "/unit", &query, json!({})).await;
    assert_eq!(message(&refused), "variant_labels: more than 100000 combinations");
    let query = [("where", "Slug = 'web'"), ("name_pattern", "template:{{.Labels.env}}_")];
    let (status, items) = create(&bench, "/unit", &query, json!({})).await;
    assert_eq!(status, 207, "a name that is none is refused with its item: {items}");
    assert_eq!(bench.get("/unit").await.1.as_array().unwrap().len(), 1);
}

#[tokio::test]
async fn entities_of_every_kind_are_cloned_into_other_spaces() {
    let there = Populated::start().await;
    let bench = &there.bench;
    let (dev, prod) = (bench.space("to-dev").await, bench.space("to-prod").await);
    let kinds = [
        ("ChangeSet", "change_set", "change-set"),
        ("Filter", "filter", "filter"),
        ("Invocation", "invocation", "invocation"),
        ("Tag", "tag", "tag"),
        ("Trigger", "trigger", "trigger"),
        ("View", "view", "view"),
    ];
    for (kind, family, slug) in kinds {
        let source = format!("Slug = '{slug}'");
        let query = [("where", source.as_str()), ("where_space", "Slug LIKE 'to-%'"), ("name_prefixes", "x-")];
        let (status, items) = create(bench, &format!("/{family}"), &query, json!({"Labels": {"copy": "yes"}})).await;
        assert_eq!(status, 200, "{kind}: {items}");
        assert_eq!(told(&items, kind), [format!("x-{slug}"), format!("x-{slug}")]);
        for space in [&dev, &prod] {
            let (_, listed) = bench.list(&format!("/space/{space}/{family}"), "Labels.copy = 'yes'").await;
            assert_eq!(listed.as_array().unwrap().len(), 1, "{kind}");
            assert_eq!(listed[0][kind]["SpaceID"], json!(space));
        }
    }
    let query = [("where", "Slug LIKE 'to-%'"), ("name_prefixes", "new-")];
    let (status, items) = create(bench, "/_space", &query, json!({})).await;
    assert_eq!((status, told(&items, "Space")), (200, vec!["new-to-dev".to_owned(), "new-to-prod".to_owned()]));
    let (_, tags) = bench.list("/tag", "Space.Slug LIKE 'new-%'").await;
    assert_eq!(tags, json!([]), "clones of spaces are empty");
}

#[tokio::test]
async fn links_follow_units_into_the_spaces_of_their_clones() {
    let bench = Bench::start().await;
    let (base, prod) = (bench.space("base").await, bench.space("prod").await);
    for slug in ["web", "db", "cache"] {
        bench.unit(&base, slug, &SERVICE.replace("web", slug)).await;
    }
    let query = [("where_space", "Slug = 'base'"), ("where_from", "Slug = 'web'"), ("where_to", "Slug != 'web'")];
    let (status, items) = create(&bench, "/link", &query, json!({"Labels": {"by": "bulk"}})).await;
    assert_eq!((status, told(&items, "Link")), (200, vec!["web-db".to_owned(), "web-cache".to_owned()]));
    assert_eq!(items[0]["Link"]["Labels"], json!({"by": "bulk"}));

    // The cache is not cloned: what needs it goes on with that of the base.
    let query = [("where", "Slug IN ('db', 'web')"), ("where_space", "Slug = 'prod'")];
    let (status, _) = create(&bench, "/unit", &query, json!({})).await;
    assert_eq!(status, 200);
    let (_, links) = bench.get(&format!("/space/{prod}/link?include=ToSpaceID,ToUnitID")).await;
    let ends = |link: &Json| format!("{}/{}", text(&link["ToSpace"]["Slug"]), text(&link["ToUnit"]["Slug"]));
    let ends: Vec<String> = links.as_array().unwrap().iter().map(ends).collect();
    assert_eq!(ends, ["prod/db", "base/cache"], "also where the web was cloned before its database was");
}
