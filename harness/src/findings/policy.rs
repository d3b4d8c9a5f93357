//! What a finding of each kind does to the verdict.

use std::collections::BTreeMap;
use std::str::FromStr;

use stagegate_reports::journal::Policy;

use super::catalogue::catalogue;
use super::likest::likest;

/// A policy for one kind of finding, as `--finding KIND=deny|warn|allow` gives it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KindPolicy {
    /// The detector's name.
    pub kind: &'static str,
    /// What its findings do.
    pub policy: Policy,
}

/// A [`KindPolicy`] that cannot be read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PolicyError {
    /// It has no `=`.
    #[error("`{0}` is not KIND=deny, KIND=warn or KIND=allow")]
    Form(String),
    /// No detector has that name.
    #[error("no kind of finding is called `{kind}`{}; known are: {}", suggestion(.kind), known())]
    Kind {
        /// What was given.
        kind: String,
    },
    /// Not one of the three policies.
    #[error("`{policy}` is not a policy for `{kind}`: it is deny, warn or allow")]
    Policy {
        /// The kind it was given for.
        kind: String,
        /// What was given.
        policy: String,
    },
}

impl FromStr for KindPolicy {
    type Err = PolicyError;

    fn from_str(text: &str) -> Result<Self, PolicyError> {
        let (kind, policy) = text.split_once('=').ok_or_else(|| PolicyError::Form(text.to_owned()))?;
        let known = catalogue().iter().find(|entry| entry.kind == kind);
        let known = known.ok_or_else(|| PolicyError::Kind { kind: kind.to_owned() })?;
        let policy = match policy {
            "deny" => Policy::Deny,
            "warn" => Policy::Warn,
            "allow" => Policy::Allow,
            other => return Err(PolicyError::Policy { kind: kind.to_owned(), policy: other.to_owned() }),
        };
        Ok(Self { kind: known.kind, policy })
    }
}

/// The policies of a run: each detector's default unless something else was asked for.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Policies {
    asked: BTreeMap<&'static str, Policy>,
}

impl Policies {
    /// The policy for findings of `kind`; an unknown kind is denied.
    pub fn policy(&self, kind: &str) -> Policy {
        let default = catalogue().iter().find(|entry| entry.kind == kind).map(|entry| entry.default_policy);
        self.asked.get(kind).copied().or(default).unwrap_or(Policy::Deny)
    }

    /// Sets the policy of one kind; the last one counts.
    pub fn set(&mut self, asked: &KindPolicy) {
        self.asked.insert(asked.kind, asked.policy);
    }
}

impl FromIterator<KindPolicy> for Policies {
    fn from_iter<I: IntoIterator<Item = KindPolicy>>(asked: I) -> Self {
        Self { asked: asked.into_iter().map(|asked| (asked.kind, asked.policy)).collect() }
    }
}

fn known() -> String {
    catalogue().iter().map(|entry| entry.kind).collect::<Vec<_>>().join(", ")
}

fn suggestion(kind: &str) -> String {
    let nearest = likest(kind, catalogue().iter().map(|entry| entry.kind));
    nearest.map(|kind| format!(" (did you mean `{kind}`?)")).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_default_is_to_deny_and_the_last_word_counts() {
        let mut policies = Policies::default();
        assert_eq!(policies.policy("masked-failure"), Policy::Deny);
        for text in ["masked-failure=allow", "usage-error=allow", "masked-failure=warn"] {
            policies.set(&text.parse().unwrap());
        }
        assert_eq!(policies.policy("masked-failure"), Policy::Warn);
        assert_eq!(policies.policy("usage-error"), Policy::Allow);
        assert_eq!(policies.policy("false-success"), Policy::Deny);
    }

    #[test]
    fn errors_name_what_is_known() {
        let error = |text: &str| text.parse::<KindPolicy>().unwrap_err().to_string();
        insta::assert_snapshot!(error("masked-failure"), @"`masked-failure` is not KIND=deny, KIND=warn or KIND=allow");
        let unknown = error("masked-failures=deny");
        assert!(unknown.starts_with("no kind of finding is called `masked-failures` (did you mean `masked-failure`?); known are: masked-failure, "), "{unknown}");
        insta::assert_snapshot!(error("usage-error=never"), @"`never` is not a policy for `usage-error`: it is deny, warn or allow");
    }
}
