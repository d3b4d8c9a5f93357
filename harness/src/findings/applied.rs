//! Which objects of the cluster a worker wrote, and for which units.

use std::fmt;

use stagegate_reports::journal::{AppliedObject, ChangeVerb, Effect, UnitName};

use super::observed::{Command, Observed, Placed};

/// An object that a worker wrote because of a command.
pub(super) struct Applied<'a> {
    pub(super) resource: Resource,
    pub(super) namespace: String,
    pub(super) name: String,
    pub(super) command: &'a Command<'a>,
    /// The unit, where the hub is one that tells it.
    unit: Option<&'a UnitName>,
    /// The place of the writing among the records.
    index: usize,
}

/// A resource's name in the API, such as `deployments`; told as what one of them is.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Resource(String);

impl fmt::Display for Resource {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let name = self.0.as_str();
        if name == "endpoints" {
            return f.write_str(name);
        }
        if let Some(start) = name.strip_suffix("ies") {
            return write!(f, "{start}y");
        }
        let ending = if name.ends_with("sses") || name.ends_with("xes") { "es" } else { "s" };
        f.write_str(name.strip_suffix(ending).unwrap_or(name))
    }
}

/// A place in the hub that units are applied from: the space, and the unit where the command names one.
pub(super) type Owner = (Option<String>, Option<String>);

impl Applied<'_> {
    /// The slug of the unit's space; none where the command relies on the client's context.
    pub(super) fn space(&self) -> Option<&str> {
        match self.unit {
            Some(unit) => Some(&unit.space),
            None => self.command.flag("--space"),
        }
    }

    /// Whether the command is for more than one space and nobody tells which of them it is.
    pub(super) fn is_of_some_space(&self) -> bool {
        self.space() == Some("*")
    }

    pub(super) fn owner(&self) -> Owner {
        if let Some(UnitName { space, unit }) = self.unit {
            return (Some(space.clone()), Some(unit.clone()));
        }
        let words = self.command.words();
        let unit = match words.as_slice() {
            ["unit", "apply", unit, ..] if !unit.contains(',') => Some((*unit).to_owned()),
            _ => self.command.flag("--unit").filter(|unit| !unit.contains(',')).map(str::to_owned),
        };
        (self.space().filter(|_| !self.is_of_some_space()).map(str::to_owned), unit)
    }

    /// Whether the object or its owner was deleted in between, so that the later one took over what was free.
    pub(super) fn was_free_before(&self, later: &Applied<'_>, observed: &Observed<'_>) -> bool {
        let between = |index: usize| self.index < index && index < later.index;
        let (space, unit) = self.owner();
        let of_the_owner = |effect: &Effect| match effect.kind.as_str() {
            "Space" => space.as_ref() == Some(&effect.name),
            "Unit" => effect.scope == space && unit.as_ref() == Some(&effect.name),
            _ => false,
        };
        let of_the_object = |path: &str| {
            let namespace = format!("/namespaces/{}", self.namespace);
            path.ends_with(&namespace) || path.ends_with(&format!("{namespace}/{}/{}", self.resource.0, self.name))
        };
        let mut effects = observed.effects.iter().filter(|effect| between(effect.index));
        effects.any(|effect| {
            effect.system == "confighub" && effect.verb == ChangeVerb::Deleted && of_the_owner(effect.what)
        }) || observed.exchanges.iter().filter(|exchange| between(exchange.index)).any(|exchange| {
            exchange.system == "kubernetes"
                && exchange.method == "DELETE"
                && exchange.status < 300
                && of_the_object(exchange.target.split('?').next().unwrap_or_default())
        })
    }

    /// The owner, for people.
    pub(super) fn told(&self) -> String {
        match self.owner() {
            (Some(space), Some(unit)) => format!("unit `{unit}` of space `{space}`"),
            (Some(space), None) => format!("a unit of space `{space}`"),
            (None, Some(unit)) => format!("unit `{unit}`"),
            (None, None) => "another unit".to_owned(),
        }
    }
}

/// Whether two owners may be the same unit.
pub(super) fn is_same((space, unit): &Owner, (other_space, other_unit): &Owner) -> bool {
    (space == other_space || space.is_none() || other_space.is_none())
        && (unit == other_unit || unit.is_none() || other_unit.is_none())
}

