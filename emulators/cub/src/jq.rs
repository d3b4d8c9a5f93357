//! `--jq` expressions.

use jaq_core::load::{Arena, File, Loader};
use jaq_core::{Compiler, Ctx, Vars, data, unwrap_valr};
use jaq_json::{Val, read};
use serde_json::Value;

use crate::failure::Failure;

/// Runs an expression on a value and gives its results, up to the first error.
pub(crate) fn run(expression: &str, value: &Value) -> Result<Vec<Value>, Failure> {
    let failed = |reason: &dyn std::fmt::Display| Failure::failed(reason.to_string());
    let input = read::parse_single(value.to_string().as_bytes()).map_err(|error| failed(&error))?;
    let definitions = jaq_core::defs().chain(jaq_std::defs()).chain(jaq_json::defs());
    let functions = jaq_core::funs().chain(jaq_std::funs()).chain(jaq_json::funs());
    let arena = Arena::default();
    let modules = Loader::new(definitions)
        .load(&arena, File { code: expression, path: () })
        .map_err(|_| failed(&format!("{expression:?} is not a jq expression")))?;
    let filter = Compiler::default()
        .with_funs(functions)
        .compile(modules)
        .map_err(|_| failed(&format!("{expression:?} uses something that is not defined in jq")))?;
    let context = Ctx::<data::JustLut<Val>>::new(&filter.lut, Vars::new([]));
    let results = filter.id.run((context, input)).map(unwrap_valr);
    results.map(|result| result.map_err(|error| failed(&error)).map(|result| plain(&result))).collect()
}

/// A result as JSON; what JSON cannot hold, such as NaN, as its text.
fn plain(result: &Val) -> Value {
    let text = result.to_string();
    serde_json::from_str(&text).unwrap_or(Value::String(text))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn runs_what_scripts_use() {
        let units = json!([{"Unit": {"Slug": "a", "HeadRevisionNum": 2, "Data": "aGk="}}, {"Unit": {"Slug": "b"}}]);
        let table = [
            (".[].Unit.Slug", json!(["a", "b"])),
            ("length", json!([2])),
            (".[0].Unit.Data | @base64d", json!(["hi"])),
            (".[] | select(.Unit.Slug == \"b\") | .Unit.HeadRevisionNum", json!([null])),
            ("map(.Unit.Slug) | join(\",\")", json!(["a,b"])),
            (".[0].Unit | keys", json!([["Data", "HeadRevisionNum", "Slug"]])),
        ];
        for (expression, expected) in table {
            let results = run(expression, &units).unwrap_or_else(|failure| panic!("{expression}: {failure}"));
            assert_eq!(json!(results), expected, "{expression}");
        }
    }

    #[test]
    fn refuses_what_is_no_expression() {
        for expression in ["[", ".[] | nosuchfunction", ".a.b[] "] {
            assert!(run(expression, &json!({"a": 1})).is_err(), "{expression}");
        }
    }
}
