//! The JSONPath of printer columns (`k8s.io/client-go/util/jsonpath`): members, indices, wildcards and
//! filters by equality.

use serde_json::Value;

#[derive(Debug, PartialEq)]
enum Step {
    Member(String),
    Index(i64),
    All,
    /// Items whose member is this text.
    Equal(Vec<String>, String),
}

/// A path that was read.
#[derive(Debug, PartialEq)]
pub(super) struct JsonPath(Vec<Step>);

impl JsonPath {
    /// Reads a path such as `.status.conditions[?(@.type=="Ready")].status`; `None` for what is not supported.
    pub(super) fn read(text: &str) -> Option<Self> {
        let mut steps = Vec::new();
        let mut rest = text.strip_prefix('$').unwrap_or(text);
        while !rest.is_empty() {
            if let Some(inside) = rest.strip_prefix('[') {
                let end = inside.find(']')?;
                steps.push(bracket(&inside[..end])?);
                rest = &inside[end + 1..];
                continue;
            }
            let (name, after) = member(rest.strip_prefix('.')?)?;
            steps.push(if name == "*" { Step::All } else { Step::Member(name) });
            rest = after;
        }
        Some(Self(steps))
    }

    /// The first value that the path leads to.
    pub(super) fn first<'a>(&self, value: &'a Value) -> Option<&'a Value> {
        let found =
            self.0.iter().fold(vec![value], |places, step| places.into_iter().flat_map(|at| take(at, step)).collect());
        found.first().copied()
    }
}

/// The name at the start of `text`, in which a backslash takes the next character as it is.
fn member(text: &str) -> Option<(String, &str)> {
    let mut name = String::new();
    let mut escaped = false;
    for (at, letter) in text.char_indices() {
        match letter {
            _ if escaped => {
                name.push(letter);
                escaped = false;
            }
            '\\' => escaped = true,
            '.' | '[' => return (!name.is_empty()).then_some((name, &text[at..])),
            _ => name.push(letter),
        }
    }
    (!name.is_empty()).then_some((name, ""))
}

fn bracket(inside: &str) -> Option<Step> {
    let unquoted = |text: &str| {
        let text = text.trim();
        ['\'', '"'].into_iter().find_map(|quote| text.strip_prefix(quote)?.strip_suffix(quote).map(str::to_owned))
    };
    if inside == "*" {
        return Some(Step::All);
    }
    if let Some(filter) = inside.strip_prefix("?(@.").and_then(|rest| rest.strip_suffix(')')) {
        let (path, value) = filter.split_once("==")?;
        return Some(Step::Equal(path.trim().split('.').map(str::to_owned).collect(), unquoted(value)?));
    }
    unquoted(inside).map(Step::Member).or_else(|| inside.parse().ok().map(Step::Index))
}

fn take<'a>(value: &'a Value, step: &Step) -> Vec<&'a Value> {
    match (step, value) {
        (Step::Member(name), Value::Object(members)) => members.get(name).into_iter().collect(),
        (Step::Index(index), Value::Array(items)) => {
            let from_end = || usize::try_from(index.unsigned_abs()).ok().and_then(|back| items.len().checked_sub(back));
            let at = usize::try_from(*index).ok().or_else(from_end);
            at.and_then(|at| items.get(at)).into_iter().collect()
        }
        (Step::All, Value::Array(items)) => items.iter().collect(),
        (Step::All, Value::Object(members)) => members.values().collect(),
        (Step::Equal(path, wanted), Value::Array(items)) => {
            let at = |item: &'a Value| path.iter().try_fold(item, |place, name| place.get(name));
            items.iter().filter(|item| at(item).is_some_and(|found| found == wanted.as_str())).collect()
        }
        _ => Vec::new(),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn paths_lead_to_values() {
        let object = json!({"a": {"b.c": [1, 2]}, "list": [{"type": "X", "s": 1}, {"type": "Ready", "s": 2}]});
        for (path, found) in [
            (".a['b.c'][1]", Some(json!(2))),
            (".a.b\\.c[-1]", Some(json!(2))),
            (".list[?(@.type==\"Ready\")].s", Some(json!(2))),
            (".list[*].s", Some(json!(1))),
            (".list[7].s", None),
            (".list[-9223372036854775808]", None),
            (".none.at.all", None),
        ] {
            let read = JsonPath::read(path).expect("a path");
            assert_eq!(read.first(&object).cloned(), found, "{path}");
        }
        assert_eq!(JsonPath::read("a..b"), None);
    }
}
