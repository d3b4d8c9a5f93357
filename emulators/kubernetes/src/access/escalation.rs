//! Nobody gives what they have not: what is checked when roles and bindings are written
//! (`k8s.io/kubernetes/pkg/registry/rbac/*/policybased`).

use serde_json::Value;

use super::Attributes;
use super::rbac::{GROUP, Rbac};
use super::rule::{self, Rule};
use super::user::{MASTERS, User};
use crate::api::status::ApiError;
use crate::kinds::Kind;
use crate::store::object;

/// What a writer of roles or bindings may give, read before the store is locked for the write.
pub(crate) struct Guard {
    user: User,
    held: Vec<Rule>,
    problems: Option<String>,
    /// Writing `roleRef` gives these.
    bound: Option<Result<Vec<Rule>, ApiError>>,
}

impl Guard {
    /// The guard of a write to a role or binding; `None` when the kind or the user needs none.
    ///
    /// `binding` is the object as it will be or is stored: its `roleRef` cannot change.
    pub(crate) fn of(rbac: &Rbac, user: &User, kind: &Kind, place: (&str, &str), object: &Value) -> Option<Self> {
        if kind.group != GROUP || user.is_in(MASTERS) {
            return None;
        }
        let (namespace, name) = place;
        let reference = &object["roleRef"];
        let is_binding = kind.kind.ends_with("Binding");
        let (verb, resource, name) = if is_binding {
            let roles = if reference["kind"] == "Role" { "roles" } else { "clusterroles" };
            ("bind", roles, object::text(reference, "/name"))
        } else {
            ("escalate", &*kind.plural, name)
        };
        let attributes = Attributes {
            verb: verb.to_owned(),
            of_resource: true,
            namespace: namespace.to_owned(),
            group: GROUP.to_owned(),
            resource: resource.to_owned(),
            name: name.to_owned(),
            ..Attributes::default()
        };
        if rbac.authorize(user, &attributes).allowed {
            return None;
        }
        let (held, problems) = rbac.rules_of(user, namespace);
        let bound = is_binding.then(|| {
            // The registry takes the role's NotFound for one of its own.
            rbac.rules_of_role(reference, namespace).map_err(|_| ApiError::not_found(kind, name))
        });
        Some(Self { user: user.clone(), held, problems, bound })
    }

    /// Checks what is about to be written over `old`.
    pub(crate) fn check(&self, kind: &Kind, new: &Value, old: Option<&Value>) -> Result<(), ApiError> {
        if old.is_some_and(|old| only_collected(new, old)) {
            return Ok(());
        }
        let name = object::name(new);
        let aggregates = |role: &Value| role["aggregationRule"].is_object();
        if (aggregates(new) || old.is_some_and(aggregates)) && self.lacks(&Rule::everything()).is_some() {
            let detail = "must have cluster-admin privileges to use the aggregationRule";
            return Err(ApiError::forbidden(kind, name, detail));
        }
        let given = match &self.bound {
            Some(bound) => bound.clone()?,
            None => Rule::of_role(new),
        };
        self.lacks(&given).map_or(Ok(()), |detail| Err(ApiError::forbidden(kind, name, &detail)))
    }

    fn lacks(&self, given: &[Rule]) -> Option<String> {
        let missing = rule::missing(&self.held, given)?;
        let mut detail = format!(
            "user {:?} (groups={}) is attempting to grant RBAC permissions not currently held:\n{missing}",
            self.user.name,
            rule::quoted(&self.user.groups)
        );
        if let Some(problems) = &self.problems {
            detail.push_str(&format!("; resolution errors: [{problems}]"));
        }
        Some(detail)
    }
}

/// Whether a change is only of what garbage collection works with.
fn only_collected(new: &Value, old: &Value) -> bool {
    let bare = |object: &Value| {
        let mut bare = object.clone();
        for field in ["ownerReferences", "finalizers", "managedFields", "resourceVersion", "generation"] {
            object::remove(&mut bare, &["metadata", field]);
        }
        bare
    };
    bare(new) == bare(old)
}
