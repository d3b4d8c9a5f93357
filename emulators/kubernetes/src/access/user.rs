//! Users and the groups they are in (`k8s.io/apiserver/pkg/authentication/user`).

use std::collections::BTreeMap;

use serde_json::{Value, json};

use crate::certificates::Subject;

/// The group of every request that presents valid credentials.
pub(crate) const AUTHENTICATED: &str = "system:authenticated";
/// The group of every request that presents none.
pub(crate) const UNAUTHENTICATED: &str = "system:unauthenticated";
/// The user of a request without credentials.
pub(crate) const ANONYMOUS: &str = "system:anonymous";
/// The group whose members RBAC is not asked about.
pub(crate) const MASTERS: &str = "system:masters";

const ACCOUNT_PREFIX: &str = "system:serviceaccount:";

/// An authenticated user.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct User {
    pub(crate) name: String,
    pub(crate) uid: String,
    pub(crate) groups: Vec<String>,
    pub(crate) extra: BTreeMap<String, Vec<String>>,
}

impl User {
    pub(crate) fn anonymous() -> Self {
        Self { name: ANONYMOUS.to_owned(), groups: vec![UNAUTHENTICATED.to_owned()], ..Self::default() }
    }

    /// The administrator as kubeadm, and with it kind, names it.
    pub(crate) fn administrator() -> Self {
        Self {
            name: "kubernetes-admin".to_owned(),
            groups: vec!["kubeadm:cluster-admins".to_owned(), AUTHENTICATED.to_owned()],
            ..Self::default()
        }
    }

    /// Whom a client certificate was issued to.
    pub(crate) fn of_certificate(subject: Subject) -> Self {
        Self { name: subject.name, groups: vec![subject.group, AUTHENTICATED.to_owned()], ..Self::default() }
    }

    pub(crate) fn service_account(namespace: &str, name: &str, uid: &str) -> Self {
        let mut groups = account_groups(namespace);
        groups.push(AUTHENTICATED.to_owned());
        Self { name: format!("{ACCOUNT_PREFIX}{namespace}:{name}"), uid: uid.to_owned(), groups, ..Self::default() }
    }

    pub(crate) fn is_in(&self, group: &str) -> bool {
        self.groups.iter().any(|one| one == group)
    }

    /// The `UserInfo` of reviews.
    pub(crate) fn info(&self) -> Value {
        let mut info = json!({"username": self.name});
        if !self.groups.is_empty() {
            info["groups"] = json!(self.groups);
        }
        if !self.uid.is_empty() {
            info["uid"] = json!(self.uid);
        }
        if !self.extra.is_empty() {
            info["extra"] = json!(self.extra);
        }
        info
    }
}

/// Namespace and name when a user name is that of a service account.
pub(crate) fn account_of(user: &str) -> Option<(&str, &str)> {
    let (namespace, name) = user.strip_prefix(ACCOUNT_PREFIX)?.split_once(':')?;
    (!namespace.is_empty() && !name.is_empty() && !name.contains(':')).then_some((namespace, name))
}

/// The groups of the service accounts of a namespace (`serviceaccount.MakeGroupNames`).
pub(crate) fn account_groups(namespace: &str) -> Vec<String> {
    vec!["system:serviceaccounts".to_owned(), format!("system:serviceaccounts:{namespace}")]
}
