//! What a container's volumes mount, as files.

use serde_json::Value;

use super::Node;
use super::environment::{field, values};
use crate::store::Store;
use crate::store::object::{self, list, text};

/// Path and content of what a container's volumes mount: ConfigMaps, Secrets and the downward API.
pub(crate) fn files(node: &Node, pod: &Value, container: &Value, pod_ip: &str) -> Vec<(String, String)> {
    let mut files = Vec::new();
    for mount in list(container, "/volumeMounts") {
        let volume = list(pod, "/spec/volumes").iter().find(|volume| volume["name"] == mount["name"]);
        let folder = text(mount, "/mountPath").trim_end_matches('/');
        let only = text(mount, "/subPath");
        for (name, content) in volume.map_or_else(Vec::new, |volume| volume_files(&node.store, pod, volume, pod_ip)) {
            if only.is_empty() {
                files.push((format!("{folder}/{name}"), content));
            } else if only == name {
                files.push((folder.to_owned(), content));
            }
        }
    }
    files
}

fn volume_files(store: &Store, pod: &Value, volume: &Value, pod_ip: &str) -> Vec<(String, String)> {
    let mut files = source_files(store, pod, &volume["configMap"], ("configmaps", "name"));
    files.extend(source_files(store, pod, &volume["secret"], ("secrets", "secretName")));
    files.extend(downward_files(pod, &volume["downwardAPI"], pod_ip));
    for source in list(volume, "/projected/sources") {
        files.extend(source_files(store, pod, &source["configMap"], ("configmaps", "name")));
        files.extend(source_files(store, pod, &source["secret"], ("secrets", "name")));
        files.extend(downward_files(pod, &source["downwardAPI"], pod_ip));
    }
    files
}

/// The keys of a ConfigMap or Secret as files, all of them or the `items`.
fn source_files(store: &Store, pod: &Value, source: &Value, of: (&str, &str)) -> Vec<(String, String)> {
    let (resource, member) = of;
    let name = source[member].as_str().unwrap_or_default();
    let Some(found) = store.get(resource, object::namespace(pod), name) else { return Vec::new() };
    let keys = values(&found.object);
    match list(source, "/items") {
        [] => keys,
        items => items
            .iter()
            .filter_map(|item| {
                let (_, content) = keys.iter().find(|(key, _)| key == text(item, "/key"))?;
                Some((text(item, "/path").to_owned(), content.clone()))
            })
            .collect(),
    }
}

fn downward_files(pod: &Value, source: &Value, pod_ip: &str) -> Vec<(String, String)> {
    let items = list(source, "/items").iter();
    let file = |item: &Value| {
        let path = text(item, "/fieldRef/fieldPath");
        (!path.is_empty()).then(|| (text(item, "/path").to_owned(), field(pod, path, pod_ip)))
    };
    items.filter_map(file).collect()
}
