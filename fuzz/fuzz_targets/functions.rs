//! Functions: the first line is a JSON list of a function's name and its arguments, the rest the data.
//! Paths, CEL, yq, clauses, quantities and images all come in as arguments. What a function makes of
//! readable data is readable again, and a second reading writes it the same way.
#![no_main]
#![allow(dead_code, unused_imports, reason = "the modules are used in part")]

use libfuzzer_sys::fuzz_target;
use serde_json::Value as Json;

#[path = "../../emulators/confighub/src/configuration/mod.rs"]
mod configuration;
#[path = "../../emulators/confighub/src/functions/mod.rs"]
mod functions;

use stagegate_configuration::yaml;
use functions::{Argument, Named, Request, invoke};

fuzz_target!(|text: &str| {
    let (line, data) = text.split_once('\n').unwrap_or((text, ""));
    let Ok(Json::Array(words)) = serde_json::from_str::<Json>(line) else { return };
    let Some((Json::String(name), values)) = words.split_first() else { return };
    let arguments = values.iter().map(|value| Argument { value: value.clone(), ..Argument::default() }).collect();
    let functions = [Named { name: name.clone(), arguments }];
    let request = Request { data, cast_arguments: true, functions: &functions, ..Request::default() };
    if let Ok(response) = invoke(&request) {
        if response.data != data {
            let read = yaml::documents(&response.data).unwrap_or_else(|error| panic!("{error}:\n{}", response.data));
            drop(yaml::text(&read));
        }
        assert!(response.success || !response.messages.is_empty(), "a failure without a reason");
    }
});
