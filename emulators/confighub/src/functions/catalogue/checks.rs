//! Functions that say whether data is valid.

use super::super::signature::Function;
use super::super::{cel, context, placeholders, schema, where_filter};
use super::parameters::{RESOURCE_TYPE, checking, integer, like, structured, text};

pub(super) static FUNCTIONS: &[Function] = &[
    checking(
        "cel-validate",
        "Passes when a CEL expression is true of every resource",
        &[like(
            structured("validation-expr", "CEL", "The expression; the resource is `r`. See https://cel.dev/"),
            "r.kind != 'Deployment' || r.spec.template.spec.containers.all(container, container.securityContext.runAsNonRoot == true)",
        )],
        "passed",
        cel::cel_validate,
    ),
    checking(
        "is-approved",
        "Passes when enough users approved the data as it is",
        &[integer("num-approvers", "How many")],
        "passed",
        context::is_approved,
    ),
    checking("no-placeholders", "Passes when no placeholder is left", &[], "passed", placeholders::no_placeholders),
    checking(
        "validate",
        "Passes when every resource has the form that all Kubernetes resources have. Unlike the hosted service it \
         knows no schemas of kinds, which that one gets from the network",
        &[],
        "passed",
        schema::validate,
    ),
    checking(
        "where-filter",
        "Passes when a clause holds for a resource of a type",
        &[RESOURCE_TYPE, text("where-expression", "Comparisons of paths with literals, joined with AND")],
        "matched",
        where_filter::where_filter,
    ),
];
