//! A container's environment variables, and what must exist before it can start.

use std::collections::BTreeMap;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::Value;

use super::catalogue::Image;
use super::{ADDRESS, service_links};
use crate::store::Store;
use crate::store::object::{self, list, text};

/// The variables of a container, or the kubelet's words for what is missing.
pub(super) fn resolve(
    store: &Store,
    pod: &Value,
    container: &Value,
    pod_ip: &str,
) -> Result<BTreeMap<String, String>, String> {
    let mut variables = service_links::variables(store, pod);
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

/// The variables of a container that its manifest gives it, without those of Services.
pub(super) fn without_links(
    store: &Store,
    pod: &Value,
    container: &Value,
    variables: &BTreeMap<String, String>,
) -> BTreeMap<String, String> {
    let links = service_links::variables(store, pod);
    let named = |name: &String| list(container, "/env").iter().any(|one| text(one, "/name") == name);
    let own = variables.iter().filter(|(name, value)| named(name) || links.get(*name) != Some(*value));
    own.map(|(name, value)| (name.clone(), value.clone())).collect()
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
pub(super) fn values(object: &Value) -> Vec<(String, String)> {
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
pub(super) fn field(pod: &Value, path: &str, pod_ip: &str) -> String {
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
