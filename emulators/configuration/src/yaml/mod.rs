//! YAML that is read, changed and written back as the real executor's library does it: comments stay with
//! what they belong to, blank lines go, indentation becomes two blanks.

mod access;
mod cursor;
mod data;
mod emit_scalar;
mod emitter;
mod error;
mod key_index;
mod node;
mod parser;
mod scan_comments;
mod scan_properties;
mod scan_scalars;
mod scanner;
pub mod tag;
mod text_shape;
mod token;
mod value;

pub use access::{AccessError, New, escaped, joined, segments};
pub use data::{documents, text};
pub use emitter::{node_text, wide_document_text, wide_node_text};
pub use error::YamlError;
pub use key_index::KeyIndex;
pub use node::{Kind, Node};
pub use parser::{Document, parse_first};
pub use token::ScalarStyle;
pub use value::{Value, scalar, value, value_of_last_keys};

/// How deep collections may be nested.
pub const MAX_DEPTH: usize = 200;
