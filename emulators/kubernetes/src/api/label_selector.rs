//! Label selectors: `app=web,tier in (a,b),!old`.
//!
//! Grammar and messages are those of `k8s.io/apimachinery/pkg/labels` (`selector.go`).

use serde_json::Value;

use crate::kinds::names::{label_value_error, qualified_name_errors};

/// One condition on the labels of an object.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Requirement {
    key: String,
    operator: Operator,
    values: Vec<String>,
}

#[derive(Debug, Clone, Copy, PartialEq)]
enum Operator {
    In,
    NotIn,
    Exists,
    DoesNotExist,
    GreaterThan,
    LessThan,
}

impl Requirement {
    pub(super) fn matches(&self, object: &Value) -> bool {
        let found = object["metadata"]["labels"].get(&self.key).and_then(Value::as_str);
        let listed = || found.is_some_and(|found| self.values.iter().any(|value| value == found));
        let number = |text: &str| text.parse::<i64>().ok();
        let numbers = || Some((number(found?)?, number(self.values.first()?)?));
        match self.operator {
            Operator::In => listed(),
            Operator::NotIn => !listed(),
            Operator::Exists => found.is_some(),
            Operator::DoesNotExist => found.is_none(),
            Operator::GreaterThan => numbers().is_some_and(|(found, limit)| found > limit),
            Operator::LessThan => numbers().is_some_and(|(found, limit)| found < limit),
        }
    }

    fn checked(key: &str, operator: Operator, mut values: Vec<String>) -> Result<Self, String> {
        // A set in Go, which gives them in order.
        values.sort();
        values.dedup();
        let mut errors = Vec::new();
        match operator {
            Operator::In | Operator::NotIn if values.is_empty() => {
                errors.push(
                    "values: Invalid value: []: for 'in', 'notin' operators, values set can't be empty".to_owned(),
                );
            }
            Operator::GreaterThan | Operator::LessThan => {
                for value in values.iter().filter(|value| value.parse::<i64>().is_err()) {
                    errors.push(format!(
                        "values[0]: Invalid value: {value:?}: for 'Gt', 'Lt' operators, the value must be an integer"
                    ));
                }
            }
            _ => {}
        }
        for (index, value) in values.iter().enumerate() {
            if let Some(detail) = label_value_error(value) {
                errors.push(format!("values[{index}][{key}]: Invalid value: {value:?}: {detail}"));
            }
        }
        match errors.as_slice() {
            [] => Ok(Self { key: key.to_owned(), operator, values }),
            [one] => Err(one.clone()),
            many => Err(format!("[{}]", many.join(", "))),
        }
    }
}

/// The requirement as it can be read again (`Requirement.String` of `selector.go`).
#[cfg(any(test, feature = "fuzzing"))]
impl std::fmt::Display for Requirement {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let (key, values) = (&self.key, self.values.join(","));
        match (self.operator, self.values.len()) {
            (Operator::In, 1) => write!(f, "{key}={values}"),
            (Operator::In, _) => write!(f, "{key} in ({values})"),
            (Operator::NotIn, 1) => write!(f, "{key}!={values}"),
            (Operator::NotIn, _) => write!(f, "{key} notin ({values})"),
            (Operator::Exists, _) => write!(f, "{key}"),
            (Operator::DoesNotExist, _) => write!(f, "!{key}"),
            (Operator::GreaterThan, _) => write!(f, "{key}>{values}"),
            (Operator::LessThan, _) => write!(f, "{key}<{values}"),
        }
    }
}

/// Reads a selector; the error is the API server's message.
pub(super) fn parse(selector: &str) -> Result<Vec<Requirement>, String> {
    let mut parser = Parser { tokens: tokens(selector), at: 0 };
    let mut requirements = Vec::new();
    loop {
        let (token, text) = parser.peek();
        match token {
            Token::Word | Token::Not => {
                let one = parser.requirement().map_err(|error| format!("unable to parse requirement: {error}"))?;
                requirements.push(one);
                match parser.next() {
                    (Token::End, _) => return Ok(requirements),
                    (Token::Comma, _) => {
                        let (token, text) = parser.peek();
                        if token != Token::Word && token != Token::Not {
                            return Err(format!("found '{text}', expected: identifier after ','"));
                        }
                    }
                    (_, text) => return Err(format!("found '{text}', expected: ',' or 'end of string'")),
                }
            }
            Token::End => return Ok(requirements),
            _ => return Err(format!("found '{text}', expected: !, identifier, or 'end of string'")),
        }
    }
}

#[derive(Debug, Clone, Copy, PartialEq)]
enum Token {
    End,
    Word,
    Not,
    Comma,
    Open,
    Close,
    Equal,
    NotEqual,
    Greater,
    Less,
}

const SYMBOLS: [(&str, Token); 9] = [
    ("==", Token::Equal),
    ("!=", Token::NotEqual),
    ("=", Token::Equal),
    ("!", Token::Not),
    (",", Token::Comma),
    ("(", Token::Open),
    (")", Token::Close),
    (">", Token::Greater),
    ("<", Token::Less),
];

fn tokens(selector: &str) -> Vec<(Token, &str)> {
    let blank = |c: char| matches!(c, ' ' | '\t' | '\r' | '\n');
    let mut tokens = Vec::new();
    let mut rest = selector.trim_start_matches(blank);
    while !rest.is_empty() {
        let symbol = SYMBOLS.iter().find(|(text, _)| rest.starts_with(text));
        let (token, length) = symbol.map_or_else(
            || (Token::Word, rest.find(|c: char| blank(c) || "=!(),<>".contains(c)).unwrap_or(rest.len())),
            |(text, token)| (*token, text.len()),
        );
        let (text, after) = rest.split_at(length);
        tokens.push((token, text));
        rest = after.trim_start_matches(blank);
    }
    tokens
}

