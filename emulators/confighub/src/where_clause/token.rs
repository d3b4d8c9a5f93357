//! From text to tokens.

use std::ops::Range;

use winnow::ascii::digit1;
use winnow::combinator::{alt, delimited, opt, preceded};
use winnow::prelude::*;
use winnow::stream::LocatingSlice;
use winnow::token::{any, one_of, take_while};

use super::error::{WhereError, WhereErrorKind};

/// What a token is. Text is borrowed from the clause.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum TokenKind<'a> {
    /// A keyword, an attribute with its dots and key, `true` or `false`.
    Word(&'a str),
    /// The inside of a quoted string.
    Text(&'a str),
    /// Digits, perhaps with a sign.
    Integer(&'a str),
    /// An operator made of signs.
    Operator(&'a str),
    /// `(`, `)` or `,`.
    Punctuation(char),
    /// A character that begins no token, such as `*` or a quote without its partner.
    Stray,
}

/// A token and its place.
#[derive(Debug, Clone)]
pub(super) struct Token<'a> {
    pub(super) kind: TokenKind<'a>,
    pub(super) span: Range<usize>,
}

const CLAUSE_LIMIT: usize = 4096;
const BLANKS_LIMIT: usize = 256;

/// Splits a clause into tokens, which cover all of it but the blanks.
pub(super) fn tokens(clause: &str) -> Result<Vec<Token<'_>>, WhereError> {
    let too_long =
        |what, limit| WhereError { kind: WhereErrorKind::TooLong { what, limit }, span: 0..clause.len(), hint: None };
    if clause.chars().count() > CLAUSE_LIMIT {
        return Err(too_long("where clause", CLAUSE_LIMIT));
    }
    let mut input = LocatingSlice::new(clause);
    let mut found = Vec::new();
    let mut blanks = 0;
    loop {
        let blank: Result<&str, winnow::error::EmptyError> = take_while(0.., (' ', '\t')).parse_next(&mut input);
        blanks += blank.map_or(0, str::len);
        if blanks > BLANKS_LIMIT {
            return Err(too_long("whitespace of the where clause", BLANKS_LIMIT));
        }
        match token(&mut input) {
            Ok((kind, span)) => found.push(Token { kind, span }),
            Err(_) => return Ok(found),
        }
    }
}

type Input<'a> = LocatingSlice<&'a str>;

fn token<'a>(input: &mut Input<'a>) -> winnow::Result<(TokenKind<'a>, Range<usize>), winnow::error::EmptyError> {
    alt((
        word.map(TokenKind::Word),
        delimited('\'', take_while(0.., |c: char| !matches!(c, '\'' | '"' | '\\')), '\'').map(TokenKind::Text),
        (opt('-'), digit1).take().map(TokenKind::Integer),
        operator.map(TokenKind::Operator),
        one_of(['(', ')', ',']).map(TokenKind::Punctuation),
        any.value(TokenKind::Stray),
    ))
    .with_span()
    .parse_next(input)
}

fn word<'a>(input: &mut Input<'a>) -> winnow::Result<&'a str, winnow::error::EmptyError> {
    let inside = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.' | '/');
    (one_of(|c: char| c.is_ascii_alphabetic()), take_while(0.., inside)).take().parse_next(input)
}

fn operator<'a>(input: &mut Input<'a>) -> winnow::Result<&'a str, winnow::error::EmptyError> {
    alt((
        preceded('!', alt(("~~", "~*", "~", "="))).take(),
        alt(("~~", "~*", "~")),
        alt(("<=", ">=", "<", ">", "=", "?")),
    ))
    .parse_next(input)
}
