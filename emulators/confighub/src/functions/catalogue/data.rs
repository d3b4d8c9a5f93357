//! Functions on data as a whole.

use super::super::signature::Function;
use super::super::{compute_mutations, echo, patch_mutations, yq};
use super::parameters::{answer, answering, boolean, changing, integer, optional, structured, text};

pub(super) static FUNCTIONS: &[Function] = &[
    answering(
        "compute-mutations",
        "Tells what changed since earlier data",
        &[
            structured("config-doc-list", "YAML", "The earlier data"),
            integer("functionIndex", "The place of the function that made the changes"),
            optional(boolean("alreadyConverted", "Whether the earlier data is YAML already, which here it always is")),
        ],
        answer("mutations", "ResourceMutationList", "What changed, in the order of the resources"),
        compute_mutations::compute,
    ),
    Function {
        output: Some(answer("resource", "YAML", "Nothing; the data is given back as it came")),
        kind: "",
        types: &[],
        ..changing("echo", "Gives data back", &[], echo)
    },
    changing(
        "patch-mutations",
        "Makes changes that were made elsewhere, where that is allowed",
        &[
            structured("mutation-predicates", "ResourceMutationList", "Where it is allowed"),
            structured("mutation-patch", "ResourceMutationList", "The changes"),
        ],
        patch_mutations::patch_mutations,
    ),
    changing(
        "reset",
        "Puts placeholders where earlier changes set values",
        &[structured("mutation-predicates", "ResourceMutationList", "Which changes")],
        patch_mutations::reset,
    ),
    answering(
        "yq",
        "Gives what a yq expression makes of the data. Understood is what jq and yq have in common",
        &[text("yq-expression", "The expression")],
        answer("yq output", "YAML", "What came of it"),
        yq::yq,
    ),
];
