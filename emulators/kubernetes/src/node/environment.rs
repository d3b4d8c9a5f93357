//! A container's environment variables, and what must exist before it can start.

use std::collections::BTreeMap;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::Value;

use super::catalogue::Image;
use super::{ADDRESS, Node};
use crate::store::Store;
use crate::store::object::{self, list, text};

/// The variables of a container, or the kubelet's words for what is missing.
pub(super) fn resolve(
    store: &Store,
    pod: &Value,
    container: &Value,
    pod_ip: &str,
) -> Result<BTreeMap<String, String>, String> {
    let mut variables = service_links(store, pod);
    variables.insert("HOSTNAME".to_owned(), hostname(pod).to_owned());
    for source in list(container, "/envFrom") {
        let prefix = text(source, "/prefix");
        for (key, value) in source_values(store, pod, source)? {
            variables.insert(format!("{prefix}{key}"), value);
        }
    }
    for variable in list(container, "/env") {
        let name = text(variable, "/name").to_owned();
        let value = match variable.get("valueFrom") {
            Some(from) if from.is_object() => value_from(store, pod, container, from, pod_ip)?,
            _ => Some(expand(text(variable, "/value"), &variables)),
        };
        if let Some(value) = value {
            variables.insert(name, value);
        }
    }
    Ok(variables)
}

/// The host name of a Pod's containers.
pub(crate) fn hostname(pod: &Value) -> &str {
    match text(pod, "/spec/hostname") {
        "" => object::name(pod),
        name => name,
    }
}

/// The variables of Docker links that the kubelet makes of the Services there are when a container
/// starts (`k8s.io/kubernetes/pkg/kubelet/envvars`).
fn service_links(store: &Store, pod: &Value) -> BTreeMap<String, String> {
    let namespace = object::namespace(pod);
    let (mut services, _) = store.list("services", Some(namespace));
    if pod["spec"]["enableServiceLinks"] == false {
        services.clear();
    }
    // The API server's own is linked to from everywhere, and one of the same name is not.
    services.retain(|service| object::name(&service.object) != "kubernetes");
    services.extend(store.get("services", "default", "kubernetes"));
    let mut variables = BTreeMap::new();
    for service in services {
        let address = text(&service.object, "/spec/clusterIP").to_owned();
        if !address.is_empty() && address != "None" {
            link(&service.object, &address, &mut variables);
        }
    }
    variables
}

fn link(service: &Value, address: &str, variables: &mut BTreeMap<String, String>) {
    let name = object::name(service).to_uppercase().replace('-', "_");
    for (number, port) in list(service, "/spec/ports").iter().enumerate() {
        let protocol = port["protocol"].as_str().unwrap_or("TCP");
        let port_number = port["port"].as_i64().unwrap_or(0);
        let url = format!("{}://{address}:{port_number}", protocol.to_lowercase());
        if number == 0 {
            variables.insert(format!("{name}_SERVICE_HOST"), address.to_owned());
            variables.insert(format!("{name}_SERVICE_PORT"), port_number.to_string());
            variables.insert(format!("{name}_PORT"), url.clone());
        }
        let port_name = text(port, "/name").to_uppercase().replace('-', "_");
        if !port_name.is_empty() {
            variables.insert(format!("{name}_SERVICE_PORT_{port_name}"), port_number.to_string());
        }
        let prefix = format!("{name}_PORT_{port_number}_{}", protocol.to_uppercase());
        variables.insert(prefix.clone(), url);
        variables.insert(format!("{prefix}_PROTO"), protocol.to_lowercase());
        variables.insert(format!("{prefix}_PORT"), port_number.to_string());
        variables.insert(format!("{prefix}_ADDR"), address.to_owned());
    }
}