struct Parser<'a> {
    tokens: Vec<(Token, &'a str)>,
    at: usize,
}

impl<'a> Parser<'a> {
    fn peek(&self) -> (Token, &'a str) {
        self.tokens.get(self.at).copied().unwrap_or((Token::End, ""))
    }

    fn next(&mut self) -> (Token, &'a str) {
        let found = self.peek();
        self.at += 1;
        found
    }

    fn requirement(&mut self) -> Result<Requirement, String> {
        let (mut token, mut key) = self.next();
        let absent = token == Token::Not;
        if absent {
            (token, key) = self.next();
        }
        if token != Token::Word {
            return Err(format!("found '{key}', expected: identifier"));
        }
        let wrong = qualified_name_errors(key);
        if !wrong.is_empty() {
            return Err(format!("<nil>: Invalid value: {key:?}: {}", wrong.join("; ")));
        }
        if absent {
            return Requirement::checked(key, Operator::DoesNotExist, Vec::new());
        }
        if matches!(self.peek().0, Token::End | Token::Comma) {
            return Requirement::checked(key, Operator::Exists, Vec::new());
        }
        let (operator, values) = match self.next() {
            (Token::Equal, _) => (Operator::In, vec![self.exact_value()?]),
            (Token::NotEqual, _) => (Operator::NotIn, vec![self.exact_value()?]),
            (Token::Greater, _) => (Operator::GreaterThan, vec![self.exact_value()?]),
            (Token::Less, _) => (Operator::LessThan, vec![self.exact_value()?]),
            (Token::Word, "in") => (Operator::In, self.values()?),
            (Token::Word, "notin") => (Operator::NotIn, self.values()?),
            (_, text) => return Err(format!("found '{text}', expected: in, notin, =, ==, !=, gt, lt")),
        };
        Requirement::checked(key, operator, values)
    }

    fn exact_value(&mut self) -> Result<String, String> {
        match self.peek() {
            (Token::End | Token::Comma, _) => Ok(String::new()),
            (Token::Word, text) => {
                self.at += 1;
                Ok(text.to_owned())
            }
            (_, text) => Err(format!("found '{text}', expected: identifier")),
        }
    }

    fn values(&mut self) -> Result<Vec<String>, String> {
        let (token, text) = self.next();
        if token != Token::Open {
            return Err(format!("found '{text}' expected: '('"));
        }
        let mut values = Vec::new();
        match self.peek() {
            (Token::Close, _) => {}
            (Token::Word | Token::Comma, _) => self.identifiers(&mut values)?,
            (_, text) => return Err(format!("found '{text}', expected: ',', ')' or identifier")),
        }
        match self.next() {
            (Token::Close, _) => Ok(values),
            (_, text) => Err(format!("found '{text}', expected: ')'")),
        }
    }

    fn identifiers(&mut self, values: &mut Vec<String>) -> Result<(), String> {
        loop {
            match self.next() {
                (Token::Word, text) => {
                    values.push(text.to_owned());
                    match self.peek() {
                        (Token::Comma, _) => {}
                        (Token::Close, _) => return Ok(()),
                        (_, text) => return Err(format!("found '{text}', expected: ',' or ')'")),
                    }
                }
                (Token::Comma, _) => {
                    if values.is_empty() {
                        values.push(String::new());
                    }
                    match self.peek() {
                        (Token::Close, _) => {
                            values.push(String::new());
                            return Ok(());
                        }
                        (Token::Comma, _) => {
                            self.at += 1;
                            values.push(String::new());
                        }
                        _ => {}
                    }
                }
                (_, text) => return Err(format!("found '{text}', expected: ',', or identifier")),
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn label_selectors_select_as_kubectl_documents() {
        let object = json!({"metadata": {"labels": {"app": "web", "tier": "front", "weight": "10"}}});
        let table = [
            ("app=web", true),
            ("app==web,tier=front", true),
            ("app=web,tier=back", false),
            ("app!=web", false),
            ("missing!=x", true),
            ("app in (api, web)", true),
            ("app notin (api,web),tier", false),
            ("tier,!missing", true),
            ("!app", false),
            ("weight>9,weight<11", true),
            ("app>1", false),
            ("app in (web,,web)", true),
            ("", true),
        ];
        for (selector, expected) in table {
            let labels = parse(selector).expect(selector);
            assert_eq!(labels.iter().all(|one| one.matches(&object)), expected, "{selector}");
        }
    }

    #[test]
    fn keys_are_looked_at_first_and_values_in_their_order() {
        let written = |selector: &str| {
            parse(selector).map(|all| all.iter().map(Requirement::to_string).collect::<Vec<_>>().join(","))
        };
        assert_eq!(
            written("a in (c,b,c),d notin (,e),f==g,!h,i>1"),
            Ok("a in (b,c),d notin (,e),f=g,!h,i>1".to_owned())
        );
        for (selector, start) in [
            ("a in (z,-b)", "values[0][a]: Invalid value: \"-b\": "),
            ("a/ > <", "<nil>: Invalid value: \"a/\": name part must be non-empty; name part must consist of "),
        ] {
            let error = parse(selector).expect_err(selector);
            let detail = error.strip_prefix("unable to parse requirement: ").unwrap_or_default();
            assert!(detail.starts_with(start), "{error}");
        }
    }
}
