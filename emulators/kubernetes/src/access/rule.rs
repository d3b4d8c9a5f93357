//! Policy rules: what they allow, and whether some rules give all that others give.
//!
//! As `k8s.io/kubernetes/pkg/apis/rbac` and `k8s.io/component-helpers/auth/rbac/validation` have it.

use serde::Deserialize;
use serde_json::{Value, json};

use super::Attributes;

/// One rule of a Role or ClusterRole.
#[derive(Debug, Clone, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(crate) struct Rule {
    pub(crate) verbs: Vec<String>,
    pub(crate) api_groups: Vec<String>,
    pub(crate) resources: Vec<String>,
    pub(crate) resource_names: Vec<String>,
    #[serde(rename = "nonResourceURLs")]
    pub(crate) non_resource_urls: Vec<String>,
}

fn has(list: &[String], wanted: &str) -> bool {
    list.iter().any(|one| one == wanted)
}

/// Whether a list allows a value, by itself or by the star.
fn allows(list: &[String], wanted: &str) -> bool {
    has(list, "*") || has(list, wanted)
}

impl Rule {
    /// The rules of a role object; none when they do not read as rules.
    pub(crate) fn of_role(role: &Value) -> Vec<Self> {
        Vec::<Self>::deserialize(&role["rules"]).unwrap_or_default()
    }

    /// All verbs on all resources, and on all other paths.
    pub(crate) fn everything() -> [Self; 2] {
        let star = || vec!["*".to_owned()];
        [
            Self { verbs: star(), api_groups: star(), resources: star(), ..Self::default() },
            Self { verbs: star(), non_resource_urls: star(), ..Self::default() },
        ]
    }

    /// Whether the rule allows a request.
    pub(crate) fn allows(&self, attributes: &Attributes) -> bool {
        if !allows(&self.verbs, &attributes.verb) {
            return false;
        }
        if !attributes.of_resource {
            return self.non_resource_urls.iter().any(|url| url_allows(url, &attributes.path));
        }
        allows(&self.api_groups, &attributes.group)
            && self.resources.iter().any(|one| resource_allows(one, &attributes.resource, &attributes.subresource))
            && (self.resource_names.is_empty() || has(&self.resource_names, &attributes.name))
    }

    /// The rules with one verb, one group and one resource that together say the same.
    fn parts(&self) -> Vec<Self> {
        let one = |text: &str| vec![text.to_owned()];
        let mut parts = Vec::new();
        for group in &self.api_groups {
            for resource in &self.resources {
                for verb in &self.verbs {
                    let part =
                        Self { verbs: one(verb), api_groups: one(group), resources: one(resource), ..Self::default() };
                    if self.resource_names.is_empty() {
                        parts.push(part);
                    } else {
                        let named = |name: &String| Self { resource_names: one(name), ..part.clone() };
                        parts.extend(self.resource_names.iter().map(named));
                    }
                }
            }
        }
        for url in &self.non_resource_urls {
            let part = |verb: &String| Self { verbs: one(verb), non_resource_urls: one(url), ..Self::default() };
            parts.extend(self.verbs.iter().map(part));
        }
        parts
    }

    /// Whether this rule gives all of a part.
    fn covers(&self, part: &Self) -> bool {
        let all = |mine: &[String], theirs: &[String]| has(mine, "*") || theirs.iter().all(|one| has(mine, one));
        let resource = |wanted: &String| match wanted.split_once('/') {
            Some((_, subresource)) => has(&self.resources, wanted) || has(&self.resources, &format!("*/{subresource}")),
            None => has(&self.resources, wanted),
        };
        let names = if part.resource_names.is_empty() {
            self.resource_names.is_empty()
        } else {
            self.resource_names.is_empty() || part.resource_names.iter().all(|name| has(&self.resource_names, name))
        };
        all(&self.verbs, &part.verbs)
            && all(&self.api_groups, &part.api_groups)
            && (has(&self.resources, "*") || part.resources.iter().all(resource))
            && part.non_resource_urls.iter().all(|url| self.non_resource_urls.iter().any(|mine| url_allows(mine, url)))
            && names
    }

