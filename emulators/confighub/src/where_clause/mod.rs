//! The WHERE language of ConfigHub's list and bulk operations.
//!
//! A clause is a conjunction of comparisons, such as
//! `Slug IN ('a', 'b') AND Labels.tier = 'backend' AND HeadRevisionNum > LiveRevisionNum`.
//! There is no `OR`, no parenthesis and no `NOT` but `NOT IN`. The language is stated in the where
//! parameter of every list operation of the OpenAPI description and, as a grammar, in the client's
//! own overview; `grammar.ebnf` beside this file is ours.
//!
//! Nothing here knows the hub: a clause is parsed against a [`Schema`] and evaluated on anything
//! that is a [`Row`], so that a lint of scripts can use it alone.
//!
//! ```
//! use stagegate_confighub::where_clause::{Clause, entities};
//!
//! let error = Clause::parse("Slug = 'a' OR Slug = 'b'", &entities::UNIT).unwrap_err();
//! assert_eq!(error.to_string(), "unrecognized attribute name `OR`");
//! assert_eq!(error.span, 11..13);
//! ```

mod clause;
pub mod entities;
mod error;
mod evaluate;
mod operator;
mod parser;
mod pattern;
mod schema;
mod token;

pub use clause::{AttributePath, Clause, Comparison, Left, Literal, Right};
pub use error::{WhereError, WhereErrorKind};
pub use evaluate::{Row, Value};
pub use operator::Operator;
pub use pattern::Pattern;
pub use schema::{Attribute, AttributeType, Schema};
