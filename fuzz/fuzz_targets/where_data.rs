//! Clauses on configuration data: the first line is the clause, the rest the data.
#![no_main]
#![allow(dead_code, unused_imports, reason = "the modules are used in part")]

use libfuzzer_sys::fuzz_target;

#[path = "../../emulators/confighub/src/configuration/mod.rs"]
mod configuration;
#[path = "../../emulators/confighub/src/where_clause/mod.rs"]
mod where_clause;

use configuration::DataClause;

fuzz_target!(|text: &str| {
    let (clause, data) = text.split_once('\n').unwrap_or((text, ""));
    for resource_type in ["", "apps/v1/Deployment"] {
        if let Ok(clause) = DataClause::parse(clause, resource_type) {
            let _either = clause.holds_for(data);
        }
    }
});
