//! Discovery: which groups, versions and resources there are, plain and aggregated.
//!
//! Forms: `APIVersions`, `APIGroupList`, `APIResourceList` of meta/v1, and
//! `APIGroupDiscoveryList` of apidiscovery.k8s.io/v2.

use std::sync::Arc;

use axum::Json;
use axum::response::{IntoResponse, Response};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use http::header;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use super::request::Groups;
use super::status::ApiError;
use super::{Api, Call, autoscaling_v1};
use crate::kinds::{Kind, Treatment};

const AGGREGATED: &str = "application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList";

/// `/api`, `/apis`, `/apis/GROUP`.
pub(super) fn groups(api: &Api, call: &Call, which: Groups) -> Result<Response, ApiError> {
    let kinds = api.registry.all();
    let aggregated = call
        .header(header::ACCEPT)
        .split(',')
        .any(|one| one.contains("as=APIGroupDiscoveryList") && one.contains("v=v2"));
    let named = named_groups(&kinds);
    match which {
        Groups::Core if aggregated => Ok(discovery_list(&kinds, &[String::new()])),
        Groups::Named if aggregated => Ok(discovery_list(&kinds, &named)),
        Groups::Core => Ok(Json(json!({
            "kind": "APIVersions",
            "versions": ["v1"],
            "serverAddressByClientCIDRs": [{"clientCIDR": "0.0.0.0/0", "serverAddress": "127.0.0.1"}],
        }))
        .into_response()),
        Groups::Named => {
            let groups: Vec<_> = named.iter().map(|group| group_entry(&kinds, group)).collect();
            Ok(Json(json!({"kind": "APIGroupList", "apiVersion": "v1", "groups": groups})).into_response())
        }
        Groups::One(group) if named.contains(&group) => {
            let mut entry = group_entry(&kinds, &group);
            entry["kind"] = json!("APIGroup");
            entry["apiVersion"] = json!("v1");
            Ok(Json(entry).into_response())
        }
        Groups::One(_) => Err(ApiError::not_a_page()),
    }
}

/// `/api/v1`, `/apis/GROUP/VERSION`.
pub(super) fn resources(api: &Api, group: &str, version: &str) -> Result<Response, ApiError> {
    let kinds = api.registry.all();
    let served: Vec<_> = kinds.iter().filter(|kind| kind.group == group && kind.version == version).collect();
    if served.is_empty() {
        let known = kinds.iter().any(|kind| kind.group == group);
        return Err(if known { ApiError::no_such_path() } else { ApiError::not_a_page() });
    }
    let mut resources = Vec::new();
    for kind in &served {
        let mut entry = json!({
            "name": kind.plural,
            "singularName": kind.singular,
            "namespaced": kind.namespaced,
            "kind": kind.kind,
            "verbs": kind.verbs(),
        });
        add_names(&mut entry, kind);
        if kind.treatment != Treatment::Answered {
            entry["storageVersionHash"] = json!(storage_version_hash(kind));
        }
        resources.push(entry);
        for subresource in &kind.subresources {
            let scope = subresource_kind(kind, subresource);
            let mut entry = json!({
                "name": format!("{}/{subresource}", kind.plural),
                "singularName": "",
                "namespaced": kind.namespaced,
                "kind": scope.kind,
                "verbs": subresource_verbs(subresource),
            });
            if (scope.group, scope.version) != (group, version) {
                entry["group"] = json!(scope.group);
                entry["version"] = json!(scope.version);
            }
            resources.push(entry);
        }
    }
    resources.sort_by_key(|entry| entry["name"].as_str().unwrap_or_default().to_owned());
    let group_version = served.first().map_or_else(String::new, |kind| kind.api_version());
    Ok(Json(json!({
        "kind": "APIResourceList",
        "apiVersion": "v1",
        "groupVersion": group_version,
        "resources": resources,
    }))
    .into_response())
}

/// By which clients see that objects are stored in another version (`discovery.StorageVersionHash`).
fn storage_version_hash(kind: &Kind) -> String {
    let version = if autoscaling_v1::is(kind) { "v2" } else { &kind.version };
    let digest = Sha256::digest(format!("{}/{version}/{}", kind.group, kind.kind));
    STANDARD.encode(&digest[..8])
}

/// The named groups, in the order of the table.
fn named_groups(kinds: &[Arc<Kind>]) -> Vec<String> {
    let mut groups: Vec<String> = Vec::new();
    for kind in kinds {
        if !kind.group.is_empty() && !groups.contains(&kind.group) {
            groups.push(kind.group.clone());
        }
    }
    groups
}

