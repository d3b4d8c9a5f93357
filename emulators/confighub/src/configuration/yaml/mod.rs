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
pub(crate) mod tag;
mod text_shape;
mod token;
mod value;

pub(crate) use access::{AccessError, New, escaped, joined, segments};
pub(crate) use data::{documents, text};
pub(crate) use emitter::{node_text, wide_document_text, wide_node_text};
pub(crate) use error::YamlError;
pub(crate) use node::{Kind, Node};
pub(crate) use parser::{Document, parse_first};
pub(crate) use token::ScalarStyle;
pub(crate) use value::{Value, scalar, value, value_of_last_keys};

/// How deep collections may be nested.
pub(crate) const MAX_DEPTH: usize = 200;
