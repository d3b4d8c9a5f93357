//! Permissions in some spaces only.

use std::fmt;

use regex::Regex;
use serde::{Deserialize, Serialize};

use super::Permission;
use crate::entity::{Located, Space};
use crate::store::Store;
use crate::where_clause::{Clause, WhereError, entities};

/// Permissions in the spaces that a pattern, a clause or both together match.
///
/// In YAML: `{spaces: "*-dev", actions: [write, apply]}` or
/// `{where: "Labels.environment = 'dev'", actions: [write, apply]}`. A clause is judged on the space as
/// it is at the time of the call, and on a change of the space before and after it: nobody comes to a
/// space by giving it another label.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(try_from = "Description", into = "Description")]
pub struct Grant {
    description: Description,
    slug: Option<Regex>,
    clause: Option<Clause>,
}

/// A grant that makes no sense.
#[derive(Debug, thiserror::Error)]
pub enum GrantError {
    /// It matches no space.
    #[error("a grant needs `spaces` or `where`")]
    NoSpaces,
    /// It gives nothing.
    #[error("`actions` of a grant: at least one of read, write, apply, admin")]
    NoActions,
    /// Its clause is none on spaces.
    #[error("`where` of a grant: {0}")]
    Where(#[from] WhereError),
    /// Its pattern is too long.
    #[error("`spaces` of a grant: {0}")]
    Spaces(#[from] regex::Error),
}

#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Description {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    spaces: Option<String>,
    #[serde(rename = "where", default, skip_serializing_if = "Option::is_none")]
    clause: Option<String>,
    actions: Vec<Permission>,
}

/// For people, such as `write, apply in spaces *-dev where Labels.tier = 'a'`.
impl fmt::Display for Grant {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Description { spaces, clause, actions } = &self.description;
        let actions: Vec<&str> = actions.iter().map(|action| action.name()).collect();
        write!(f, "{} in spaces", actions.join(", "))?;
        if let Some(spaces) = spaces {
            write!(f, " {spaces}")?;
        }
        clause.as_ref().map_or(Ok(()), |clause| write!(f, " where {clause}"))
    }
}

impl Grant {
    /// Permissions in the spaces whose slug matches a pattern, in which `*` stands for any text and `?`
    /// for any one character.
    pub fn in_spaces(pattern: &str, actions: &[Permission]) -> Result<Self, GrantError> {
        Description { spaces: Some(pattern.to_owned()), clause: None, actions: actions.to_vec() }.try_into()
    }

    /// Permissions in the spaces for which a WHERE clause holds.
    pub fn in_spaces_where(clause: &str, actions: &[Permission]) -> Result<Self, GrantError> {
        Description { spaces: None, clause: Some(clause.to_owned()), actions: actions.to_vec() }.try_into()
    }

    /// Whether it has this permission in the spaces that it matches.
    pub(crate) fn gives(&self, needed: Permission) -> bool {
        self.description.actions.iter().any(|given| given.includes(needed))
    }

    /// Whether it is about this space.
    pub(crate) fn matches(&self, space: &Space, store: &Store) -> bool {
        self.slug.as_ref().is_none_or(|pattern| pattern.is_match(&space.metadata.slug))
            && self.clause.as_ref().is_none_or(|clause| clause.holds_for(&Located::for_hub(space, store)))
    }
}

impl TryFrom<Description> for Grant {
    type Error = GrantError;

    fn try_from(description: Description) -> Result<Self, GrantError> {
        if description.spaces.is_none() && description.clause.is_none() {
            return Err(GrantError::NoSpaces);
        }
        if description.actions.is_empty() {
            return Err(GrantError::NoActions);
        }
        let slug = description.spaces.as_deref().map(expression_of_glob).transpose()?;
        let clause = description.clause.as_deref().map(|text| Clause::parse(text, &entities::SPACE)).transpose()?;
        Ok(Self { description, slug, clause })
    }
}

impl From<Grant> for Description {
    fn from(grant: Grant) -> Self {
        grant.description
    }
}

fn expression_of_glob(pattern: &str) -> Result<Regex, regex::Error> {
    let mut expression = String::from("^");
    for character in pattern.chars() {
        match character {
            '*' => expression.push_str(".*"),
            '?' => expression.push('.'),
            other => expression.push_str(&regex::escape(other.encode_utf8(&mut [0; 4]))),
        }
    }
    expression.push('$');
    Regex::new(&expression)
}
