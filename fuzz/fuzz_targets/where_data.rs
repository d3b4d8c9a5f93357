//! Clauses on configuration data: the first line is the clause, the rest the data.
#![no_main]
#![allow(dead_code, unused_imports, reason = "the modules are used in part")]

use libfuzzer_sys::fuzz_target;

#[path = "../../emulators/confighub/src/configuration/mod.rs"]
mod configuration;
#[path = "../../emulators/confighub/src/functions/mod.rs"]
mod functions;

use functions::DataClause;

fuzz_target!(|text: &str| {
    let (clause, data) = text.split_once('\n').unwrap_or((text, ""));
    for resource_type in ["", "apps/v1/Deployment"] {
        match DataClause::parse(clause, resource_type) {
            Ok(clause) => drop(clause.holds_for(data)),
            Err(error) => assert!(!error.to_string().is_empty()),
        }
    }
});
