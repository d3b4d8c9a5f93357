//! Changing one place of a text: the first line is a path, the second a value, the rest the data. What
//! was set is read back, and what is changed stays YAML.
#![no_main]
#![allow(dead_code, unused_imports, reason = "the modules are used in part")]

use libfuzzer_sys::fuzz_target;

#[path = "../../emulators/confighub/src/configuration/mod.rs"]
mod configuration;
#[path = "../../emulators/confighub/src/where_clause/mod.rs"]
mod where_clause;

use configuration::{Path, Scalar, Step, leaves, remove, resources, set};

fuzz_target!(|text: &str| {
    let mut lines = text.splitn(3, '\n');
    let (Some(path), Some(value), Some(data)) = (lines.next(), lines.next(), lines.next()) else { return };
    let Ok(resources_before) = resources(data) else { return };
    let steps: Vec<Step> = path
        .split('.')
        .map(|step| step.parse().map_or_else(|_| Step::Key(step.to_owned()), Step::Index))
        .collect();
    let value = Scalar::Text(value.to_owned());
    for resource in &resources_before {
        if let Ok(changed) = set(data, resource.document, &steps, &value) {
            let after = resources(&changed).unwrap_or_else(|error| panic!("{error} after setting:\n{changed}"));
            let found = after.iter().find(|after| after.document == resource.document);
            let kind = path == "kind" || path == "apiVersion";
            assert!(kind || found.is_some_and(|found| leaves(&found.root).get(&steps) == Some(&value)), "{changed}");
        }
        if let Ok(changed) = remove(data, resource.document, &steps) {
            // What is gone may have been what an alias refers to.
            if let Err(error) = resources(&changed) {
                assert!(error.to_string().contains("unknown anchor"), "{error} after removing:\n{changed}");
            }
        }
    }
});
