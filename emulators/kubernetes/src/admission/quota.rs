//! Admission by quota (`k8s.io/apiserver/pkg/admission/plugin/resourcequota`): what is created is
//! counted before it is stored, and refused when it is too much.

use jiff::Timestamp;
use serde_json::Value;
use stagegate_simulation::Origin;

use super::amount::{Amount, Amounts, add, to_json, to_text};
use super::{scope, usage};
use crate::api::status::ApiError;
use crate::kinds::{Kind, built_in};
use crate::store::object::{self, text};
use crate::store::{Key, Store, Writer};

const RESOURCE: &str = "resourcequotas";
const NAME: &str = "resourcequota-admission";

/// What a change adds to the quotas of its namespace.
pub(crate) struct Demand<'a> {
    kind: &'a Kind,
    object: &'a Value,
    /// What it uses more than before.
    more: Amounts,
}

impl<'a> Demand<'a> {
    /// The demand of a new object.
    pub(crate) fn of_new(kind: &'a Kind, object: &'a Value, now: Timestamp) -> Self {
        Self { kind, object, more: usage::of(kind, object, now) }
    }

    /// The demand that gives back what this one took.
    pub(crate) fn returned(&self) -> Self {
        let more = self.more.iter().map(|(name, amount)| (name.clone(), amount.negated())).collect();
        Self { kind: self.kind, object: self.object, more }
    }

    /// What the object uses of the resources that a quota limits.
    fn counted(&self, quota: &Value) -> Amounts {
        let hard = &quota["spec"]["hard"];
        if !scope::includes(quota, &self.kind.resource, self.object) {
            return Amounts::new();
        }
        self.more
            .iter()
            .filter(|(name, _)| hard.get(name.as_str()).is_some())
            .map(|(name, one)| (name.clone(), *one))
            .collect()
    }

    /// The usage after this demand, when the quota allows it.
    fn used_then(&self, quota: &Value) -> Result<Option<Amounts>, ApiError> {
        let counted = self.counted(quota);
        let refuse = |detail: &str| Err(ApiError::forbidden(self.kind, name_of(self.object), detail));
        let name = object::name(quota);
        let hard = Amount::all(&quota["status"]["hard"]);
        if &*self.kind.resource == "pods"
            && scope::includes(quota, "pods", self.object)
            && let Some(missing) = usage::unspecified(self.object, &hard)
        {
            return refuse(&format!("failed quota: {name}: must specify {missing}"));
        }
        if counted.is_empty() {
            return Ok(None);
        }
        let used = Amount::all(&quota["status"]["used"]);
        let unknown: Vec<_> = counted.keys().filter(|resource| !used.contains_key(*resource)).cloned().collect();
        if !unknown.is_empty() {
            return refuse(&format!("status unknown for quota: {name}, resources: {}", unknown.join(",")));
        }
        let mut then = used.clone();
        add(&mut then, &counted);
        let is_over = |resource: &String| {
            let more = counted[resource];
            !more.is_zero() && !more.is_negative() && hard.get(resource).is_some_and(|limit| then[resource] > *limit)
        };
        let over: Vec<_> = counted.keys().filter(|resource| is_over(resource)).cloned().collect();
        if over.is_empty() {
            return Ok((then != used).then_some(then));
        }
        let only = |amounts: &Amounts| -> String {
            to_text(
                &amounts
                    .iter()
                    .filter(|(name, _)| over.contains(name))
                    .map(|(name, one)| (name.clone(), *one))
                    .collect(),
            )
        };
        refuse(&format!(
            "exceeded quota: {name}, requested: {}, used: {}, limited: {}",
            only(&counted),
            only(&used),
            only(&hard)
        ))
    }
}

/// Whether a namespace has quotas.
pub(crate) fn limit(store: &Store, namespace: &str) -> bool {
    !namespace.is_empty() && !store.list(RESOURCE, Some(namespace)).0.is_empty()
}

/// Counts a demand in every quota of its namespace, or in none when one of them refuses it.
pub(crate) fn admit(store: &Store, demand: &Demand<'_>, cause: &Origin, dry_run: bool) -> Result<(), ApiError> {
    let namespace = object::namespace(demand.object);
    if namespace.is_empty() {
        return Ok(());
    }
    let (quotas, _) = store.list(RESOURCE, Some(namespace));
    for quota in &quotas {
        demand.used_then(&quota.object)?;
    }
    let Some(kind) = built_in(RESOURCE).filter(|_| !dry_run) else { return Ok(()) };
    for quota in &quotas {
        let key = Key::new(RESOURCE, namespace, object::name(&quota.object));
        // Others may have been counted since: this decides.
        let counted = store.update(kind, &key, &Writer::controller(NAME, cause), |quota| {
            Ok::<_, ApiError>(demand.used_then(quota)?.map(|used| {
                let mut new = quota.clone();
                object::set(&mut new, &["status", "used"], to_json(&used));
                new
            }))
        });
        match counted {
            // A quota that was deleted in the meantime refuses nothing.
            Err(error) if error.code == 404 => {}
            other => drop(other?),
        }
    }
    Ok(())
}

fn name_of(object: &Value) -> &str {
    match object::name(object) {
        "" => text(object, "/metadata/generateName"),
        name => name,
    }
}
