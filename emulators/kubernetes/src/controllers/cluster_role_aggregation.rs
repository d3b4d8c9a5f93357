//! ClusterRoles with an `aggregationRule`: they have the rules of the roles that it selects
//! (`k8s.io/kubernetes/pkg/controller/clusterroleaggregation`).

use serde_json::{Value, json};

use super::{Context, Outcome};
use crate::api::status::ApiError;
use crate::kinds::selector_matches;
use crate::store::Key;
use crate::store::object::{self, list};

const NAME: &str = "clusterrole-aggregation-controller";
const RESOURCE: &str = "clusterroles.rbac.authorization.k8s.io";

/// The aggregated ClusterRoles, all of which look again when any ClusterRole changes.
pub(super) fn aggregated(context: &Context) -> Vec<Key> {
    let (roles, _) = context.store.list(RESOURCE, None);
    let with_rule = roles.iter().filter(|role| role.object["aggregationRule"].is_object());
    with_rule.map(|role| Key::new(RESOURCE, "", object::name(&role.object))).collect()
}

/// Writes the rules of the selected roles into an aggregated one.
pub(super) fn reconcile(context: &Context, key: &Key) -> Result<Outcome, ApiError> {
    let Some(role) = context.store.at(key) else { return Ok(Outcome::Done) };
    if !role.object["aggregationRule"].is_object() {
        return Ok(Outcome::Done);
    }
    let (roles, _) = context.store.list(RESOURCE, None);
    let mut found: Vec<Value> = Vec::new();
    for selector in list(&role.object, "/aggregationRule/clusterRoleSelectors") {
        let selected = roles.iter().filter(|one| {
            object::name(&one.object) != key.name && selector_matches(selector, &one.object["metadata"]["labels"])
        });
        for rule in selected.flat_map(|one| list(&one.object, "/rules")) {
            if !found.contains(rule) {
                found.push(rule.clone());
            }
        }
    }
    if list(&role.object, "/rules") != found {
        context.update(NAME, key, &role.cause, |role| role["rules"] = json!(found))?;
    }
    Ok(Outcome::Done)
}
