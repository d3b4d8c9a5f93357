//! Fields that nobody would read.
//!
//! Rows are flattened structures, for which serde cannot deny unknown fields. So what was read is written
//! again: a field of the file that is not in that was not read, unless it is one that is left out when empty.

use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::{Value as Json, json};

use super::error::SnapshotError;

/// One step from a value into it.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Step {
    Key(String),
    Index(usize),
}

/// Refuses a file with a field, at any depth, that a value read from it does not have. `read_again` reads such
/// a file and writes what it read; `read` is what it makes of this one.
pub(super) fn refuse_unknown(
    file: &str,
    text: &str,
    given: &Json,
    read: &Json,
    read_again: impl Fn(Json) -> Option<Json>,
) -> Result<(), SnapshotError> {
    let mut absent = Vec::new();
    collect_absent(given, read, &mut Vec::new(), &mut absent);
    let is_unknown = |way: &&Vec<Step>| {
        let mut probe = given.clone();
        // No field takes this: where it changes nothing, nobody has looked.
        if let Some(place) = at_mut(&mut probe, way) {
            *place = json!([[[[]]]]);
        }
        read_again(probe).is_some_and(|again| at(&again, way).is_none())
    };
    let Some(way) = absent.iter().find(is_unknown) else { return Ok(()) };
    let what = format!("{}: there is no such field", shown(way));
    Err(SnapshotError::broken(file, line_of(text, way), what, "remove it, or mend its name"))
}

/// The same for a file that is one value of a type.
pub(super) fn refuse_unknown_of<T: DeserializeOwned + Serialize>(
    file: &str,
    text: &str,
    given: &Json,
    read: &T,
) -> Result<(), SnapshotError> {
    let written = |value: &T| serde_json::to_value(value).unwrap_or_default();
    let read_again = |json: Json| serde_json::from_value::<T>(json).ok().map(|value| written(&value));
    refuse_unknown(file, text, given, &written(read), read_again)
}

fn collect_absent(given: &Json, read: &Json, way: &mut Vec<Step>, absent: &mut Vec<Vec<Step>>) {
    let mut below = |step: Step, given: &Json, read: Option<&Json>| {
        way.push(step);
        match read {
            Some(read) => collect_absent(given, read, way, absent),
            None => absent.push(way.clone()),
        }
        way.pop();
    };
    match (given, read) {
        (Json::Object(fields), Json::Object(known)) => {
            for (key, value) in fields {
                below(Step::Key(key.clone()), value, known.get(key));
            }
        }
        (Json::Array(items), Json::Array(known)) if items.len() == known.len() => {
            for (index, (item, known)) in items.iter().zip(known).enumerate() {
                below(Step::Index(index), item, Some(known));
            }
        }
        _ => {}
    }
}

fn at<'a>(value: &'a Json, way: &[Step]) -> Option<&'a Json> {
    way.iter().try_fold(value, |value, step| match step {
        Step::Key(key) => value.get(key),
        Step::Index(index) => value.get(index),
    })
}

fn at_mut<'a>(value: &'a mut Json, way: &[Step]) -> Option<&'a mut Json> {
    way.iter().try_fold(value, |value, step| match step {
        Step::Key(key) => value.get_mut(key),
        Step::Index(index) => value.get_mut(index),
    })
}

fn shown(way: &[Step]) -> String {
    let steps = way.iter().map(|step| match step {
        Step::Key(key) => key.clone(),
        Step::Index(index) => index.to_string(),
    });
    steps.collect::<Vec<_>>().join(".")
}

/// The line, from 1, on which a field begins in YAML of one field a line, or else the line of the last field
/// above it that has one.
fn line_of(text: &str, way: &[Step]) -> Option<usize> {
    let lines: Vec<&str> = text.lines().collect();
    let (mut found, mut from) = (None, 0);
    for step in way {
        let mut rest = lines.iter().enumerate().skip(from);
        let line = match step {
            Step::Key(key) => rest.find(|(_, line)| begins(line.trim_start_matches([' ', '-']), key)),
            Step::Index(index) => {
                let indent = lines.get(from..)?.iter().find_map(|line| item_indent(line));
                rest.filter(|(_, line)| item_indent(line).is_some() && item_indent(line) == indent).nth(*index)
            }
        };
        let Some((line, _)) = line else { break };
        found = Some(line + 1);
        // An item's first field stands on the item's own line.
        from = if matches!(step, Step::Key(_)) { line + 1 } else { line };
    }
    found
}

fn begins(line: &str, key: &str) -> bool {
    let rest = line.strip_prefix(key).or_else(|| line.strip_prefix('"')?.strip_prefix(key)?.strip_prefix('"'));
    rest.is_some_and(|rest| rest.starts_with(':'))
}

fn item_indent(line: &str) -> Option<usize> {
    let content = line.trim_start();
    (content == "-" || content.starts_with("- ")).then(|| line.len() - content.len())
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use serde::Deserialize;

    use super::*;

    #[derive(Serialize, Deserialize, Default)]
    #[serde(default)]
    struct Outer {
        labels: BTreeMap<String, String>,
        #[serde(skip_serializing_if = "Vec::is_empty")]
        items: Vec<Inner>,
        #[serde(flatten)]
        inner: Inner,
    }

    #[derive(Serialize, Deserialize, Default)]
    #[serde(default)]
    struct Inner {
        #[serde(skip_serializing_if = "Option::is_none")]
        name: Option<String>,
        size: u8,
    }

    fn refused(text: &str) -> Option<String> {
        let json: Json = serde_saphyr::from_str(text).expect("YAML");
        let read: Outer = serde_json::from_value(json.clone()).expect("its type");
        refuse_unknown_of("a.yaml", text, &json, &read).err().map(|error| error.to_string())
    }

    #[test]
    fn fields_that_nobody_reads_are_refused_and_no_others() {
        assert_eq!(refused("labels:\n  any: thing\nitems:\n- size: 1\n- name: b\nsize: 2\n"), None);
        assert_eq!(refused("items: []\nname: null\n"), None, "left out when empty");
        for (text, told) in [
            ("size: 1\nsizes: 2\n", "a.yaml:2: sizes: there is no such field"),
            ("nmae: null\n", "a.yaml:1: nmae: there is no such field"),
            ("other: {}\n", "a.yaml:1: other: there is no such field"),
            ("items:\n- size: 1\n- size: 2\n  nmae: b\nsize: 1\n", "a.yaml:4: items.1.nmae: there is no such field"),
        ] {
            assert_eq!(refused(text).as_deref(), Some(told), "{text}");
        }
    }
}
