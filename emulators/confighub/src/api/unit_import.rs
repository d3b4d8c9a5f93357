//! Import: resources that are in the cluster become a unit's data.

use std::sync::LazyLock;

use regex::Regex;
use serde::Deserialize;
use serde_json::{Map, Value as Json, json};

use super::{Call, Reply, crud, fields};
use crate::entity::{Action, Content, Unit};
use crate::error::ApiError;
use crate::store::Store;
use crate::worker::{Order, enqueue_order};

/// Queues an import of the listed resources or, without a list, of those that filters select.
///
/// The worker takes a list as the unit's data, and everything else as extra parameters, of which it
/// does not look at `Where` (recorded runs 10a-10h): the hub makes filters and options of it.
pub(super) fn import(store: &mut Store, call: &Call<'_>) -> Result<Reply, ApiError> {
    let unit = crud::find::<Unit>(store, call)?.clone();
    let request: Request = fields(call.object()?.clone(), &[])?;
    let revision_num = unit.head_revision_num;
    let order = match request.resource_info_list.clone().filter(|list| !list.is_empty()) {
        Some(_) if request.selects() => {
            let message = "ResourceInfoList: not together with Where, Filters or Options, which the worker does not \
                           look at then";
            return Err(ApiError::bad_request(message.to_owned()));
        }
        Some(list) => Order {
            resources: Some(Content::from(json!(list).to_string().into_bytes())),
            ..Order::new(Action::Import, revision_num)
        },
        None => Order {
            extra_params: extra_params(&request.where_clause, request.filters, request.options)?,
            ..Order::new(Action::Import, revision_num)
        },
    };
    enqueue_order(store, call, &unit, order).map(|operation| Reply::Json(json!(operation)))
}

/// `ImportRequest` of the description.
#[derive(Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
struct Request {
    filters: Option<Vec<Json>>,
    options: Option<Map<String, Json>>,
    resource_info_list: Option<Vec<Json>>,
    #[serde(rename = "Where")]
    where_clause: String,
}

impl Request {
    /// Whether it says anything beside the list.
    fn selects(&self) -> bool {
        !self.where_clause.trim().is_empty()
            || self.filters.as_ref().is_some_and(|filters| !filters.is_empty())
            || self.options.as_ref().is_some_and(|options| !options.is_empty())
    }
}

/// An `ImportRequest` whose clause has become filters and options.
fn extra_params(
    clause: &str,
    filters: Option<Vec<Json>>,
    options: Option<Map<String, Json>>,
) -> Result<String, ApiError> {
    let (mut filters, mut options) = (filters.unwrap_or_default(), options.unwrap_or_default());
    if !clause.trim().is_empty() {
        if !filters.is_empty() {
            return Err(ApiError::bad_request("Where: not together with Filters".to_owned()));
        }
        for comparison in comparisons(clause)? {
            match comparison.path.strip_prefix("import.") {
                Some(option) => {
                    let values: Vec<&str> = comparison.values.iter().map(String::as_str).collect();
                    let value = match values.as_slice() {
                        ["true"] if comparison.operator == "include" => true,
                        ["false"] if comparison.operator == "include" => false,
                        _ => return Err(refused(&format!("{} is true or false", comparison.path))),
                    };
                    options.insert(option.to_owned(), json!(value));
                }
                None => filters.push(json!({
                    "Type": comparison.path,
                    "Operator": comparison.operator,
                    "Values": comparison.values,
                })),
            }
        }
    }
    let mut request = Map::new();
    if !filters.is_empty() {
        request.insert("Filters".to_owned(), json!(filters));
    }
    if !options.is_empty() {
        request.insert("Options".to_owned(), json!(options));
    }
    Ok(Json::Object(request).to_string())
}

/// A comparison of the clause, in the filters' terms.
struct Comparison {
    path: String,
    operator: &'static str,
    values: Vec<String>,
}

/// Compiled once; the text is a constant.
static COMPARISON: LazyLock<Option<Regex>> = LazyLock::new(|| {
    Regex::new(
        r"(?x)^\s* ([A-Za-z][\w.*/-]*) \s* (=|!=|IN\b|NOT\s+IN\b|[^\s\w'(]+|\w+) \s*
          ('[^']*' | -?\d+ | true | false | \( [^)]* \)) \s* (AND\s|$)",
    )
    .ok()
});

fn comparisons(clause: &str) -> Result<Vec<Comparison>, ApiError> {
    let mut found = Vec::new();
    let mut rest = clause;
    loop {
        let comparison = COMPARISON.as_ref().and_then(|pattern| pattern.captures(rest));
        let comparison = comparison.ok_or_else(|| refused(&format!("cannot be read at `{}`", rest.trim())))?;
        let operator = match &comparison[2] {
            "=" | "IN" => "include",
            "!=" => "exclude",
            other if other.starts_with("NOT") => "exclude",
            other => return Err(ApiError::not_supported(&format!("import with operator {other} in Where"))),
        };
        let values = comparison[3].trim_matches(['(', ')']).split(',');
        found.push(Comparison {
            path: comparison[1].to_owned(),
            operator,
            values: values.map(|value| value.trim().trim_matches('\'').to_owned()).collect(),
        });
        let more = comparison[4].starts_with("AND");
        rest = &rest[comparison[0].len()..];
        if !more {
            return Ok(found);
        }
    }
}

fn refused(reason: &str) -> ApiError {
    ApiError::bad_request(format!("Where: {reason}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_clause_becomes_filters_and_options() {
        let clause = "kind = 'ConfigMap' AND metadata.namespace IN ('a', 'b') AND import.include_custom = true \
                      AND spec.template.spec.containers.*.image != 'nginx:latest'";
        let params: Json = serde_json::from_str(&extra_params(clause, None, None).unwrap()).unwrap();
        let expected = json!({
            "Filters": [
                {"Type": "kind", "Operator": "include", "Values": ["ConfigMap"]},
                {"Type": "metadata.namespace", "Operator": "include", "Values": ["a", "b"]},
                {"Type": "spec.template.spec.containers.*.image", "Operator": "exclude", "Values": ["nginx:latest"]},
            ],
            "Options": {"include_custom": true},
        });
        assert_eq!(params, expected);
    }

    #[test]
    fn what_cannot_be_read_is_refused_by_name() {
        let refusal = |clause: &str| extra_params(clause, None, None).unwrap_err();
        assert_eq!(refusal("kind =").message, "Where: cannot be read at `kind =`");
        assert_eq!(refusal("import.include_system = 'x'").message, "Where: import.include_system is true or false");
        assert_eq!(refusal("kind LIKE 'x%'").status, 501);
        let both = extra_params("kind = 'x'", Some(vec![json!({})]), None).unwrap_err();
        assert_eq!(both.message, "Where: not together with Filters");
    }
}
