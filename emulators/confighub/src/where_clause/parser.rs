//! From tokens to a typed clause.

use std::ops::Range;

use jiff::Timestamp;
use jiff::civil::DateTime;
use jiff::tz::TimeZone;

use super::clause::{AttributePath, Clause, Comparison, Left, Literal, Right};
use super::error::{WhereError, WhereErrorKind};
use super::hint::hint;
use super::operator::Operator;
use super::pattern::Pattern;
use super::schema::{AttributeType, Schema};
use super::token::{Token, TokenKind, tokens};

const ATTRIBUTE_LIMIT: usize = 41;
const KEY_LIMIT: usize = 128;
const TEXT_LIMIT: usize = 255;
const DIGITS_LIMIT: usize = 10;

impl Clause {
    /// Parses a clause on the entities of `schema`. An empty one holds for all of them.
    ///
    /// ```
    /// use stagegate_confighub::where_clause::{Clause, entities};
    ///
    /// assert!(Clause::parse("Slug LIKE 'app-%' AND LEN(ApplyGates) = 0", &entities::UNIT).is_ok());
    /// assert!(Clause::parse("", &entities::UNIT).unwrap().comparisons.is_empty());
    /// assert!(Clause::parse("Slug LIKE app", &entities::UNIT).is_err());
    /// ```
    pub fn parse(text: &str, schema: &'static Schema) -> Result<Self, WhereError> {
        let mut parser = Parser { text, tokens: tokens(text)?, next: 0, schema };
        let mut comparisons = Vec::new();
        if parser.peek().is_some() {
            comparisons.push(parser.comparison()?);
        }
        while parser.peek().is_some() {
            parser.conjunction()?;
            comparisons.push(parser.comparison()?);
        }
        Ok(Self { schema, comparisons })
    }
}

struct Parser<'a> {
    text: &'a str,
    tokens: Vec<Token<'a>>,
    next: usize,
    schema: &'static Schema,
}