/// Kinds of which unit data names no namespace because they have none.
const WITHOUT_NAMESPACE: [&str; 16] = [
    "APIService",
    "CertificateSigningRequest",
    "ClusterIssuer",
    "GatewayClass",
    "MutatingWebhookConfiguration",
    "RuntimeClass",
    "ValidatingWebhookConfiguration",
    "Namespace",
    "Node",
    "PersistentVolume",
    "ClusterRole",
    "ClusterRoleBinding",
    "StorageClass",
    "CustomResourceDefinition",
    "IngressClass",
    "PriorityClass",
];

/// Every object with a namespace that a worker wrote for a `cub unit apply`, in order: as its requests say, or as the hub
/// does where nobody sees those.
pub(super) fn objects<'a>(observed: &'a Observed<'a>) -> Vec<Applied<'a>> {
    let mut found = Vec::new();
    for exchange in
        observed.exchanges.iter().filter(|exchange| exchange.system == "kubernetes" && exchange.status < 300)
    {
        if !matches!(exchange.method.as_str(), "PATCH" | "POST" | "PUT") || exchange.actor != "worker" {
            continue;
        }
        let Some(command) = exchange.command.and_then(|number| observed.command(number)) else { continue };
        if !command.words().starts_with(&["unit", "apply"]) {
            continue;
        }
        let path = exchange.target.split('?').next().unwrap_or_default();
        let parts: Vec<&str> = path.split('/').filter(|part| !part.is_empty()).collect();
        let Some(at) = parts.iter().position(|part| *part == "namespaces") else { continue };
        if let [namespace, resource, name] = parts[at + 1..] {
            found.push(Applied {
                resource: Resource(resource.to_owned()),
                namespace: namespace.to_owned(),
                name: name.to_owned(),
                command,
                unit: exchange.what.unit.as_ref(),
                index: exchange.index,
            });
        }
    }
    found.extend(observed.applied.iter().filter_map(|applied| told_by_hub(observed, applied)));
    found.sort_by_key(|applied| applied.index);
    found
}

fn told_by_hub<'a>(observed: &'a Observed<'a>, applied: &Placed<'a, AppliedObject>) -> Option<Applied<'a>> {
    let command = observed.command(applied.command?)?;
    // What the cluster told of it is surer than the list, which knows no kinds of others.
    let is_without = |effect: &Placed<'_, Effect>| {
        effect.system == "kubernetes"
            && effect.scope.is_none()
            && (&effect.kind, &effect.name) == (&applied.kind, &applied.name)
    };
    let has_namespace = !WITHOUT_NAMESPACE.contains(&applied.kind.as_str()) && !observed.effects.iter().any(is_without);
    (has_namespace && command.words().starts_with(&["unit", "apply"])).then(|| Applied {
        resource: Resource(plural(&applied.kind)),
        namespace: applied.namespace.clone().unwrap_or_else(|| "default".to_owned()),
        name: applied.name.clone(),
        command,
        unit: applied.what.unit.as_ref(),
        index: applied.index,
    })
}

/// The resource of a kind: `Deployment` is of `deployments`, `Ingress` of `ingresses`, `NetworkPolicy` of `networkpolicies`,
/// `Gateway` of `gateways`.
fn plural(kind: &str) -> String {
    let kind = kind.to_lowercase();
    match kind.strip_suffix('y') {
        Some(start) if !start.ends_with(['a', 'e', 'o', 'u']) => format!("{start}ies"),
        _ if kind == "endpoints" => kind,
        _ if kind.ends_with('s') => format!("{kind}es"),
        _ => format!("{kind}s"),
    }
}

/// Whether it was a worker that made an object, before this place among the records.
pub(super) fn is_managed(observed: &Observed<'_>, kind: &str, scope: Option<&str>, name: &str, before: usize) -> bool {
    let written = |effect: &&super::observed::Placed<'_, Effect>| {
        effect.index < before
            && effect.system == "kubernetes"
            && effect.kind == kind
            && effect.scope.as_deref() == scope
            && effect.name == name
    };
    let made = observed.effects.iter().filter(written).find(|effect| effect.verb == ChangeVerb::Created);
    made.is_some_and(|effect| effect.actor == "worker")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_resource_is_told_as_its_kind() {
        for kind in ["Deployment", "Ingress", "NetworkPolicy", "Gateway", "Endpoints", "EndpointSlice", "Lease"] {
            assert_eq!(Resource(plural(kind)).to_string(), kind.to_lowercase());
        }
    }
}