fn versions_of<'a>(kinds: &'a [Arc<Kind>], group: &str) -> Vec<&'a str> {
    let mut versions: Vec<&str> = Vec::new();
    for kind in kinds.iter().filter(|kind| kind.group == group) {
        if !versions.contains(&kind.version.as_str()) {
            versions.push(&kind.version);
        }
    }
    versions
}

fn group_entry(kinds: &[Arc<Kind>], group: &str) -> Value {
    let versions: Vec<_> = versions_of(kinds, group)
        .iter()
        .map(|version| json!({"groupVersion": format!("{group}/{version}"), "version": version}))
        .collect();
    json!({"name": group, "preferredVersion": versions[0], "versions": versions})
}

fn discovery_list(kinds: &[Arc<Kind>], groups: &[String]) -> Response {
    let items: Vec<_> = groups
        .iter()
        .map(|group| {
            let versions: Vec<_> = versions_of(kinds, group)
                .iter()
                .map(|version| {
                    let resources: Vec<_> = kinds
                        .iter()
                        .filter(|kind| kind.group == *group && kind.version == *version)
                        .map(|kind| discovery_resource(kind))
                        .collect();
                    json!({"version": version, "resources": resources, "freshness": "Current"})
                })
                .collect();
            json!({"metadata": {"name": group, "creationTimestamp": null}, "versions": versions})
        })
        .collect();
    let body = json!({
        "kind": "APIGroupDiscoveryList",
        "apiVersion": "apidiscovery.k8s.io/v2",
        "metadata": {},
        "items": items,
    });
    ([(header::CONTENT_TYPE, AGGREGATED)], body.to_string()).into_response()
}

/// Built-in groups leave out what a kind shares with the group it is listed under.
fn response_kind(listed: &Kind, (group, version, kind): (&str, &str, &str)) -> Value {
    if !listed.is_custom() && listed.group == group && listed.version == version {
        return json!({"group": "", "version": "", "kind": kind});
    }
    json!({"group": group, "version": version, "kind": kind})
}

fn discovery_resource(kind: &Kind) -> Value {
    let mut entry = json!({
        "resource": kind.plural,
        "responseKind": response_kind(kind, (&kind.group, &kind.version, &kind.kind)),
        "scope": if kind.namespaced { "Namespaced" } else { "Cluster" },
        "singularResource": kind.singular,
        "verbs": kind.verbs(),
    });
    add_names(&mut entry, kind);
    let subresources: Vec<_> = kind
        .subresources
        .iter()
        .map(|subresource| {
            let of = subresource_kind(kind, subresource);
            json!({
                "subresource": subresource,
                "responseKind": response_kind(kind, (of.group, of.version, of.kind)),
                "verbs": subresource_verbs(subresource),
            })
        })
        .collect();
    if !subresources.is_empty() {
        entry["subresources"] = json!(subresources);
    }
    entry
}

fn add_names(entry: &mut Value, kind: &Kind) {
    if !kind.short_names.is_empty() {
        entry["shortNames"] = json!(kind.short_names);
    }
    if !kind.categories.is_empty() {
        entry["categories"] = json!(kind.categories);
    }
}

struct KindName<'a> {
    group: &'a str,
    version: &'a str,
    kind: &'a str,
}

fn subresource_kind<'a>(kind: &'a Kind, subresource: &str) -> KindName<'a> {
    let of = |group, version, kind| KindName { group, version, kind };
    match subresource {
        "scale" => of("autoscaling", "v1", "Scale"),
        "eviction" => of("policy", "v1", "Eviction"),
        "token" => of("authentication.k8s.io", "v1", "TokenRequest"),
        "binding" => of("", "v1", "Binding"),
        "proxy" if kind.kind == "Pod" => of("", "v1", "PodProxyOptions"),
        "proxy" if kind.kind == "Node" => of("", "v1", "NodeProxyOptions"),
        "proxy" => of("", "v1", "ServiceProxyOptions"),
        "exec" => of("", "v1", "PodExecOptions"),
        "attach" => of("", "v1", "PodAttachOptions"),
        "portforward" => of("", "v1", "PodPortForwardOptions"),
        _ => of(&kind.group, &kind.version, &kind.kind),
    }
}

fn subresource_verbs(subresource: &str) -> &'static [&'static str] {
    match subresource {
        "log" => &["get"],
        "eviction" | "token" | "binding" => &["create"],
        "exec" | "attach" | "portforward" => &["create", "get"],
        "proxy" => &["create", "delete", "get", "patch", "update"],
        "finalize" => &["update"],
        _ => &["get", "patch", "update"],
    }
}
