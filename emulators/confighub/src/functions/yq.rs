//! `yq`: expressions on the documents.
//!
//! Understood is going to places: `.a.b`, `.a["b.c"]`, `.a[0]`, `.a[]`, `select(.a == "b")` with `==` and
//! `!=`, and `|` between them. What is found is written as yq writes it. All else of the language is
//! refused, and the refusal says so.

use stagegate_configuration::yaml::{Node, Value, value, wide_document_text, wide_node_text};

use super::call::{Call, Output, Returned};

/// `yq`
pub(super) fn yq(call: &mut Call<'_>) -> Returned {
    let expression = call.arguments.text(0);
    let steps = match (Parser { rest: &expression, expression: &expression }).pipe() {
        Ok(steps) => steps,
        Err(Refusal::Unsupported(what)) => return Returned::unsupported(what),
        Err(Refusal::Broken(error)) => {
            return Returned::told(Some(Output::Yaml(String::new())), vec![error]);
        }
    };
    let mut text = String::new();
    let mut before = None;
    for (index, document) in call.data.iter().enumerate() {
        for found in follow(&document.root, &steps) {
            if before.is_some_and(|before| before != index) {
                text.push_str("---\n");
            }
            before = Some(index);
            let whole = found.is_some_and(|node| std::ptr::eq(node, &raw const document.root));
            text.push_str(&if whole { wide_document_text(document) } else { written(found) });
        }
    }
    Returned::with(Output::Yaml(text))
}

/// One step of a way through a document.
#[derive(Debug, Clone, PartialEq)]
enum Step {
    Key(String),
    Index(usize),
    All,
    Select { way: Vec<Step>, wanted: Value, equal: bool },
}

/// Why an expression cannot be carried out.
enum Refusal {
    Unsupported(String),
    /// It is none of the language.
    Broken(String),
}

struct Parser<'a> {
    rest: &'a str,
    expression: &'a str,
}

impl Parser<'_> {
    fn refuse(&self) -> Refusal {
        Refusal::Unsupported(format!("yq expression `{}` at `{}`", self.expression, self.rest))
    }

    fn take(&mut self, text: &str) -> bool {
        let after = self.rest.trim_start().strip_prefix(text);
        self.rest = after.unwrap_or(self.rest);
        after.is_some()
    }

    fn pipe(&mut self) -> Result<Vec<Step>, Refusal> {
        let mut steps = Vec::new();
        loop {
            if self.take("select(") {
                steps.push(self.select()?);
            } else {
                steps.extend(self.way()?);
            }
            if self.rest.trim().is_empty() {
                return Ok(steps);
            }
            if !self.take("|") {
                return Err(self.refuse());
            }
        }
    }

    fn select(&mut self) -> Result<Step, Refusal> {
        let way = self.way()?;
        let equal = self.take("==");
        if !equal && !self.take("!=") {
            return Err(self.refuse());
        }
        let wanted = self.literal()?;
        if self.take(")") { Ok(Step::Select { way, wanted, equal }) } else { Err(self.refuse()) }
    }

    fn literal(&mut self) -> Result<Value, Refusal> {
        self.rest = self.rest.trim_start();
        if let Some(after) = self.rest.strip_prefix('"') {
            let end = after.find('"').ok_or_else(|| self.refuse())?;
            let text = after[..end].to_owned();
            self.rest = &after[end + 1..];
            return Ok(Value::Text(text));
        }
        let end = self.rest.find([' ', ')']).unwrap_or(self.rest.len());
        let (word, after) = self.rest.split_at(end);
        let found = match word {
            "true" | "false" => Value::Boolean(word == "true"),
            "null" => Value::Null,
            number => Value::Integer(number.parse().map_err(|_| self.refuse())?),
        };
        self.rest = after;
        Ok(found)
    }

    fn way(&mut self) -> Result<Vec<Step>, Refusal> {
        if !self.take(".") {
            return Err(self.refuse());
        }
        let mut steps = Vec::new();
        if let Some(key) = self.key() {
            steps.push(Step::Key(key));
        }
        loop {
            if self.rest.starts_with('[') {
                steps.push(self.bracket()?);
            } else if let Some(after) = self.rest.strip_prefix('.') {
                self.rest = after;
                steps.push(Step::Key(self.key().ok_or_else(|| self.refuse())?));
            } else {
                return Ok(steps);
            }
        }
    }

    fn key(&mut self) -> Option<String> {
        let end =
            self.rest.find(|c: char| !(c.is_ascii_alphanumeric() || matches!(c, '_' | '-'))).unwrap_or(self.rest.len());
        let (key, after) = self.rest.split_at(end);
        self.rest = after;
        (!key.is_empty()).then(|| key.to_owned())
    }

    fn bracket(&mut self) -> Result<Step, Refusal> {
        let end = self.rest.find(']').ok_or_else(unmatched)?;
        let inside = self.rest[1..end].trim();
        let quoted = inside.strip_prefix('"').and_then(|inside| inside.strip_suffix('"'));
        let step = match (quoted, inside) {
            (Some(key), _) => Step::Key(key.to_owned()),
            (None, "") => Step::All,
            (None, index) => Step::Index(index.parse().map_err(|_| self.refuse())?),
        };
        self.rest = &self.rest[end + 1..];
        Ok(step)
    }
}

fn unmatched() -> Refusal {
    Refusal::Broken("bad expression, could not find matching `]`".to_owned())
}

/// The nodes that a way leads to; `None` for what is not there.
fn follow<'a>(root: &'a Node, steps: &[Step]) -> Vec<Option<&'a Node>> {
    let mut found = vec![Some(root)];
    for step in steps {
        found = found.into_iter().flat_map(|node| next(root, node, step)).collect();
    }
    found
}

fn next<'a>(root: &'a Node, node: Option<&'a Node>, step: &Step) -> Vec<Option<&'a Node>> {
    match step {
        // Of a key that is repeated, the last counts.
        Step::Key(key) => vec![node.and_then(|node| {
            let named = node.entries().filter(|(known, _)| known.value == *key);
            named.last().map(|(_, value)| value)
        })],
        Step::Index(index) => vec![node.and_then(|node| node.items().get(*index))],
        Step::All => node.map_or_else(Vec::new, |node| {
            if node.is_sequence() {
                node.items().iter().map(Some).collect()
            } else {
                node.entries().map(|(_, value)| Some(value)).collect()
            }
        }),
        Step::Select { way, wanted, equal } => {
            let holds = |node: &&'a Node| {
                let there = follow(node, way).into_iter().flatten().map(|there| value(there, root));
                let same = |there: Option<Value>| there.as_ref() == Some(wanted);
                let mut all = there.peekable();
                if all.peek().is_none() {
                    (*wanted == Value::Null) == *equal
                } else {
                    all.any(|there| same(there) == *equal)
                }
            };
            node.filter(holds).map(Some).into_iter().collect()
        }
    }
}

/// How yq writes a node: scalars bare.
fn written(node: Option<&Node>) -> String {
    match node {
        None => "null\n".to_owned(),
        Some(node) if node.is_mapping() || node.is_sequence() => wide_node_text(node),
        Some(node) => format!("{}\n", node.value),
    }
}