/// Path and content of what a container's volumes mount: ConfigMaps, Secrets and the downward API.
pub(crate) fn mounted_files(node: &Node, pod: &Value, container: &Value, pod_ip: &str) -> Vec<(String, String)> {
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

/// A container's `command` and `args` on top of those of its image, with `$(NAME)` replaced.
pub(super) fn command_line(container: &Value, image: &Image, variables: &BTreeMap<String, String>) -> Vec<String> {
    let words = |field: &str| -> Vec<String> {
        let words = list(container, field).iter().filter_map(Value::as_str);
        words.map(|word| expand(word, variables)).collect()
    };
    let (command, args) = (words("/command"), words("/args"));
    let default_args = if command.is_empty() { image.cmd.clone() } else { Vec::new() };
    let mut line = if command.is_empty() { image.entrypoint.clone() } else { command };
    line.extend(if args.is_empty() { default_args } else { args });
    line
}

/// All keys of a ConfigMap or Secret of `envFrom`.
fn source_values(store: &Store, pod: &Value, source: &Value) -> Result<Vec<(String, String)>, String> {
    for (field, resource) in [("configMapRef", "configmaps"), ("secretRef", "secrets")] {
        let reference = &source[field];
        if !reference.is_object() {
            continue;
        }
        let name = text(reference, "/name");
        return match store.get(resource, object::namespace(pod), name) {
            Some(found) => Ok(values(&found.object)),
            None if reference["optional"] == true => Ok(Vec::new()),
            None => Err(missing(resource, name)),
        };
    }
    Ok(Vec::new())
}

fn value_from(
    store: &Store,
    pod: &Value,
    container: &Value,
    from: &Value,
    pod_ip: &str,
) -> Result<Option<String>, String> {
    if let Some(path) = from.pointer("/fieldRef/fieldPath").and_then(Value::as_str) {
        return Ok(Some(field(pod, path, pod_ip)));
    }
    if let Some(resource) = from.pointer("/resourceFieldRef/resource").and_then(Value::as_str) {
        let pointer = format!("/resources/{}", resource.replacen('.', "/", 1));
        return Ok(Some(text(container, &pointer).to_owned()));
    }
    let namespace = object::namespace(pod);
    for (member, resource, kind) in
        [("configMapKeyRef", "configmaps", "ConfigMap"), ("secretKeyRef", "secrets", "Secret")]
    {
        let reference = &from[member];
        if !reference.is_object() {
            continue;
        }
        let (name, key, optional) = (text(reference, "/name"), text(reference, "/key"), reference["optional"] == true);
        let Some(found) = store.get(resource, namespace, name) else {
            return if optional { Ok(None) } else { Err(missing(resource, name)) };
        };
        let value = values(&found.object).into_iter().find(|(one, _)| one == key).map(|(_, value)| value);
        return match value {
            None if !optional => Err(format!("couldn't find key {key} in {kind} {namespace}/{name}")),
            value => Ok(value),
        };
    }
    Ok(None)
}

fn missing(resource: &str, name: &str) -> String {
    let singular = resource.trim_end_matches('s');
    format!("{singular} \"{name}\" not found")
}

/// The members of `data`, those of a Secret decoded.
fn values(object: &Value) -> Vec<(String, String)> {
    let decode = |value: &str| {
        if object["kind"] == "Secret" {
            STANDARD.decode(value).map(|bytes| String::from_utf8_lossy(&bytes).into_owned()).unwrap_or_default()
        } else {
            value.to_owned()
        }
    };
    let data = object["data"].as_object().into_iter().flatten();
    data.filter_map(|(key, value)| Some((key.clone(), decode(value.as_str()?)))).collect()
}

/// The downward API fields.
fn field(pod: &Value, path: &str, pod_ip: &str) -> String {
    match path {
        "status.podIP" | "status.podIPs" => pod_ip.to_owned(),
        "status.hostIP" | "status.hostIPs" => ADDRESS.to_owned(),
        "metadata.labels" | "metadata.annotations" => {
            let map = pod.pointer(&format!("/{}", path.replace('.', "/"))).and_then(Value::as_object);
            let lines = map.into_iter().flatten().map(|(key, value)| format!("{key}={value}"));
            lines.collect::<Vec<_>>().join("\n")
        }
        path => match path.strip_suffix("']").and_then(|path| path.split_once("['")) {
            Some((map, key)) => {
                let map = pod.pointer(&format!("/{}", map.replace('.', "/")));
                map.and_then(|map| map.get(key)).and_then(Value::as_str).unwrap_or_default().to_owned()
            }
            None => text(pod, &format!("/{}", path.replace('.', "/"))).to_owned(),
        },
    }
}

/// Replaces `$(NAME)` by variables defined before; `$$` stands for `$`.
fn expand(value: &str, variables: &BTreeMap<String, String>) -> String {
    let mut out = String::new();
    let mut rest = value;
    while let Some(at) = rest.find('$') {
        out.push_str(&rest[..at]);
        let after = &rest[at + 1..];
        let name = after.strip_prefix('(').and_then(|inner| inner.split_once(')'));
        if let Some(tail) = after.strip_prefix('$') {
            out.push('$');
            rest = tail;
        } else if let Some((name, tail)) = name
            && let Some(value) = variables.get(name)
        {
            out.push_str(value);
            rest = tail;
        } else {
            out.push('$');
            rest = after;
        }
    }
    out + rest
}

/// The kubelet's words for the first volume whose Secret or ConfigMap is missing.
pub(super) fn missing_volume(store: &Store, pod: &Value) -> Option<String> {
    for volume in list(pod, "/spec/volumes") {
        for (field, member, resource) in [("secret", "secretName", "secrets"), ("configMap", "name", "configmaps")] {
            let source = &volume[field];
            let name = text(source, &format!("/{member}"));
            if source.is_object()
                && source["optional"] != true
                && store.get(resource, object::namespace(pod), name).is_none()
            {
                let detail = missing(resource, name);
                return Some(format!("MountVolume.SetUp failed for volume {:?} : {detail}", text(volume, "/name")));
            }
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn references_to_earlier_variables_are_expanded() {
        let variables = BTreeMap::from([("A".to_owned(), "1".to_owned())]);
        for (text, expected) in [("$(A)-x", "1-x"), ("$$(A)", "$(A)"), ("$(B)", "$(B)"), ("a$", "a$")] {
            assert_eq!(expand(text, &variables), expected);
        }
    }
}
