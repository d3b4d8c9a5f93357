//! `name_pattern`: what clones are called.
//!
//! Late clients describe it in the help of their bulk creations: behind `template:` stands a Go
//! template with `.SourceEntitySlug` and, for the labels of a variant, `.Labels`. Those two are what
//! is understood here; other patterns are refused as not supported.

use std::collections::BTreeMap;

use crate::error::ApiError;

/// A pattern, taken apart.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct NamePattern(Vec<Part>);

#[derive(Debug, Clone, PartialEq, Eq)]
enum Part {
    Text(String),
    SourceSlug,
    Label(String),
}

impl NamePattern {
    /// Reads `template:{{.SourceEntitySlug}}-{{.Labels.env}}` and the like.
    pub(super) fn parse(text: &str) -> Result<Self, ApiError> {
        let mut rest = text
            .strip_prefix("template:")
            .ok_or_else(|| ApiError::not_supported(&format!("name_pattern: `{text}` without `template:`")))?;
        let mut parts = Vec::new();
        while let Some((before, after)) = rest.split_once("{{") {
            let (action, behind) = after
                .split_once("}}")
                .ok_or_else(|| ApiError::bad_request(format!("name_pattern: `{{{{{after}` has no end")))?;
            parts.push(Part::Text(before.to_owned()));
            parts.push(part(action.trim())?);
            rest = behind;
        }
        parts.push(Part::Text(rest.to_owned()));
        Ok(Self(parts))
    }

    /// The name of a clone of `source` with these labels; a label that is not there is empty.
    pub(super) fn name(&self, source: &str, labels: &BTreeMap<String, String>) -> String {
        let text = |part: &Part| match part {
            Part::Text(text) => text.clone(),
            Part::SourceSlug => source.to_owned(),
            Part::Label(key) => labels.get(key).cloned().unwrap_or_default(),
        };
        self.0.iter().map(text).collect()
    }
}

fn part(action: &str) -> Result<Part, ApiError> {
    let is_key = |key: &str| !key.is_empty() && key.chars().all(|c| c.is_alphanumeric() || c == '_');
    match action.strip_prefix(".Labels.") {
        Some(key) if is_key(key) => Ok(Part::Label(key.to_owned())),
        None if action == ".SourceEntitySlug" => Ok(Part::SourceSlug),
        _ => Err(ApiError::not_supported(&format!("name_pattern: template action `{action}`"))),
    }
}
