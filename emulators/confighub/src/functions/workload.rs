//! Replicas, images and environment variables of workloads.

use regex::Regex;

use super::visit::{Place, change, escaped, places, values};
use super::{Arguments, Done, FunctionError};
use crate::configuration::{Path, Resource, Scalar, Step, leaves, remove, resolved_text, resources, set};

/// The types that have replicas.
pub(super) const SCALED: [&str; 3] = ["apps/v1/Deployment", "apps/v1/ReplicaSet", "apps/v1/StatefulSet"];

/// The types that have containers.
pub(super) const WORKLOADS: [&str; 7] = [
    "apps/v1/DaemonSet",
    "apps/v1/Deployment",
    "apps/v1/ReplicaSet",
    "apps/v1/StatefulSet",
    "batch/v1/CronJob",
    "batch/v1/Job",
    "v1/Pod",
];

/// Sets `spec.replicas` where it is given.
pub(super) fn set_replicas(arguments: &Arguments, data: &str) -> Result<Done, FunctionError> {
    change(data, &replicas(data)?, |_| Some(arguments.value(0))).map(Done::Data)
}

/// Gets `spec.replicas`.
pub(super) fn get_replicas(_arguments: &Arguments, data: &str) -> Result<Done, FunctionError> {
    Ok(Done::Output(values(&replicas(data)?, "replicas"), "AttributeValueList"))
}

fn replicas(data: &str) -> Result<Vec<Place>, FunctionError> {
    places(data, false, |resource| {
        SCALED.contains(&resource.resource_type().as_str()).then(|| "spec.replicas".to_owned())
    })
}

/// Sets the image of a container, or of all for `*`.
pub(super) fn set_image(arguments: &Arguments, data: &str) -> Result<Done, FunctionError> {
    change(data, &images(arguments, data)?, |_| Some(arguments.value(1))).map(Done::Data)
}

/// Gets the image of a container.
pub(super) fn get_image(arguments: &Arguments, data: &str) -> Result<Done, FunctionError> {
    Ok(Done::Output(values(&images(arguments, data)?, "container-image"), "AttributeValueList"))
}

/// Sets the tag or digest of a container's image, such as `:v2`; an image without one is an error.
pub(super) fn set_image_reference(arguments: &Arguments, data: &str) -> Result<Done, FunctionError> {
    let reference = Regex::new(r"(:[a-zA-Z0-9_][a-zA-Z0-9._-]*|@[a-z0-9]+(?:[+._-][a-z0-9]+)*:[a-zA-Z0-9=_-]+)$");
    let new = arguments.text(1);
    let replaced = |image: &Scalar| {
        let image = image.plain_text();
        let start = reference.as_ref().ok().and_then(|reference| reference.find(&image))?.start();
        Some(Scalar::Text(format!("{}{new}", &image[..start])))
    };
    let found = images(arguments, data)?;
    let without = found.iter().find(|place| place.scalar().as_ref().and_then(replaced).is_none());
    if let Some(place) = without {
        return Err(FunctionError::NoField { field: "reference", path: resolved_text(&place.steps) });
    }
    change(data, &found, |present| present.and_then(replaced)).map(Done::Data)
}

fn images(arguments: &Arguments, data: &str) -> Result<Vec<Place>, FunctionError> {
    let name = arguments.text(0);
    let of = |list| places(data, false, |resource| Some(format!("{}.image", container_in(resource, list, &name)?)));
    let mut found = of("initContainers")?;
    found.extend(of("containers")?);
    Ok(found)
}

/// Sets an environment variable that the container has; one that it does not have is not added.
pub(super) fn set_env_var(arguments: &Arguments, data: &str) -> Result<Done, FunctionError> {
    change(data, &variables(arguments, data)?, |_| Some(arguments.value(2))).map(Done::Data)
}

/// Gets an environment variable.
pub(super) fn get_env_var(arguments: &Arguments, data: &str) -> Result<Done, FunctionError> {
    Ok(Done::Output(values(&variables(arguments, data)?, "env-value"), "AttributeValueList"))
}

fn variables(arguments: &Arguments, data: &str) -> Result<Vec<Place>, FunctionError> {
    let (name, variable) = (arguments.text(0), escaped(&arguments.text(1)));
    places(data, false, |resource| Some(format!("{}.env.?name={variable}.value", container(resource, &name)?)))
}

/// Sets, adds or (with an empty value) removes environment variables given as `NAME=value`.
pub(super) fn set_env(arguments: &Arguments, data: &str) -> Result<Done, FunctionError> {
    let name = arguments.text(0);
    let mut changed = data.to_owned();
    for pair in arguments.rest(1) {
        let (variable, value) = pair
            .split_once('=')
            .filter(|(variable, _)| !variable.is_empty())
            .ok_or_else(|| FunctionError::Arguments(format!("invalid key-value pair: {pair}")))?;
        for resource in resources(data)? {
            let Some(path) = container(&resource, &name) else { continue };
            for steps in Path::parse(&path)?.places(&resource.root, false) {
                changed = set_variable(&changed, resource.document, &steps, variable, value)?;
            }
        }
    }
    Ok(Done::Data(changed))
}

fn set_variable(
    data: &str,
    document: usize,
    container: &[Step],
    variable: &str,
    value: &str,
) -> Result<String, FunctionError> {
    let Some(resource) = resources(data)?.into_iter().find(|resource| resource.document == document) else {
        return Ok(data.to_owned());
    };
    let env = [container, &[Step::Key("env".to_owned())]].concat();
    let leaves = leaves(&resource.root);
    let count =
        leaves.keys().filter_map(|steps| steps.strip_prefix(&env[..])?.first()).max().map_or(0, |last| match last {
            Step::Index(last) => last + 1,
            Step::Key(_) => 0,
        });
    let named = |index: &usize| {
        let name = [&env[..], &[Step::Index(*index), Step::Key("name".to_owned())]].concat();
        leaves.get(&name).is_some_and(|name| name.plain_text() == variable)
    };
    let found = (0..count).find(named);
    let item = |index: usize, tail: &str| [&env[..], &[Step::Index(index), Step::Key(tail.to_owned())]].concat();
    Ok(match (found, value) {
        (None, "") => data.to_owned(),
        (Some(index), "") => remove(data, document, &[&env[..], &[Step::Index(index)]].concat())?,
        (Some(index), value) => set(data, document, &item(index, "value"), &Scalar::Text(value.to_owned()))?,
        (None, value) => {
            let named = set(data, document, &item(count, "name"), &Scalar::Text(variable.to_owned()))?;
            set(&named, document, &item(count, "value"), &Scalar::Text(value.to_owned()))?
        }
    })
}

/// The path of a container, or of all for `*`.
fn container(resource: &Resource, name: &str) -> Option<String> {
    container_in(resource, "containers", name)
}

fn container_in(resource: &Resource, list: &str, name: &str) -> Option<String> {
    let pod = match resource.resource_type().as_str() {
        "v1/Pod" => "spec",
        "batch/v1/CronJob" => "spec.jobTemplate.spec.template.spec",
        other if WORKLOADS.contains(&other) => "spec.template.spec",
        _ => return None,
    };
    Some(match name {
        "*" => format!("{pod}.{list}.*"),
        name => format!("{pod}.{list}.?name={}", escaped(name)),
    })
}