impl<'a> Parser<'a> {
    fn peek(&self) -> Option<TokenKind<'a>> {
        self.tokens.get(self.next).map(|token| token.kind)
    }

    /// The place of the next token, or the end of the clause.
    fn span(&self) -> Range<usize> {
        self.tokens.get(self.next).map_or(self.text.len()..self.text.len(), |token| token.span.clone())
    }

    fn rest(&self) -> String {
        self.text[self.span().start..].to_owned()
    }

    fn error(&self, kind: WhereErrorKind) -> WhereError {
        WhereError { hint: hint(&kind, self.schema), kind, span: self.span() }
    }

    /// Takes the next token if it is `wanted`.
    fn take(&mut self, wanted: TokenKind<'_>) -> bool {
        let there = self.peek() == Some(wanted);
        if there {
            self.next += 1;
        }
        there
    }

    fn expect(&mut self, wanted: char, expected: &'static str) -> Result<(), WhereError> {
        if self.take(TokenKind::Punctuation(wanted)) {
            return Ok(());
        }
        Err(self.error(WhereErrorKind::Expected { expected, rest: self.rest() }))
    }

    fn conjunction(&mut self) -> Result<(), WhereError> {
        if self.take(TokenKind::Word("AND")) {
            return Ok(());
        }
        // The hosted service takes whatever stands here for the next attribute.
        Err(self.error(match self.peek() {
            Some(TokenKind::Word(word)) if resolve(word, self.schema).is_err() => {
                WhereErrorKind::UnknownAttribute(word.to_owned())
            }
            Some(TokenKind::Word(_)) => WhereErrorKind::Expected { expected: "`AND`", rest: self.rest() },
            _ => WhereErrorKind::InvalidAttribute(self.rest()),
        }))
    }

    fn comparison(&mut self) -> Result<Comparison, WhereError> {
        let start = self.span().start;
        let left = self.left()?;
        let at_operator = self.next;
        let operator = self.operator()?;
        let (name, kind) = match &left {
            Left::Attribute(path) => (path.to_string(), path.kind()),
            Left::Length(path) => (format!("LEN({path})"), AttributeType::Integer),
        };
        if !operator.applies_to(kind) {
            self.next = at_operator;
            let wrong = match kind {
                map if map.has_keys() => WhereErrorKind::WrongAccess {
                    attribute: name,
                    kind,
                    reason: "name a key after a dot, or use LEN()",
                },
                _ => WhereErrorKind::WrongOperator { operator, attribute: name, kind },
            };
            return Err(self.error(wrong));
        }
        let value = Wanted { name, kind: if operator == Operator::Contains { AttributeType::Uuid } else { kind } };
        let right = match operator {
            Operator::In | Operator::NotIn => Right::List(self.list(&value)?),
            pattern if pattern.takes_pattern() => Right::Pattern(self.pattern(pattern)?),
            _ => self.right(&value)?,
        };
        let end = self.next.checked_sub(1).and_then(|last| self.tokens.get(last)).map_or(start, |last| last.span.end);
        Ok(Comparison { left, operator, right, span: start..end })
    }

    fn left(&mut self) -> Result<Left, WhereError> {
        if self.peek() == Some(TokenKind::Word("LEN"))
            && self.tokens.get(self.next + 1).is_some_and(|token| token.kind == TokenKind::Punctuation('('))
        {
            self.next += 2;
            let at = self.next;
            let path = self.path()?;
            if path.key.is_some() || !path.kind().has_length() {
                self.next = at;
                let (attribute, kind) = (path.to_string(), path.kind());
                return Err(self.error(WhereErrorKind::WrongAccess {
                    attribute,
                    kind,
                    reason: "LEN() counts arrays and maps",
                }));
            }
            self.expect(')', "`)` after LEN(")?;
            return Ok(Left::Length(path));
        }
        Ok(Left::Attribute(self.path()?))
    }

    fn path(&mut self) -> Result<AttributePath, WhereError> {
        let Some(TokenKind::Word(word)) = self.peek() else {
            return Err(self.error(WhereErrorKind::InvalidAttribute(self.rest())));
        };
        let path = resolve(word, self.schema).map_err(|kind| self.error(kind))?;
        self.next += 1;
        Ok(path)
    }

    fn operator(&mut self) -> Result<Operator, WhereError> {
        let spelling = match self.peek() {
            Some(TokenKind::Operator(signs)) => Some(signs),
            Some(TokenKind::Word("NOT"))
                if self.tokens.get(self.next + 1).is_some_and(|token| token.kind == TokenKind::Word("IN")) =>
            {
                self.next += 1;
                Some("NOT IN")
            }
            Some(TokenKind::Word(word)) => Some(word),
            _ => None,
        };
        let Some(operator) = spelling.and_then(Operator::of_spelling) else {
            return Err(self.error(WhereErrorKind::InvalidOperator(self.rest())));
        };
        self.next += 1;
        Ok(operator)
    }

    fn right(&mut self, wanted: &Wanted) -> Result<Right, WhereError> {
        match self.peek() {
            Some(TokenKind::Word(word)) if !matches!(word, "true" | "false") => {
                let at = self.next;
                let path = self.path()?;
                if path.kind() != wanted.kind {
                    self.next = at;
                    return Err(self.error(wanted.refuse(format!("attribute `{path}`"))));
                }
                Ok(Right::Attribute(path))
            }
            _ => self.literal(wanted).map(Right::Literal),
        }
    }

    fn list(&mut self, wanted: &Wanted) -> Result<Vec<Literal>, WhereError> {
        self.expect('(', "`(` after IN")?;
        let mut values = vec![self.literal(wanted)?];
        while self.take(TokenKind::Punctuation(',')) {
            values.push(self.literal(wanted)?);
        }
        self.expect(')', "`,` or `)` in the list of IN")?;
        Ok(values)
    }

    fn pattern(&mut self, operator: Operator) -> Result<Pattern, WhereError> {
        let Some(TokenKind::Text(text)) = self.peek() else {
            return Err(self.error(WhereErrorKind::InvalidLiteral(self.rest())));
        };
        let pattern = self.limited_text(text).and_then(|text| {
            Pattern::compile(operator, text).map_err(|error| {
                self.error(WhereErrorKind::InvalidPattern { literal: format!("'{text}'"), reason: error.to_string() })
            })
        })?;
        self.next += 1;
        Ok(pattern)
    }

    fn limited_text(&self, text: &'a str) -> Result<&'a str, WhereError> {
        if text.chars().count() <= TEXT_LIMIT {
            return Ok(text);
        }
        Err(self.error(WhereErrorKind::TooLong { what: "string literal", limit: TEXT_LIMIT }))
    }

    fn literal(&mut self, wanted: &Wanted) -> Result<Literal, WhereError> {
        let token = self.peek();
        let literal = match token {
            Some(TokenKind::Text(text)) => wanted.of_text(self.limited_text(text)?),
            Some(TokenKind::Integer(digits)) => {
                if digits.trim_start_matches('-').len() > DIGITS_LIMIT {
                    return Err(self.error(WhereErrorKind::TooLong { what: "integer literal", limit: DIGITS_LIMIT }));
                }
                (wanted.kind == AttributeType::Integer).then(|| digits.parse().ok().map(Literal::Integer)).flatten()
            }
            Some(TokenKind::Word(word @ ("true" | "false"))) => {
                (wanted.kind == AttributeType::Boolean).then_some(Literal::Boolean(word == "true"))
            }
            _ => return Err(self.error(WhereErrorKind::InvalidLiteral(self.rest()))),
        };
        let Some(literal) = literal else {
            let written = self.text[self.span()].to_owned();
            return Err(self.error(wanted.refuse(written)));
        };
        self.next += 1;
        Ok(literal)
    }
}

