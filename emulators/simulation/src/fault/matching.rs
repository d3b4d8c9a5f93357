//! Whom a rule meets.

use serde::{Deserialize, Serialize};

use super::error::FaultError;
use super::span::Span;
use crate::origin::{Actor, Origin};

/// Whom a rule meets: everything that is given must hold. `*` stands for any text, in paths for any
/// text within a segment and `**` for any number of segments.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields, default)]
pub struct FaultMatch {
    /// `confighub` or `kubernetes`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub system: Option<String>,
    /// The operation's id, such as `CreateSpace` or `List*`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub operation: Option<String>,
    /// The HTTP method, in any case.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub method: Option<String>,
    /// The path without its query, such as `/api/space/*/unit`; the first and last `/` may be left out.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub path: Option<String>,
    /// Who the token belongs to: a user's name or a worker's slug.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub principal: Option<String>,
    /// The User-Agent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub user_agent: Option<String>,
    /// `step`, `command`, `worker`, `controller` or `client`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub actor: Option<String>,
    /// The number of the traced command.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub command: Option<u64>,
    /// Only this one of all that fit otherwise, from 1.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub nth: Option<u64>,
    /// Only the first so many of all that fit otherwise.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub first: Option<u64>,
    /// Each with this probability, drawn from the environment's seed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub probability: Option<f64>,
    /// From this long after the rule was added.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub after: Option<Span>,
    /// For this long.
    #[serde(rename = "for", skip_serializing_if = "Option::is_none")]
    pub lasting: Option<Span>,
}

/// What is known of a request, or of a worker's stream, when rules are looked at.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Subject {
    /// `confighub` or `kubernetes`.
    pub system: &'static str,
    /// The operation's id, where the request leads to one.
    pub operation: Option<String>,
    /// The HTTP method.
    pub method: String,
    /// The path without its query.
    pub path: String,
    /// Who the token belongs to, where it is a good one.
    pub principal: Option<String>,
    /// The User-Agent, empty when there was none.
    pub user_agent: String,
    /// Who sent it.
    pub origin: Origin,
}

const ACTORS: [&str; 5] = ["step", "command", "worker", "controller", "client"];
const SYSTEMS: [&str; 2] = ["confighub", "kubernetes"];
const METHODS: [&str; 7] = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"];

impl FaultMatch {
    /// Whether the pattern for operations, if there is one, fits the operation with this id.
    pub fn fits_operation(&self, id: &str) -> bool {
        self.operation.as_deref().is_none_or(|pattern| fits(pattern, id))
    }

    /// Whether the pattern for paths, if there is one, fits some path of a route such as
    /// `/api/space/{space_id}/unit`, in which a segment in braces stands for any one.
    pub fn fits_route(&self, route: &str) -> bool {
        self.path.as_deref().is_none_or(|pattern| {
            path_fits(pattern, route, |first, segment| segment.starts_with('{') || fits(first, segment))
        })
    }

    pub(super) fn is_everything(&self) -> bool {
        *self == Self::default()
    }

    /// Whether it picks from what fits by counting.
    pub(super) fn counts(&self) -> bool {
        self.nth.is_some() || self.first.is_some() || self.probability.is_some()
    }

    /// Whether nothing can fit any more after `seen` that did.
    pub(super) fn is_spent(&self, seen: u64) -> bool {
        self.nth.is_some_and(|nth| seen >= nth) || self.first.is_some_and(|first| seen >= first)
    }

    pub(super) fn check(&self) -> Result<(), FaultError> {
        if let Some(probability) = self.probability.filter(|value| !(0.0..=1.0).contains(value)) {
            let reason = format!("{probability} is no probability");
            return Err(FaultError::new("match.probability", reason, "take a number from 0 to 1"));
        }
        for (field, value) in [("match.nth", self.nth), ("match.first", self.first)] {
            if value == Some(0) {
                return Err(FaultError::new(field, "0 would fit nothing".to_owned(), "count from 1"));
            }
        }
        if let Some(actor) = self.actor.as_deref().filter(|actor| !ACTORS.contains(actor)) {
            let reason = format!("`{actor}` is no kind of actor");
            return Err(FaultError::new("match.actor", reason, "take step, command, worker, controller or client"));
        }
        if let Some(system) = self.system.as_deref().filter(|system| !SYSTEMS.contains(system)) {
            let reason = format!("`{system}` is no system");
            return Err(FaultError::new("match.system", reason, "take confighub or kubernetes"));
        }
        let is_method = |method: &str| METHODS.iter().any(|known| known.eq_ignore_ascii_case(method));
        if let Some(method) = self.method.as_deref().filter(|method| !is_method(method)) {
            let reason = format!("`{method}` is no HTTP method");
            return Err(FaultError::new("match.method", reason, "take GET, HEAD, POST, PUT, PATCH, DELETE or OPTIONS"));
        }
        if let Some(path) = self.path.as_deref().filter(|path| path.contains(['?', '#']) || path.contains("://")) {
            let reason = format!("`{path}` is more than a path");
            return Err(FaultError::new("match.path", reason, "take the part from the first `/` to the `?`"));
        }
        Ok(())
    }

