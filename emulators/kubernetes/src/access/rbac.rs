//! Authorization by the roles and bindings of the cluster
//! (`k8s.io/kubernetes/plugin/pkg/auth/authorizer/rbac`).

use std::sync::Arc;

use serde_json::Value;

use super::Attributes;
use super::rule::Rule;
use super::user::{MASTERS, User, account_of};
use crate::store::Store;
use crate::store::object::{self, list, text};

/// The API group of roles and bindings.
pub(crate) const GROUP: &str = "rbac.authorization.k8s.io";

/// Whether something is allowed, and why or why not when there is something to say.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Decision {
    pub(crate) allowed: bool,
    pub(crate) reason: String,
}

/// The roles and bindings that are in force.
#[derive(Clone)]
pub(crate) struct Rbac {
    store: Store,
}

/// A binding that applies to a user.
struct Grant {
    /// Such as `RoleBinding "b/ns" of Role "r" to User "u"`.
    description: String,
    /// The rules, or what is missing.
    rules: Result<Vec<Rule>, String>,
}

impl Rbac {
    pub(crate) fn new(store: &Store) -> Self {
        Self { store: store.clone() }
    }

    /// Whether a user may do this.
    pub(crate) fn authorize(&self, user: &User, attributes: &Attributes) -> Decision {
        if user.is_in(MASTERS) {
            return Decision { allowed: true, reason: String::new() };
        }
        let mut problems: Vec<String> = Vec::new();
        for grant in self.grants(user, &attributes.namespace) {
            match grant.rules {
                Ok(rules) if rules.iter().any(|rule| rule.allows(attributes)) => {
                    return Decision { allowed: true, reason: format!("RBAC: allowed by {}", grant.description) };
                }
                Ok(_) => {}
                Err(problem) => problems.push(problem),
            }
        }
        let reason = joined(problems).map_or_else(String::new, |problems| format!("RBAC: {problems}"));
        Decision { allowed: false, reason }
    }

    /// All rules a user has in a namespace, and what went wrong in finding them.
    pub(crate) fn rules_of(&self, user: &User, namespace: &str) -> (Vec<Rule>, Option<String>) {
        let mut rules = Vec::new();
        let mut problems = Vec::new();
        for grant in self.grants(user, namespace) {
            match grant.rules {
                Ok(more) => rules.extend(more),
                Err(problem) => problems.push(problem),
            }
        }
        (rules, joined(problems))
    }

    /// The rules of a role that a binding in `namespace` refers to; else what is not there.
    pub(crate) fn rules_of_role(&self, reference: &Value, namespace: &str) -> Result<Vec<Rule>, String> {
        let name = text(reference, "/name");
        let (role, kind) = match text(reference, "/kind") {
            "Role" => (self.store.get(&format!("roles.{GROUP}"), namespace, name), "role"),
            _ => (self.store.get(&format!("clusterroles.{GROUP}"), "", name), "clusterrole"),
        };
        role.map(|role| Rule::of_role(&role.object)).ok_or_else(|| format!("{kind}.{GROUP} {name:?} not found"))
    }

    /// The bindings for a user that count in a namespace; in none, those for the whole cluster.
    fn grants(&self, user: &User, namespace: &str) -> impl Iterator<Item = Grant> {
        let mut bindings = self.store.list(&format!("clusterrolebindings.{GROUP}"), None).0;
        if !namespace.is_empty() {
            bindings.extend(self.store.list(&format!("rolebindings.{GROUP}"), Some(namespace)).0);
        }
        let bindings = bindings.into_iter().map(|stored| stored.object);
        bindings.filter_map(|binding: Arc<Value>| {
            let namespace = object::namespace(&binding);
            let subject = list(&binding, "/subjects").iter().find(|subject| is_subject(user, subject, namespace))?;
            let reference = &binding["roleRef"];
            let (kind, name) = match namespace {
                "" => ("ClusterRoleBinding", object::name(&binding).to_owned()),
                namespace => ("RoleBinding", format!("{}/{namespace}", object::name(&binding))),
            };
            let description = format!(
                "{kind} {name:?} of {} {:?} to {}",
                text(reference, "/kind"),
                text(reference, "/name"),
                subject_text(subject, namespace)
            );
            Some(Grant { description, rules: self.rules_of_role(reference, namespace) })
        })
    }
}

fn is_subject(user: &User, subject: &Value, binding_namespace: &str) -> bool {
    let name = text(subject, "/name");
    match text(subject, "/kind") {
        "User" => user.name == name,
        "Group" => user.is_in(name),
        "ServiceAccount" => account_of(&user.name)
            .is_some_and(|account| account == (account_namespace(subject, binding_namespace), name)),
        _ => false,
    }
}

fn account_namespace<'a>(subject: &'a Value, binding_namespace: &'a str) -> &'a str {
    match text(subject, "/namespace") {
        "" => binding_namespace,
        namespace => namespace,
    }
}

fn subject_text(subject: &Value, binding_namespace: &str) -> String {
    let (kind, name) = (text(subject, "/kind"), text(subject, "/name"));
    if kind == "ServiceAccount" {
        let place = format!("{name}/{}", account_namespace(subject, binding_namespace));
        return format!("{kind} {place:?}");
    }
    format!("{kind} {name:?}")
}

/// Several problems as `k8s.io/apimachinery/pkg/util/errors.Aggregate` words them.
fn joined(mut problems: Vec<String>) -> Option<String> {
    let mut seen = std::collections::BTreeSet::new();
    problems.retain(|problem| seen.insert(problem.clone()));
    match problems.as_slice() {
        [] => None,
        [one] => Some(one.clone()),
        many => Some(format!("[{}]", many.join(", "))),
    }
}