/// What the right side must be, and for whom.
struct Wanted {
    name: String,
    kind: AttributeType,
}

impl Wanted {
    fn of_text(&self, text: &str) -> Option<Literal> {
        match self.kind {
            AttributeType::Text => Some(Literal::Text(text.to_owned())),
            AttributeType::Uuid | AttributeType::Time if text.is_empty() => Some(Literal::Nothing),
            AttributeType::Uuid => text.parse().ok().map(Literal::Uuid),
            AttributeType::Time => time(text).map(Literal::Time),
            _ => None,
        }
    }

    fn refuse(&self, literal: String) -> WhereErrorKind {
        WhereErrorKind::WrongLiteral { literal, attribute: self.name.clone(), kind: self.kind }
    }
}

/// A time as in JSON, or without its zone (then UTC), or only a date.
fn time(text: &str) -> Option<Timestamp> {
    text.parse().ok().or_else(|| {
        let local: DateTime = text.parse().ok()?;
        local.to_zoned(TimeZone::UTC).ok().map(|zoned| zoned.timestamp())
    })
}

fn resolve(word: &str, mut schema: &'static Schema) -> Result<AttributePath, WhereErrorKind> {
    let mut relations = Vec::new();
    let mut rest = word;
    loop {
        let (name, after) = rest.split_once('.').map_or((rest, None), |(name, after)| (name, Some(after)));
        if name.len() > ATTRIBUTE_LIMIT {
            return Err(WhereErrorKind::TooLong { what: "attribute name", limit: ATTRIBUTE_LIMIT });
        }
        if let Some(attribute) = schema.attribute(name) {
            return with_key(AttributePath { relations, attribute, key: after.map(str::to_owned) });
        }
        match (schema.related(name), after) {
            (Some(related), Some(after)) => {
                if !std::ptr::eq(related, schema) || name != schema.entity {
                    relations.extend(schema.related.iter().map(|(known, _)| *known).find(|known| *known == name));
                }
                schema = related;
                rest = after;
            }
            _ => return Err(WhereErrorKind::UnknownAttribute(word.to_owned())),
        }
    }
}

fn with_key(path: AttributePath) -> Result<AttributePath, WhereErrorKind> {
    let Some(key) = &path.key else { return Ok(path) };
    let kind = path.attribute.kind;
    if !kind.has_keys() {
        let attribute = path.attribute.name.to_owned();
        return Err(WhereErrorKind::WrongAccess { attribute, kind, reason: "it has no keys" });
    }
    if key.len() > KEY_LIMIT {
        return Err(WhereErrorKind::TooLong { what: "map key", limit: KEY_LIMIT });
    }
    let at_the_edges = |edge: Option<char>| edge.is_some_and(|c| c.is_ascii_alphanumeric());
    if !at_the_edges(key.chars().next()) || !at_the_edges(key.chars().last()) {
        return Err(WhereErrorKind::InvalidAttribute(path.to_string()));
    }
    Ok(path)
}