    /// Whether all that does not count or tell the time holds.
    pub(super) fn fits(&self, subject: &Subject) -> bool {
        let glob = |pattern: &Option<String>, text: Option<&str>| match (pattern, text) {
            (None, _) => true,
            (Some(pattern), Some(text)) => fits(pattern, text),
            (Some(_), None) => false,
        };
        self.system.as_deref().is_none_or(|system| system == subject.system)
            && glob(&self.operation, subject.operation.as_deref())
            && self.method.as_ref().is_none_or(|method| method.eq_ignore_ascii_case(&subject.method))
            && self.path.as_deref().is_none_or(|pattern| path_fits(pattern, &subject.path, fits))
            && glob(&self.principal, subject.principal.as_deref())
            && glob(&self.user_agent, Some(&subject.user_agent))
            && self.actor.as_deref().is_none_or(|actor| actor == kind(&subject.origin.actor))
            && self.command.is_none_or(|command| subject.origin.command == Some(command))
    }
}

fn kind(actor: &Actor) -> &'static str {
    match actor {
        Actor::Step => "step",
        Actor::Command => "command",
        Actor::Worker { .. } => "worker",
        Actor::Controller { .. } => "controller",
        Actor::Client { .. } => "client",
    }
}

/// Whether `text` is `pattern` with some text for each `*`.
fn fits(pattern: &str, text: &str) -> bool {
    let Some((head, rest)) = pattern.split_once('*') else { return pattern == text };
    let Some(mut text) = text.strip_prefix(head) else { return false };
    let Some((middle, last)) = rest.rsplit_once('*') else { return text.ends_with(rest) };
    for part in middle.split('*') {
        match text.split_once(part) {
            Some((_, after)) => text = after,
            None => return false,
        }
    }
    text.ends_with(last)
}

/// Whether a pattern fits a path by what `fits` says of their segments.
fn path_fits(pattern: &str, path: &str, fits: impl Fn(&str, &str) -> bool + Copy) -> bool {
    fn segments(pattern: &[&str], path: &[&str], fits: impl Fn(&str, &str) -> bool + Copy) -> bool {
        match (pattern, path) {
            ([], []) | (["**"], _) => true,
            (["**", rest @ ..], _) => (0..=path.len()).any(|skipped| segments(rest, &path[skipped..], fits)),
            ([first, rest @ ..], [segment, after @ ..]) => fits(first, segment) && segments(rest, after, fits),
            _ => false,
        }
    }
    let pattern: Vec<&str> = pattern.trim_matches('/').split('/').collect();
    let path: Vec<&str> = path.trim_matches('/').split('/').collect();
    segments(&pattern, &path, fits)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_star_is_any_text() {
        for (pattern, text, expected) in [
            ("CreateSpace", "CreateSpace", true),
            ("CreateSpace", "CreateSpaces", false),
            ("Create*", "CreateSpace", true),
            ("*Space", "CreateSpace", true),
            ("*Sp*", "CreateSpace", true),
            ("C*e*e", "CreateSpace", true),
            ("C*x*e", "CreateSpace", false),
            ("aXb*Xc", "aXbXc", true),
            ("ab*ba", "aba", false),
            ("*", "", true),
        ] {
            assert_eq!(fits(pattern, text), expected, "{pattern} {text}");
        }
    }

    #[test]
    fn in_paths_a_star_stays_in_its_segment() {
        for (pattern, path, expected) in [
            ("/api/space", "/api/space", true),
            ("/api/space/*", "/api/space/1", true),
            ("/api/space/*", "/api/space/1/unit", false),
            ("/api/space/*/unit", "/api/space/1/unit", true),
            ("/api/**", "/api/space/1/unit", true),
            ("/api/**/unit/*", "/api/space/1/unit/2", true),
            ("/api/**/unit/*", "/api/space/1/link/2", false),
            ("/**", "/", true),
            ("api/space/", "/api/space", true),
            ("space", "/api/space", false),
        ] {
            assert_eq!(path_fits(pattern, path, fits), expected, "{pattern} {path}");
        }
    }

    #[test]
    fn a_route_stands_for_all_its_paths() {
        for (pattern, expected) in
            [("/api/space/*/unit", true), ("/api/space/0-1/unit", true), ("space/*/unit", false), ("**/unit", true)]
        {
            let matching = FaultMatch { path: Some(pattern.to_owned()), ..FaultMatch::default() };
            assert_eq!(matching.fits_route("/api/space/{space_id}/unit"), expected, "{pattern}");
        }
    }
}
