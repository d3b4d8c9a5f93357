//! Configuration data as its documents.

use std::sync::LazyLock;

use regex::Regex;

use super::emitter::document_text;
use super::error::YamlError;
use super::node::Kind;
use super::parser::{Document, parse_first};
use super::tag;

/// The documents of a text. Empty ones, and those with only comments, are dropped, as the executor does.
pub fn documents(text: &str) -> Result<Vec<Document>, YamlError> {
    let normal = normalized(text);
    let mut documents = Vec::new();
    for chunk in normal.split("\n---\n") {
        if matches!(chunk.trim(), "" | "null" | "{}" | "[]") {
            continue;
        }
        let chunk = if chunk.ends_with('\n') { chunk.to_owned() } else { format!("{chunk}\n") };
        documents.extend(parse_first(&chunk)?.filter(|document| !document.is_empty()));
    }
    Ok(documents)
}

/// The text of documents.
pub fn text(documents: &[Document]) -> String {
    let texts: Vec<String> = documents.iter().filter(|one| !one.is_empty()).map(document_text).collect();
    texts.join("---\n")
}

static COMMENTED_SEPARATOR: LazyLock<Option<Regex>> = LazyLock::new(|| Regex::new(r"(---)([ \t]*#)").ok());

/// The text without what only surrounds its documents.
fn normalized(text: &str) -> String {
    let text = text.replace("\r\n", "\n");
    let text = match COMMENTED_SEPARATOR.as_ref() {
        Some(pattern) => pattern.replace_all(&text, "${1}\n${2}").into_owned(),
        None => text,
    };
    let text = text.trim();
    let text = text.strip_prefix("---\n").unwrap_or(text);
    let text = text.strip_suffix("\n---").unwrap_or(text);
    text.trim().to_owned()
}

impl Document {
    /// Whether nothing is in it.
    pub fn is_empty(&self) -> bool {
        let collection = matches!(self.root.kind, Kind::Mapping | Kind::Sequence);
        self.root.tag == tag::NULL || (collection && self.root.content.is_empty())
    }

    /// Its text, as the executor writes it.
    pub fn text(&self) -> String {
        document_text(self)
    }
}
