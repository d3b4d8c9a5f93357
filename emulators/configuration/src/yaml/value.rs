//! What nodes stand for, as the executor's functions see it.

use std::collections::{BTreeMap, HashMap};

use base64::Engine;
use serde_json::Value as Json;

use super::node::{Kind, Node};
use super::tag;
use super::token::ScalarStyle;

/// The value of a node.
#[derive(Debug, Clone, PartialEq)]
pub enum Value {
    /// Nothing.
    Null,
    /// `true` or `false`.
    Boolean(bool),
    /// A whole number.
    Integer(i64),
    /// One beyond what signed numbers hold.
    Unsigned(u64),
    /// A number with a fraction or an exponent, infinite, or none.
    Float(f64),
    /// A time, as it is written.
    Timestamp(String),
    /// A string.
    Text(String),
    /// Items in order.
    Sequence(Vec<Value>),
    /// By the text of its keys.
    Mapping(BTreeMap<String, Value>),
}

/// How many nodes aliases may stand for before a value counts as unreadable.
const ALIAS_BUDGET: usize = 10_000;

/// Reads a node of a document; aliases are looked up under `root`. `None` where it cannot be read, as
/// with a tag that its text does not fit, repeated keys, or aliases that explode.
pub fn value(node: &Node, root: &Node) -> Option<Value> {
    Reader { root, anchors: None, open: Vec::new(), left: ALIAS_BUDGET, last_counts: false }.value(node)
}

/// The same of a whole document as libraries read it that take the last of repeated keys.
pub fn value_of_last_keys(root: &Node) -> Option<Value> {
    Reader { root, anchors: None, open: Vec::new(), left: ALIAS_BUDGET, last_counts: true }.value(root)
}

/// The same of a scalar or an alias of one; `None` for all else.
pub fn scalar(node: &Node, root: &Node) -> Option<Value> {
    match node.kind {
        Kind::Scalar => read_scalar(node),
        Kind::Alias => anchored(root, &node.value).filter(|target| target.kind == Kind::Scalar).and_then(read_scalar),
        Kind::Mapping | Kind::Sequence => None,
    }
}

struct Reader<'a> {
    root: &'a Node,
    /// The nodes with anchors, once one was asked for.
    anchors: Option<HashMap<&'a str, &'a Node>>,
    /// Aliases that are being read, to find those that contain themselves.
    open: Vec<&'a str>,
    left: usize,
    /// Whether keys may be repeated.
    last_counts: bool,
}

impl<'a> Reader<'a> {
    fn value(&mut self, node: &'a Node) -> Option<Value> {
        if !self.open.is_empty() {
            self.left = self.left.checked_sub(1)?;
        }
        match node.kind {
            Kind::Scalar => read_scalar(node),
            Kind::Sequence => {
                let items: Option<Vec<Value>> = node.content.iter().map(|item| self.value(item)).collect();
                items.map(Value::Sequence)
            }
            Kind::Mapping => self.mapping(node),
            Kind::Alias => {
                if self.open.contains(&node.value.as_str()) {
                    return None;
                }
                let target = self.anchored(&node.value)?;
                self.open.push(&node.value);
                let value = self.value(target);
                self.open.pop();
                value
            }
        }
    }

    fn anchored(&mut self, name: &str) -> Option<&'a Node> {
        let root = self.root;
        let anchors = self.anchors.get_or_insert_with(|| {
            let mut anchors = HashMap::new();
            gather_anchors(root, &mut anchors);
            anchors
        });
        anchors.get(name).copied()
    }

    fn mapping(&mut self, node: &'a Node) -> Option<Value> {
        let mut entries = BTreeMap::new();
        let mut merged = Vec::new();
        for (key, value) in node.entries() {
            if key.tag == tag::MERGE {
                merged.push(value);
                continue;
            }
            let key = match self.value(key)? {
                Value::Text(text) => text,
                Value::Sequence(_) | Value::Mapping(_) => return None,
                other => other.plain(),
            };
            let value = self.value(value)?;
            if entries.insert(key, value).is_some() && !self.last_counts {
                return None;
            }
        }
        for source in merged {
            let read = self.value(source)?;
            let sources = if let Value::Sequence(all) = read { all } else { vec![read] };
            for source in sources {
                let Value::Mapping(more) = source else { return None };
                for (key, value) in more {
                    entries.entry(key).or_insert(value);
                }
            }
        }
        Some(Value::Mapping(entries))
    }
}

/// All nodes with anchors; of those that have the same, the last one.
fn gather_anchors<'a>(node: &'a Node, found: &mut HashMap<&'a str, &'a Node>) {
    if node.kind != Kind::Alias && !node.anchor.is_empty() {
        found.insert(&node.anchor, node);
    }
    for inner in &node.content {
        gather_anchors(inner, found);
    }
}

/// The node with an anchor; the last one where several have it.
fn anchored<'a>(root: &'a Node, name: &str) -> Option<&'a Node> {
    let within = root.content.iter().rev().find_map(|node| anchored(node, name));
    within.or_else(|| (root.kind != Kind::Alias && root.anchor == name).then_some(root))
}

