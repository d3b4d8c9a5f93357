//! Acting as another user (`k8s.io/apiserver/pkg/endpoints/filters/impersonation`).

use std::collections::BTreeMap;

use http::HeaderMap;
use percent_encoding::percent_decode_str;

use super::user::{ANONYMOUS, AUTHENTICATED, UNAUTHENTICATED, User, account_groups, account_of};
use super::{Attributes, Rbac};
use crate::api::status::ApiError;

const EXTRA_PREFIX: &str = "impersonate-extra-";
const AUTHENTICATION: &str = "authentication.k8s.io";

/// The user a request is to be answered as: the one who sent it, unless headers name another one.
pub(crate) fn user_of(rbac: &Rbac, user: User, headers: &HeaderMap, path: &str) -> Result<User, ApiError> {
    let wanted = Wanted::of(headers);
    if wanted.user.is_none() {
        let parts = wanted.parts();
        if parts.is_empty() {
            return Ok(user);
        }
        let detail = format!("requested [{}] without impersonating a user", parts.join(" "));
        return Err(ApiError::internal_text(format!("Internal Server Error: {path:?}: {detail}")));
    }
    for attributes in wanted.attributes() {
        let decision = rbac.authorize(&user, &attributes);
        if !decision.allowed {
            return Err(attributes.forbidden(&user.name, &decision.reason));
        }
    }
    Ok(wanted.into_user())
}

#[derive(Default)]
struct Wanted {
    user: Option<String>,
    uid: Option<String>,
    groups: Vec<String>,
    extra: BTreeMap<String, Vec<String>>,
}

impl Wanted {
    fn of(headers: &HeaderMap) -> Self {
        let mut wanted = Self::default();
        for (name, value) in headers {
            let Ok(value) = value.to_str() else { continue };
            match name.as_str() {
                "impersonate-user" if !value.is_empty() => wanted.user = Some(value.to_owned()),
                "impersonate-uid" if !value.is_empty() => wanted.uid = Some(value.to_owned()),
                "impersonate-group" => wanted.groups.push(value.to_owned()),
                name => {
                    if let Some(key) = name.strip_prefix(EXTRA_PREFIX) {
                        let key = percent_decode_str(key).decode_utf8_lossy().into_owned();
                        wanted.extra.entry(key).or_default().push(value.to_owned());
                    }
                }
            }
        }
        wanted
    }

    fn extra_pairs(&self) -> impl Iterator<Item = (&String, &String)> {
        self.extra.iter().flat_map(|(key, values)| values.iter().map(move |value| (key, value)))
    }

    /// What is asked for beside a user, as Go prints object references.
    fn parts(&self) -> Vec<String> {
        let groups = self.groups.iter().map(|group| format!("{{Group  {group}    }}"));
        let extra =
            self.extra_pairs().map(|(key, value)| format!("{{UserExtra  {value}  {AUTHENTICATION}/v1  {key}}}"));
        let uid = self.uid.iter().map(|uid| format!("{{UID  {uid}  {AUTHENTICATION}/v1  }}"));
        groups.chain(extra).chain(uid).collect()
    }

    /// What one must be allowed to impersonate, in the order in which it is checked.
    fn attributes(&self) -> Vec<Attributes> {
        let of = |group: &str, resource: &str, subresource: &str, (namespace, name): (&str, &str)| Attributes {
            verb: "impersonate".to_owned(),
            of_resource: true,
            group: group.to_owned(),
            resource: resource.to_owned(),
            subresource: subresource.to_owned(),
            namespace: namespace.to_owned(),
            name: name.to_owned(),
            ..Attributes::default()
        };
        let user = self.user.iter().map(|user| match account_of(user) {
            Some(place) => of("", "serviceaccounts", "", place),
            None => of("", "users", "", ("", user)),
        });
        let groups = self.groups.iter().map(|group| of("", "groups", "", ("", group)));
        let extra = self.extra_pairs().map(|(key, value)| of(AUTHENTICATION, "userextras", key, ("", value)));
        let uid = self.uid.iter().map(|uid| of(AUTHENTICATION, "uids", "", ("", uid)));
        user.chain(groups).chain(extra).chain(uid).collect()
    }

    fn into_user(self) -> User {
        let name = self.user.unwrap_or_default();
        let mut groups = self.groups;
        if let (true, Some((namespace, _))) = (groups.is_empty(), account_of(&name)) {
            groups = account_groups(namespace);
        }
        let both = [AUTHENTICATED, UNAUTHENTICATED];
        if name == ANONYMOUS {
            if !groups.iter().any(|group| group == UNAUTHENTICATED) {
                groups.push(UNAUTHENTICATED.to_owned());
            }
        } else if !groups.iter().any(|group| both.contains(&group.as_str())) {
            groups.push(AUTHENTICATED.to_owned());
        }
        User { name, uid: self.uid.unwrap_or_default(), groups, extra: self.extra }
    }
}