    /// The rule as messages show it (`CompactString`).
    fn text(&self) -> String {
        let lists = [
            ("APIGroups", &self.api_groups),
            ("Resources", &self.resources),
            ("NonResourceURLs", &self.non_resource_urls),
            ("ResourceNames", &self.resource_names),
            ("Verbs", &self.verbs),
        ];
        let shown = lists.into_iter().filter(|(_, list)| !list.is_empty());
        let shown: Vec<_> = shown.map(|(name, list)| format!("{name}:{}", quoted(list))).collect();
        format!("{{{}}}", shown.join(", "))
    }

    /// The rule as rules reviews show it.
    pub(crate) fn review(&self) -> Value {
        let mut shown = json!({"verbs": self.verbs});
        let lists = [
            ("apiGroups", &self.api_groups),
            ("resources", &self.resources),
            ("resourceNames", &self.resource_names),
            ("nonResourceURLs", &self.non_resource_urls),
        ];
        for (name, list) in lists {
            if !list.is_empty() {
                shown[name] = json!(list);
            }
        }
        shown
    }
}

/// A list as Go's `%q` prints it.
pub(crate) fn quoted(list: &[String]) -> String {
    let items: Vec<_> = list.iter().map(|one| format!("{one:?}")).collect();
    format!("[{}]", items.join(" "))
}

fn resource_allows(rule: &str, resource: &str, subresource: &str) -> bool {
    if rule == "*" {
        return true;
    }
    match rule.split_once('/') {
        Some((of, part)) => !subresource.is_empty() && part == subresource && (of == "*" || of == resource),
        None => subresource.is_empty() && rule == resource,
    }
}

fn url_allows(rule: &str, path: &str) -> bool {
    rule == "*" || rule == path || rule.strip_suffix('*').is_some_and(|prefix| path.starts_with(prefix))
}

/// What of `wanted` the rules `held` do not give, as messages show it: sorted, a line a rule.
pub(crate) fn missing(held: &[Rule], wanted: &[Rule]) -> Option<String> {
    let parts = wanted.iter().flat_map(Rule::parts);
    let mut missing: Vec<Rule> = Vec::new();
    for part in parts.filter(|part| !held.iter().any(|rule| rule.covers(part))) {
        let same = |one: &&mut Rule| {
            Rule { verbs: Vec::new(), ..(**one).clone() } == Rule { verbs: Vec::new(), ..part.clone() }
        };
        // Only rules for resources are put together (`CompactRules`).
        match missing.iter_mut().find(same) {
            Some(known) if part.non_resource_urls.is_empty() => known.verbs.extend(part.verbs),
            _ => missing.push(part),
        }
    }
    let mut lines: Vec<_> = missing.iter().map(Rule::text).collect();
    lines.sort();
    lines.dedup();
    (!lines.is_empty()).then(|| lines.join("\n"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rule(text: &str) -> Rule {
        serde_json::from_str(text).unwrap_or_default()
    }

    #[test]
    fn a_star_of_a_subresource_is_of_every_resource() {
        let any_scale = rule(r#"{"apiGroups":["*"],"resources":["*/scale"],"verbs":["get"]}"#);
        let one = rule(r#"{"apiGroups":["apps"],"resources":["deployments/scale"],"verbs":["get"]}"#);
        assert_eq!(missing(std::slice::from_ref(&any_scale), std::slice::from_ref(&one)), None);
        assert!(missing(&[one], &[any_scale]).is_some());
    }

    #[test]
    fn rules_for_names_do_not_give_the_collection() {
        let named = rule(r#"{"apiGroups":[""],"resources":["pods"],"verbs":["get"],"resourceNames":["a"]}"#);
        let all = rule(r#"{"apiGroups":[""],"resources":["pods"],"verbs":["get","list"]}"#);
        assert_eq!(missing(std::slice::from_ref(&all), std::slice::from_ref(&named)), None);
        let text = r#"{APIGroups:[""], Resources:["pods"], Verbs:["get" "list"]}"#;
        assert_eq!(missing(&[named], &[all]).as_deref(), Some(text));
    }
}
