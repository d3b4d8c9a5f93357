//! What `validate` finds in the resources of `tests/functions/validate`.

use std::path::Path;

use serde_json::Value as Json;

use crate::functions::{Named, Request, invoke};

fn verdict(path: &Path) -> String {
    let data = std::fs::read_to_string(path).unwrap();
    let functions = [Named { name: "validate".to_owned(), arguments: Vec::new() }];
    let response = match invoke(&Request { data: &data, functions: &functions, ..Request::default() }) {
        Ok(response) => response,
        Err(refusal) => return format!("refused: {refusal}"),
    };
    let result = &response.output[0];
    let details = result["Details"].as_array().cloned().unwrap_or_default();
    let details: Vec<&str> = details.iter().filter_map(Json::as_str).collect();
    assert_eq!((result["Passed"] == true, response.data), (details.is_empty(), data), "{result}");
    if details.is_empty() { "passed".to_owned() } else { details.join("\n") }
}

#[test]
fn what_is_wrong_is_told_with_its_place() {
    insta::glob!("../../../tests/functions/validate", "*.yaml", |path| {
        insta::assert_snapshot!(verdict(path));
    });
}
