//! Who there is at the beginning: users, organizations, members.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use super::{Grant, Role, Secret};
use crate::entity::{SLUG_LIMIT, is_slug};

/// Who there is when a hub starts. It can be read from YAML and JSON:
///
/// ```yaml
/// users:
/// - {email: lead@example.org, name: Lead}
/// - {email: dev@example.org, password: only-for-tests}
/// organizations:
/// - slug: acme
///   members:
///   - {user: lead@example.org, role: owner}
///   - user: dev@example.org
///     role: viewer
///     grants:
///     - {where: "Labels.environment = 'dev'", actions: [write, apply]}
/// ```
///
/// The first organization is the environment's, and its first owner the environment's user. Tokens and
/// passwords that are not given come from the simulation's seed.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(try_from = "Description", into = "Description")]
pub struct Directory {
    users: Vec<UserDescription>,
    organizations: Vec<OrganizationDescription>,
}

/// A user.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct UserDescription {
    /// What it logs in with; its username.
    pub email: String,
    /// Its name for people; the part of the address before the `@` when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// Its bearer token in the first organization that it is a member of.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub token: Option<Secret>,
    /// Its password, for Basic credentials.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub password: Option<Secret>,
}

/// An organization with its members.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct OrganizationDescription {
    /// Its slug.
    pub slug: String,
    /// Its name for people; the slug when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// Who belongs to it.
    pub members: Vec<Membership>,
}

/// What one user may do in one organization.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Membership {
    /// The user's email.
    pub user: String,
    /// What it may do in all spaces.
    pub role: Role,
    /// What it may do in some spaces beyond that.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub grants: Vec<Grant>,
}

/// A directory that makes no sense.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum DirectoryError {
    /// There is no organization.
    #[error("organizations: there must be at least one")]
    NoOrganization,
    /// A name that must be unique is there twice, or empty.
    #[error("{field}: `{value}` is empty or there twice")]
    NotUnique {
        /// What it is.
        field: &'static str,
        /// The name.
        value: String,
    },
    /// A slug holds what no slug may.
    #[error(
        "organizations: slug `{value}` must be at most {SLUG_LIMIT} letters, digits, - and _, with a letter or \
         digit at both ends"
    )]
    NotASlug {
        /// The text.
        value: String,
    },
    /// An email holds what Basic credentials cannot carry.
    #[error("users: `{email}` is no email address")]
    NotAnEmail {
        /// The text.
        email: String,
    },
    /// A member is no user.
    #[error("organization {organization}: member {user} is not among the users")]
    UnknownMember {
        /// The organization's slug.
        organization: String,
        /// The member's email.
        user: String,
    },
    /// An organization has no owner.
    #[error("organization {organization}: one of its members must have the role owner")]
    NoOwner {
        /// The organization's slug.
        organization: String,
    },
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Description {
    users: Vec<UserDescription>,
    organizations: Vec<OrganizationDescription>,
}

impl Directory {
    /// A directory of these users and organizations.
    pub fn new(
        users: Vec<UserDescription>,
        organizations: Vec<OrganizationDescription>,
    ) -> Result<Self, DirectoryError> {
        let mut emails = BTreeSet::new();
        for user in &users {
            if !is_email(&user.email) {
                return Err(DirectoryError::NotAnEmail { email: user.email.clone() });
            }
            if !emails.insert(user.email.as_str()) {
                return Err(DirectoryError::NotUnique { field: "email", value: user.email.clone() });
            }
        }
        if organizations.is_empty() {
            return Err(DirectoryError::NoOrganization);
        }
        let mut slugs = BTreeSet::new();
        for organization in &organizations {
            let value = organization.slug.clone();
            // Snapshots have a folder for each, and not every file system tells capitals apart.
            if value.is_empty() || !slugs.insert(value.to_lowercase()) {
                return Err(DirectoryError::NotUnique { field: "slug", value });
            }
            if !is_slug(&value) {
                return Err(DirectoryError::NotASlug { value });
            }
            check_members(organization, &emails)?;
        }
        Ok(Self { users, organizations })
    }

    /// The users.
    pub fn users(&self) -> &[UserDescription] {
        &self.users
    }

    /// The organizations; the first one is the environment's.
    pub fn organizations(&self) -> &[OrganizationDescription] {
        &self.organizations
    }
}

/// Whether a text can be an email address and the first part of Basic credentials.
pub(crate) fn is_email(text: &str) -> bool {
    let parts = text.split_once('@');
    parts.is_some_and(|(name, host)| !name.is_empty() && !host.is_empty() && !host.contains('@'))
        && !text.chars().any(|character| character == ':' || character.is_whitespace() || character.is_control())
}

fn check_members(organization: &OrganizationDescription, emails: &BTreeSet<&str>) -> Result<(), DirectoryError> {
    let mut members = BTreeMap::new();
    for member in &organization.members {
        if !emails.contains(member.user.as_str()) {
            let (organization, user) = (organization.slug.clone(), member.user.clone());
            return Err(DirectoryError::UnknownMember { organization, user });
        }
        if members.insert(member.user.as_str(), member.role).is_some() {
            return Err(DirectoryError::NotUnique { field: "member", value: member.user.clone() });
        }
    }
    if members.values().any(|role| *role == Role::Owner) {
        return Ok(());
    }
    Err(DirectoryError::NoOwner { organization: organization.slug.clone() })
}

/// One organization, `stagegate`, owned by one user, `operator@stagegate.invalid`.
impl Default for Directory {
    fn default() -> Self {
        let email = "operator@stagegate.invalid".to_owned();
        let operator = UserDescription { email: email.clone(), ..UserDescription::default() };
        let owner = Membership { user: email, role: Role::Owner, grants: Vec::new() };
        Self {
            users: vec![UserDescription { name: Some("Operator".to_owned()), ..operator }],
            organizations: vec![OrganizationDescription {
                slug: "stagegate".to_owned(),
                name: None,
                members: vec![owner],
            }],
        }
    }
}

impl TryFrom<Description> for Directory {
    type Error = DirectoryError;

    fn try_from(description: Description) -> Result<Self, DirectoryError> {
        Self::new(description.users, description.organizations)
    }
}

impl From<Directory> for Description {
    fn from(directory: Directory) -> Self {
        Self { users: directory.users, organizations: directory.organizations }
    }
}
