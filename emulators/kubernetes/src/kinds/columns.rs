//! Table columns and what goes into their cells, as `kubectl get` shows it.

use std::time::Duration;

use jiff::Timestamp;
use serde_json::{Value, json};

use crate::store::object::{self, list, text};

/// A column of a Table.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Column {
    pub(crate) name: &'static str,
    /// `string`, `integer`, `boolean`.
    pub(crate) of: &'static str,
    /// 1 for columns that only `-o wide` shows.
    pub(crate) priority: u8,
}

impl Column {
    pub(super) const fn text(name: &'static str) -> Self {
        Self { name, of: "string", priority: 0 }
    }

    pub(super) const fn number(name: &'static str) -> Self {
        Self { name, of: "integer", priority: 0 }
    }

    pub(super) const fn wide(name: &'static str) -> Self {
        Self { name, of: "string", priority: 1 }
    }
}

pub(crate) const NAME: Column = Column::text("Name");
pub(crate) const AGE: Column = Column::text("Age");
pub(super) const CONTAINERS: Column = Column::wide("Containers");
pub(super) const IMAGES: Column = Column::wide("Images");
pub(super) const SELECTOR: Column = Column::wide("Selector");

pub(super) const NAME_AND_AGE: &[Column] = &[NAME, Column { name: "Created At", of: "date", priority: 0 }];

pub(super) fn name_and_age(object: &Value, _: Timestamp) -> Vec<Value> {
    vec![name(object), json!(text(object, "/metadata/creationTimestamp"))]
}

pub(super) fn name(object: &Value) -> Value {
    json!(object::name(object))
}

/// The Age cell: time since the object was made.
pub(crate) fn age(object: &Value, now: Timestamp) -> Value {
    json!(since(text(object, "/metadata/creationTimestamp"), now))
}

/// Time since a timestamp, `<unknown>` when there is none.
pub(super) fn since(at: &str, now: Timestamp) -> String {
    object::parse_time(at).map_or_else(
        || "<unknown>".to_owned(),
        |at| human_duration(Duration::try_from(now.duration_since(at)).unwrap_or_default()),
    )
}

/// A duration as `k8s.io/apimachinery/pkg/util/duration.HumanDuration` writes it.
pub(crate) fn human_duration(duration: Duration) -> String {
    let seconds = duration.as_secs();
    let (minutes, hours) = (seconds / 60, seconds / 3600);
    let pair = |big: u64, unit: &str, small: u64, small_unit: &str| {
        if small == 0 { format!("{big}{unit}") } else { format!("{big}{unit}{small}{small_unit}") }
    };
    if seconds < 120 {
        format!("{seconds}s")
    } else if minutes < 10 {
        pair(minutes, "m", seconds % 60, "s")
    } else if minutes < 180 {
        format!("{minutes}m")
    } else if hours < 8 {
        pair(hours, "h", minutes % 60, "m")
    } else if hours < 48 {
        format!("{hours}h")
    } else if hours < 192 {
        pair(hours / 24, "d", hours % 24, "h")
    } else if hours < 24 * 365 * 2 {
        format!("{}d", hours / 24)
    } else if hours < 24 * 365 * 8 {
        pair(hours / 24 / 365, "y", hours / 24 % 365, "d")
    } else {
        format!("{}y", hours / 24 / 365)
    }
}

/// The Containers and Images cells of the pod spec at `pointer`.
pub(super) fn containers_and_images(object: &Value, pointer: &str) -> [Value; 2] {
    let containers = list(object, &format!("{pointer}/containers"));
    let joined = |field: &str| {
        let all: Vec<_> = containers.iter().filter_map(|one| one[field].as_str()).collect();
        json!(all.join(","))
    };
    [joined("name"), joined("image")]
}

/// The columns of kinds that have no table of their own (`rest.NewDefaultTableConvertor`).
pub(super) const NAME_AND_CREATION: &[Column] = &[NAME, Column { name: "Created At", of: "date", priority: 0 }];

/// The cells of [`NAME_AND_CREATION`].
pub(super) fn name_and_creation(object: &Value, _: Timestamp) -> Vec<Value> {
    vec![name(object), json!(crate::store::object::text(object, "/metadata/creationTimestamp"))]
}

/// A label selector (`matchLabels`, `matchExpressions`) as text.
pub(super) fn label_selector(selector: Option<&Value>) -> Value {
    let Some(selector) = selector else { return json!("<none>") };
    let mut parts: Vec<(String, String)> = Vec::new();
    if let Some(labels) = selector["matchLabels"].as_object() {
        let equal =
            |(key, value): (&String, &Value)| (key.clone(), format!("{key}={}", value.as_str().unwrap_or_default()));
        parts.extend(labels.iter().map(equal));
    }
    for expression in list(selector, "/matchExpressions") {
        let mut values: Vec<_> = list(expression, "/values").iter().filter_map(Value::as_str).collect();
        values.sort_unstable();
        let (key, values) = (text(expression, "/key"), values.join(","));
        let part = match text(expression, "/operator") {
            "In" => format!("{key} in ({values})"),
            "NotIn" => format!("{key} notin ({values})"),
            "DoesNotExist" => format!("!{key}"),
            _ => key.to_owned(),
        };
        parts.push((key.to_owned(), part));
    }
    parts.sort_by(|(one, _), (other, _)| one.cmp(other));
    let parts: Vec<_> = parts.into_iter().map(|(_, part)| part).collect();
    json!(if parts.is_empty() { "<none>".to_owned() } else { parts.join(",") })
}

/// A map of labels as text.
pub(super) fn labels(map: Option<&Value>) -> Value {
    let parts: Vec<_> = map
        .and_then(Value::as_object)
        .into_iter()
        .flatten()
        .map(|(key, value)| format!("{key}={}", value.as_str().unwrap_or_default()))
        .collect();
    json!(if parts.is_empty() { "<none>".to_owned() } else { parts.join(",") })
}

/// The number at a JSON pointer, 0 when there is none.
pub(super) fn count(object: &Value, pointer: &str) -> Value {
    json!(object::integer(object, pointer).unwrap_or(0))
}

/// The string at a JSON pointer, `<none>` when there is none.
pub(super) fn or_none(object: &Value, pointer: &str) -> Value {
    match text(object, pointer) {
        "" => json!("<none>"),
        found => json!(found),
    }
}

/// At most three items, then `+ N more...`.
pub(super) fn at_most_three(items: &[String]) -> String {
    if items.is_empty() {
        return "<none>".to_owned();
    }
    let shown = items.iter().take(3).map(String::as_str).collect::<Vec<_>>().join(",");
    if items.len() > 3 { format!("{shown} + {} more...", items.len() - 3) } else { shown }
}
