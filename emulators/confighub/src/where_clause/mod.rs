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
//!
//! # What is not set
//!
//! Clauses follow SQL's logic of three values, as the service's database does: a comparison with
//! something that is not set is neither true nor false, and what is not true is not selected. Not set
//! are a label, annotation or gate without an entry of that key, an id or a time that is null, and
//! every attribute of a related entity that is not there. So for a unit without the label `tier`
//!
//! * none of `Labels.tier = 'a'`, `Labels.tier != 'a'`, `Labels.tier NOT IN ('a')`,
//!   `Labels.tier LIKE '%'` and `Labels.tier !~~ 'a'` holds;
//! * `Labels.tier = ''` holds, and so does `TargetID = ''` without a target: the language has no
//!   `IS NULL`, and this is how clients ask for it. `!= ''` is its opposite.
//!
//! `LEN()` of a map or an array is always set, and 0 when that is empty.
//!
//! # Related entities
//!
//! A name before a dot leads to another entity, as in `Space.Slug` or `UpstreamUnit.HeadRevisionNum`.
//! The client asks for each of them in `include` too; [`Clause::includes`] says for which. The
//! emulator follows them with and without it, since no refusal for want of it is known.

mod clause;
pub mod entities;
mod error;
mod evaluate;
mod hint;
mod operator;
mod parser;
mod pattern;
mod posix;
mod schema;
mod token;

pub use clause::{AttributePath, Clause, Comparison, Left, Literal, Right};
pub use error::{WhereError, WhereErrorKind};
pub use evaluate::{Row, Value};
pub use operator::Operator;
pub use pattern::{Pattern, PatternError};
pub use schema::{Attribute, AttributeType, Schema};
