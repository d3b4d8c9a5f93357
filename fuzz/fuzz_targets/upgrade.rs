//! Upgrades: three versions of data, set apart by lines of `=====`. What a merge makes of readable versions is
//! readable, and without changes of its own the data becomes the new version's.
#![no_main]
#![allow(dead_code, unused_imports, reason = "the modules are used in part")]

use libfuzzer_sys::fuzz_target;

#[path = "../../emulators/confighub/src/configuration/mod.rs"]
mod configuration;

use configuration::{Lines, MutationSources, Protection, merge, record_mutations, resources};

fuzz_target!(|text: &str| {
    let mut parts = text.splitn(3, "=====\n");
    let (Some(base), Some(end), Some(own)) = (parts.next(), parts.next(), parts.next()) else { return };
    if [base, end, own].iter().any(|data| resources(data).is_err()) {
        return;
    }
    let recorded = record_mutations(&MutationSources::default(), base, own, 2).expect("readable versions");
    for (sources, keep_differences) in [(&MutationSources::default(), true), (&recorded, false)] {
        let protection = Protection { sources, patchable: &|number| number < 2, keep_differences };
        if let Ok(merged) = merge(Lines { base, end, own }, &protection) {
            resources(&merged.data).unwrap_or_else(|error| panic!("{error} after the merge:\n{}", merged.data));
        }
    }
});
