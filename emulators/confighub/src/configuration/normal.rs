//! The form that functions leave data in, also where they change nothing.

use granit_parser::{Event, Parser};

use super::error::ConfigurationError;
use super::tree::syntax_error;

/// The text with one blank before each comment that follows something on its line, as the real
/// executor writes data back. Its other habits are not imitated.
pub(crate) fn normalized(text: &str) -> Result<String, ConfigurationError> {
    let mut normal = String::with_capacity(text.len());
    let mut copied = 0;
    for next in Parser::new_from_str(text) {
        let (event, span) = next.map_err(|error| syntax_error(&error))?;
        let (Event::Comment(..), Some(start)) = (event, span.start.byte_offset()) else { continue };
        let before = text[copied..start].trim_end_matches([' ', '\t']);
        let follows = !before.is_empty() && !before.ends_with('\n');
        if follows {
            normal.push_str(before);
            normal.push(' ');
            copied = start;
        }
    }
    normal.push_str(&text[copied..]);
    Ok(normal)
}
