//! What the writer of a refused clause may have meant.

use super::error::WhereErrorKind;
use super::schema::{AttributeType, Schema};

/// A line of help on a refusal, if there is any to give.
pub(super) fn hint(kind: &WhereErrorKind, schema: &'static Schema) -> Option<String> {
    match kind {
        WhereErrorKind::UnknownAttribute(word) => of_word(word, schema),
        WhereErrorKind::InvalidAttribute(rest) => of_rest(rest),
        WhereErrorKind::InvalidOperator(rest) => of_operator(rest),
        WhereErrorKind::InvalidLiteral(rest) => of_literal(rest),
        WhereErrorKind::Expected { expected: "`AND`", .. } => {
            Some("comparisons are joined by AND; there is no other conjunction".to_owned())
        }
        WhereErrorKind::WrongLiteral { literal, attribute, kind } => of_wrong_literal(literal, attribute, *kind),
        WhereErrorKind::WrongOperator { attribute, kind: AttributeType::UuidList, .. } => {
            Some(format!("write `{attribute} ? '<uuid>'` or `LEN({attribute}) > 0`"))
        }
        WhereErrorKind::WrongOperator { kind: AttributeType::Uuid | AttributeType::Boolean, .. } => {
            Some("UUIDs and booleans know = and != only".to_owned())
        }
        _ => None,
    }
}

fn of_word(word: &str, schema: &'static Schema) -> Option<String> {
    let known = match word.rsplit('.').next().unwrap_or(word) {
        "OR" | "or" => {
            "there is no OR: alternatives of one attribute go into IN (…), others into requests of their own"
        }
        "NOT" => "NOT stands before IN only; other operators have forms of their own, such as != and !~~",
        "and" => "keywords are in capitals: AND",
        "Data" => "configuration data is no attribute: it is searched with where_data, such as `spec.replicas = 5`",
        "true" | "false" => "the attribute stands on the left: `Disabled = true`",
        _ => {
            let meant = undotted(word, schema).or_else(|| nearest(word, schema));
            return meant.map(|name| format!("did you mean `{name}`?")).or_else(|| of_path(word));
        }
    };
    Some(known.to_owned())
}

/// `FromUnitSlug` for `FromUnit.Slug`.
fn undotted(word: &str, schema: &'static Schema) -> Option<String> {
    schema.related.iter().find_map(|(relation, related)| {
        let name = word.strip_prefix(relation)?;
        related.attribute(name).map(|attribute| format!("{relation}.{}", attribute.name))
    })
}

/// `spec.replicas` and the like.
fn of_path(word: &str) -> Option<String> {
    (word.contains('.') && word.starts_with(|c: char| c.is_ascii_lowercase()))
        .then(|| format!("paths of configuration data go into where_data: `{word}`"))
}

/// The attribute that a misspelt word is closest to. A third of its letters may be wrong.
fn nearest(word: &str, schema: &'static Schema) -> Option<String> {
    let (relation, name) = match word.split_once('.') {
        Some((first, rest)) if schema.related(first).is_some() => (Some(first), rest),
        _ => (None, word),
    };
    let within = relation.and_then(|relation| schema.related(relation)).unwrap_or(schema);
    let (name, key) = name.split_once('.').map_or((name, None), |(name, key)| (name, Some(key)));
    let attributes = within.attributes.iter().map(|attribute| attribute.name);
    let related = within.related.iter().map(|(relation, _)| *relation).filter(|_| key.is_some());
    let slips = |known: &str| strsim::damerau_levenshtein(&known.to_lowercase(), &name.to_lowercase());
    let best = attributes.chain(related).map(|known| (slips(known), known)).min()?;
    let parts = [relation, Some(best.1), key];
    (best.0 * 3 <= name.chars().count()).then(|| parts.into_iter().flatten().collect::<Vec<_>>().join("."))
}

fn of_rest(rest: &str) -> Option<String> {
    let known = match rest.chars().next()? {
        '*' => "there is no `*`: leave the clause out, or write `Slug != ''`, which holds for everything",
        '(' => "there are no parentheses: comparisons are joined by AND alone",
        '\n' | '\r' => "a clause is one line",
        '"' => "strings stand in single quotes and hold neither quotes nor backslashes",
        '\'' => "the attribute stands on the left and without quotes",
        _ => return None,
    };
    Some(known.to_owned())
}

fn of_operator(rest: &str) -> Option<String> {
    let word = rest.split(|c: char| !c.is_ascii_alphabetic()).next().unwrap_or_default();
    let known = match word {
        "CONTAINS" | "contains" => "there is no CONTAINS: write `LIKE '%text%'`, or `?` for arrays",
        "IS" | "is" => "there is no IS NULL: what is not set equals ''",
        "NOT" => "NOT stands before IN only: NOT LIKE is written !~~",
        "like" | "ilike" | "in" | "not" => "operators are in capitals",
        "" if rest.starts_with("<>") => "unequal is written !=",
        "" if rest.starts_with("==") => "equal is written =",
        "" if rest.is_empty() => "an operator and a value follow the attribute",
        _ => return None,
    };
    Some(known.to_owned())
}

fn of_literal(rest: &str) -> Option<String> {
    let known = match rest.chars().next() {
        None => "a value follows the operator",
        Some('=') => "equal is written =",
        Some('>') => "unequal is written !=",
        Some('"') => "strings stand in single quotes",
        Some('\'') => "the string is not closed, or holds a quote or a backslash, which no string can",
        Some(_) => return None,
    };
    Some(known.to_owned())
}

fn of_wrong_literal(literal: &str, attribute: &str, kind: AttributeType) -> Option<String> {
    let bare = literal.trim_matches('\'');
    match kind {
        AttributeType::Uuid if literal.starts_with('\'') => {
            let related = attribute.strip_suffix("ID")?;
            Some(format!("compare with a UUID, or by name: `{related}.Slug = '{bare}'`"))
        }
        AttributeType::Integer if bare.parse::<i64>().is_ok() => Some(format!("without quotes: {bare}")),
        AttributeType::Boolean if matches!(bare, "true" | "false") => Some(format!("without quotes: {bare}")),
        AttributeType::Text if !literal.starts_with("attribute") => Some(format!("in quotes: '{bare}'")),
        AttributeType::Time => Some("times are written as in JSON: '2025-02-18T23:16:34Z'".to_owned()),
        _ => None,
    }
}