fn read_scalar(node: &Node) -> Option<Value> {
    let untagged = node.tag.is_empty() || node.tag == "!";
    if node.tag == tag::TEXT || (untagged && node.style != ScalarStyle::Plain) {
        return Some(Value::Text(node.value.clone()));
    }
    let plain = tag::resolve(&node.value);
    let fits = untagged || node.tag == tag::tag_of(&plain);
    Some(match (node.tag.as_str(), plain) {
        (tag::BINARY, _) => {
            let bytes = base64::engine::general_purpose::STANDARD.decode(&node.value).ok()?;
            Value::Text(String::from_utf8_lossy(&bytes).into_owned())
        }
        (tag::FLOAT, Value::Integer(number)) => Value::Float(as_float(number)),
        (_, plain) if fits => plain,
        (tag::BOOLEAN | tag::INTEGER | tag::FLOAT | tag::NULL | tag::TIMESTAMP, _) => return None,
        _ => Value::Text(node.value.clone()),
    })
}

#[expect(clippy::cast_precision_loss, reason = "what a tag asks for")]
fn as_float(number: i64) -> f64 {
    number as f64
}

impl Value {
    /// The name of its type in the executor's messages.
    pub fn type_name(&self) -> &'static str {
        match self {
            Self::Null => "<nil>",
            Self::Boolean(_) => "bool",
            Self::Integer(_) => "int",
            Self::Unsigned(_) => "uint64",
            Self::Float(_) => "float64",
            Self::Timestamp(_) => "time.Time",
            Self::Text(_) => "string",
            Self::Sequence(_) => "[]interface {}",
            Self::Mapping(_) => "map[string]interface {}",
        }
    }

    /// Its text in the executor's messages.
    pub fn plain(&self) -> String {
        match self {
            Self::Null => "<nil>".to_owned(),
            Self::Boolean(flag) => flag.to_string(),
            Self::Integer(number) => number.to_string(),
            Self::Unsigned(number) => number.to_string(),
            Self::Float(number) => float_text(*number),
            Self::Timestamp(text) => timestamp_text(text),
            Self::Text(text) => text.clone(),
            Self::Sequence(items) => {
                let items: Vec<String> = items.iter().map(Self::plain).collect();
                format!("[{}]", items.join(" "))
            }
            Self::Mapping(entries) => {
                let entries: Vec<String> =
                    entries.iter().map(|(key, value)| format!("{key}:{}", value.plain())).collect();
                format!("map[{}]", entries.join(" "))
            }
        }
    }

    /// Its text, if it is a string.
    pub fn as_text(&self) -> Option<&str> {
        if let Self::Text(text) = self { Some(text) } else { None }
    }

    /// The value in JSON.
    pub fn json(&self) -> Json {
        match self {
            Self::Null => Json::Null,
            Self::Boolean(flag) => Json::from(*flag),
            Self::Integer(number) => Json::from(*number),
            Self::Unsigned(number) => Json::from(*number),
            // JSON has one kind of number: those without a fraction are written without a point.
            Self::Float(number) => whole(*number).map_or_else(|| Json::from(*number), Json::from),
            Self::Timestamp(text) => Json::from(timestamp_json(text)),
            Self::Text(text) => Json::from(text.clone()),
            Self::Sequence(items) => items.iter().map(Self::json).collect(),
            Self::Mapping(entries) => {
                Json::Object(entries.iter().map(|(key, value)| (key.clone(), value.json())).collect())
            }
        }
    }
}

#[expect(clippy::cast_possible_truncation, reason = "only numbers that are whole and far within range")]
fn whole(number: f64) -> Option<i64> {
    (number.fract() == 0.0 && number.abs() < 1e15).then_some(number as i64)
}

/// As `%v` writes it: the shortest digits, with an exponent of two digits where it is large or small.
fn float_text(number: f64) -> String {
    if number.is_nan() {
        return "NaN".to_owned();
    }
    if number.is_infinite() {
        return if number > 0.0 { "+Inf" } else { "-Inf" }.to_owned();
    }
    let scientific = format!("{number:e}");
    let (digits, exponent) = scientific.split_once('e').unwrap_or((&scientific, "0"));
    let exponent: i32 = exponent.parse().unwrap_or_default();
    if (-4..21).contains(&exponent) || number == 0.0 {
        return number.to_string();
    }
    let sign = if exponent < 0 { '-' } else { '+' };
    format!("{digits}e{sign}{:02}", exponent.unsigned_abs())
}

fn timestamp(text: &str) -> Option<jiff::Zoned> {
    let text = text.replacen(['t', ' '], "T", 1);
    if let Ok(instant) = text.parse::<jiff::Timestamp>() {
        return Some(instant.to_zoned(jiff::tz::TimeZone::UTC));
    }
    let moment = text.parse::<jiff::civil::DateTime>().or_else(|_| text.parse::<jiff::civil::Date>().map(Into::into));
    moment.ok()?.to_zoned(jiff::tz::TimeZone::UTC).ok()
}

fn timestamp_text(text: &str) -> String {
    timestamp(text).map_or_else(|| text.to_owned(), |moment| moment.strftime("%Y-%m-%d %H:%M:%S +0000 UTC").to_string())
}

fn timestamp_json(text: &str) -> String {
    timestamp(text).map_or_else(|| text.to_owned(), |moment| moment.strftime("%Y-%m-%dT%H:%M:%SZ").to_string())
}
