//! The patterns that arguments must match and that part values. They are part of the functions' signatures.

use std::collections::HashMap;
use std::sync::{LazyLock, Mutex, PoisonError};

use regex::Regex;

/// A container's name, or `*` for all of them.
pub(super) const CONTAINER: &str = r"^\*|[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$";
/// An image, parted into `uri` and `reference`.
pub(super) const IMAGE: &str = r"^(?P<uri>(?:(?:[a-z0-9](?:[-a-z0-9]*[a-z0-9])?(?:\.[a-z0-9](?:[-a-z0-9]*[a-z0-9])?)*(?:\:[0-9]+)?)/)?(?:[a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*(?:\/[a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*)*))(?P<reference>\:(?:[a-zA-Z0-9_][a-zA-Z0-9._-]{0,127})|@(?:[a-z0-9]+(?:[+._-][a-z0-9]+)*\:[a-zA-Z0-9=_-]+))?$";
/// An image without tag and digest.
pub(super) const URI: &str = r"^(?P<uri>(?:(?:[a-z0-9](?:[-a-z0-9]*[a-z0-9])?(?:\.[a-z0-9](?:[-a-z0-9]*[a-z0-9])?)*(?:\:[0-9]+)?)/)?(?:[a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*(?:\/[a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*)*))$";
/// A tag with its colon or a digest with its `@`.
pub(super) const REFERENCE: &str =
    r"^(?P<reference>\:(?:[a-zA-Z0-9_][a-zA-Z0-9._-]{0,127})|@(?:[a-z0-9]+(?:[+._-][a-z0-9]+)*\:[a-zA-Z0-9=_-]+))$";
/// An environment variable's name.
pub(super) const VARIABLE: &str = r"^[-._a-zA-Z][-._a-zA-Z0-9]*$";
/// An environment variable with its value.
pub(super) const PAIR: &str = r"^[-._a-zA-Z][-._a-zA-Z0-9]*=.*$";
/// A host's name as functions split it into `subdomain` and `domain`.
pub(super) const HOSTNAME: &str = r"^(?P<subdomain>[a-z0-9](?:[-a-z0-9]{0,61}[a-z0-9])?)\.(?P<domain>[a-z0-9](?:[-a-z0-9]{0,61}[a-z0-9])?(?:\.[a-z0-9](?:[-a-z0-9]{0,61}[a-z0-9])?){0,9})$";
/// The same as signatures give it.
pub(super) const HOSTNAME_ARGUMENT: &str = r"^^(?P<subdomain>[a-z0-9](?:[-a-z0-9]{0,61}[a-z0-9])?)\.(?P<domain>[a-z0-9](?:[-a-z0-9]{0,61}[a-z0-9])?(?:\.[a-z0-9](?:[-a-z0-9]{0,61}[a-z0-9])?){0,9})$$";
pub(super) const SUBDOMAIN: &str = r"^(?P<subdomain>[a-z0-9](?:[-a-z0-9]{0,61}[a-z0-9])?)$";
pub(super) const DOMAIN: &str =
    r"^(?P<domain>[a-z0-9](?:[-a-z0-9]{0,61}[a-z0-9])?(?:\.[a-z0-9](?:[-a-z0-9]{0,61}[a-z0-9])?){0,9})$";

static COMPILED: LazyLock<Mutex<HashMap<&'static str, Option<Regex>>>> = LazyLock::new(Mutex::default);

fn compiled(pattern: &'static str) -> Option<Regex> {
    let mut known = COMPILED.lock().unwrap_or_else(PoisonError::into_inner);
    known.entry(pattern).or_insert_with(|| Regex::new(pattern).ok()).clone()
}

pub(super) fn matches(pattern: &'static str, text: &str) -> bool {
    compiled(pattern).is_some_and(|pattern| pattern.is_match(text))
}

/// The part of a text that a named group is; empty where there is none.
pub(super) fn part<'a>(pattern: &'static str, name: &str, text: &'a str) -> &'a str {
    let captures = compiled(pattern).and_then(|pattern| pattern.captures(text));
    captures.and_then(|captures| captures.name(name)).map(|part| part.as_str()).unwrap_or_default()
}

/// A text with another part; `None` where it has no such part.
pub(super) fn with_part(pattern: &'static str, name: &str, text: &str, part: &str) -> Option<String> {
    let captures = compiled(pattern)?.captures(text)?;
    let range = captures.name(name)?.range();
    Some(format!("{}{part}{}", &text[..range.start], &text[range.end..]))
}
