//! A report's text is data: how it gets into the page.

use minijinja::{Error, ErrorKind, Output, State, Value};

use crate::printable::printable;

/// Writes a value into the page: text printable and escaped, nothing for what is absent.
///
/// The engine's own escaping also replaces `/`, which would cost six bytes for each one in paths and URLs.
pub(super) fn format(out: &mut Output, _: &mut State, value: &Value) -> Result<(), Error> {
    let written = match value.as_str() {
        Some(text) if value.is_safe() => out.write_str(text),
        Some(text) => write_escaped(out, &printable(text)),
        None if value.is_none() || value.is_undefined() => Ok(()),
        None => write_escaped(out, &value.to_string()),
    };
    written.map_err(|error| Error::new(ErrorKind::WriteFailure, "cannot write into the page").with_source(error))
}

fn write_escaped(out: &mut Output, text: &str) -> std::fmt::Result {
    let mut copied = 0;
    for (at, byte) in text.bytes().enumerate() {
        let Some(entity) = entity(byte) else { continue };
        out.write_str(&text[copied..at])?;
        out.write_str(entity)?;
        copied = at + 1;
    }
    out.write_str(&text[copied..])
}

/// The entity for a character that HTML gives a meaning, in text or in a quoted attribute.
pub(super) fn entity(byte: u8) -> Option<&'static str> {
    match byte {
        b'&' => Some("&amp;"),
        b'<' => Some("&lt;"),
        b'>' => Some("&gt;"),
        b'"' => Some("&quot;"),
        b'\'' => Some("&#39;"),
        _ => None,
    }
}
