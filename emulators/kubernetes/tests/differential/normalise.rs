//! What may differ between two clusters that behave alike, replaced by its name.

use std::sync::LazyLock;

use regex::Regex;
use serde_json::Value;

/// Pattern and replacement, in the order in which they are applied.
///
/// Generated names use the letters of `k8s.io/apimachinery/pkg/util/rand`, which has no vowels.
static PATTERNS: LazyLock<Vec<(Regex, &str)>> = LazyLock::new(|| {
    [
        (r"eyJ[\w-]+\.[\w-]+\.[\w-]*|stagegate-sa-[0-9a-f]+", "<token>"),
        (r"\b[0-9a-f]{64}\b", "<container>"),
        (r"https://kubernetes\.default\.svc(\.cluster\.local)?", "<issuer>"),
        (r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z", "<time>"),
        (r"\w{3}, \d\d \w{3} \d{4} \d\d:\d\d:\d\d \+0000", "<time>"),
        (r"\b[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}\b", "<uid>"),
        (r#"(resourceVersion"?: ?)"?\d+"?"#, "$1<version>"),
        (r"(Resource Version: +)\d+", "$1<version>"),
        (r"(resourceVersion=)\d+", "$1<version>"),
        (r#"(resourceVersion\\+":\\+")\d+"#, "$1<version>"),
        (r"(ResourceVersion in (?:the precondition|record) )\(\d+\)", "$1(<version>)"),
        (r"(too old resource version: )\d+ \(\d+\)", "$1<version> (<version>)"),
        (r"(Too large resource version: \d+, current: )\d+", "$1<version>"),
        (r"https?://(127\.0\.0\.1|localhost):\d+", "<server>"),
        (r"\b(fake-0|[a-z]+-control-plane)\b", "<node>"),
        (r"\b\d+\.\d+\.\d+\.\d+\b", "<ip>"),
        (r"-[bcdfghjklmnpqrstvwxz2456789]{8,10}-[bcdfghjklmnpqrstvwxz2456789]{5}\b", "-<hash>-<id>"),
        (r"([-=]|hash: |hash\x22: \x22)[bcdfghjklmnpqrstvwxz2456789]{8,10}\b", "$1<hash>"),
        (r"-[bcdfghjklmnpqrstvwxz2456789]{5}\b", "-<id>"),
        (r"\.[0-9a-f]{16}\b", ".<id>"),
        (r"\b3[0-2]\d{3}\b", "<node-port>"),
        (r"<invalid>|\b(\d+(ms|[smhd]))+\b( ago)?", "<age>"),
        (r"<age> \(<age>\)|<age> \(x\d+ over <age>\)", "<age>"),
    ]
    .into_iter()
    .map(|(pattern, name)| (Regex::new(pattern).expect("a pattern"), name))
    .collect()
});

static BLANKS: LazyLock<Regex> = LazyLock::new(|| Regex::new(r"(\S)[ \t]+").expect("a pattern"));

/// A text with the names of what may differ; runs of blanks inside a line are one.
pub(crate) fn text(text: &str) -> String {
    let mut lines = String::new();
    // What the emulator says of itself is no answer of a cluster.
    for line in text.lines().filter(|line| !line.contains("the stagegate Kubernetes emulator stores")) {
        let mut line = BLANKS.replace_all(line.trim_end(), "$1 ").trim_end().to_owned();
        for (pattern, name) in PATTERNS.iter() {
            line = pattern.replace_all(&line, *name).into_owned();
        }
        lines.push_str(&line);
        lines.push('\n');
    }
    lines
}

/// An answer as indented JSON, without `managedFields` unless they are what the session is about.
pub(crate) fn json(mut value: Value, managed_fields: bool) -> String {
    if !managed_fields {
        without_managed_fields(&mut value);
    }
    sort_quoted_objects(&mut value);
    text(&serde_json::to_string_pretty(&value).expect("JSON"))
}

/// Brings JSON objects that messages quote into one order: Go's is that of its structs.
fn sort_quoted_objects(value: &mut Value) {
    static QUOTED: LazyLock<Regex> = LazyLock::new(|| Regex::new(r#""\{(?:[^"\\]|\\.)*\}""#).expect("a pattern"));
    match value {
        Value::Object(map) => map.values_mut().for_each(sort_quoted_objects),
        Value::Array(items) => items.iter_mut().for_each(sort_quoted_objects),
        Value::String(text) => {
            let sorted = QUOTED.replace_all(text, |found: &regex::Captures<'_>| {
                let object = serde_json::from_str::<String>(&found[0]).ok();
                let object = object.and_then(|object| serde_json::from_str::<Value>(&object).ok());
                let Some(mut object) = object else { return found[0].to_owned() };
                without_managed_fields(&mut object);
                Value::String(object.to_string()).to_string()
            });
            *text = sorted.into_owned();
        }
        _ => {}
    }
}

fn without_managed_fields(value: &mut Value) {
    match value {
        Value::Object(map) => {
            map.remove("managedFields");
            map.values_mut().for_each(without_managed_fields);
        }
        Value::Array(items) => items.iter_mut().for_each(without_managed_fields),
        _ => {}
    }
}
