//! What each of the functions that a worker ran has changed.
//!
//! The worker gives the data after all of them, and says of each change by which of them it was made
//! last. The data in between is made of that.

use serde_json::{Value as Json, json};

use crate::entity::{Cause, Content, FunctionInvocation};
use crate::functions::{Argument, Named, Request, invoke};
use crate::history::ChangeStep;

/// A step for each function that the worker's answer calls a mutator, up to the data `after` the last one.
pub(super) fn steps(
    before: &Content,
    after: Content,
    answer: &Json,
    functions: &[FunctionInvocation],
) -> Vec<ChangeStep> {
    let places: Vec<usize> = serde_json::from_value(answer["Mutators"].clone()).unwrap_or_default();
    let mut mutators: Vec<(usize, &FunctionInvocation)> =
        places.into_iter().filter_map(|place| Some((place, functions.get(place)?))).collect();
    // Where the worker does not say which it was, only one function can have been it.
    let last = mutators.pop().map(|(_, function)| function).or(if let [only] = functions { Some(only) } else { None });
    let cause = |function: &FunctionInvocation| Cause { function_invocation: function.clone(), ..Cause::default() };
    let mut present = before.clone();
    let mut steps = Vec::new();
    for (place, function) in mutators {
        if let Some(data) = before.text().and_then(|text| patched(text, &until(&answer["Mutations"], place))) {
            present = Content::from(data.into_bytes());
        }
        steps.push(ChangeStep { data: present.clone(), cause: cause(function) });
    }
    steps.push(ChangeStep { data: after, cause: last.map(cause).unwrap_or_default() });
    steps
}

/// Those of the mutations that were made by one of the functions up to this one.
fn until(mutations: &Json, last: usize) -> Json {
    let made = |info: &Json| info["Index"].as_u64().is_some_and(|index| index <= last as u64);
    let of_resource = |resource: &Json| {
        let info = &resource["ResourceMutationInfo"];
        if !matches!(info["MutationType"].as_str(), Some("Update" | "None")) && !made(info) {
            return None;
        }
        let mut resource = resource.clone();
        if let Some(paths) = resource["PathMutationMap"].as_object_mut() {
            paths.retain(|_, info| made(info));
        }
        Some(resource)
    };
    mutations.as_array().into_iter().flatten().filter_map(of_resource).collect()
}

/// Data with mutations made in it; `None` where they cannot be.
fn patched(data: &str, mutations: &Json) -> Option<String> {
    let argument = |text: String| Argument { value: json!(text), ..Argument::default() };
    let arguments = vec![argument("[]".to_owned()), argument(mutations.to_string())];
    let functions = [Named { name: "patch-mutations".to_owned(), arguments }];
    let response = invoke(&Request { data, functions: &functions, ..Request::default() }).ok()?;
    response.success.then_some(response.data)
}
