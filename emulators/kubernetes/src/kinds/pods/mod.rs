//! Pods and pod templates: defaults, validation, columns.

mod defaults;
pub(crate) mod ephemeral;
mod scheduling;
mod table;
mod validation;

use super::Rules;
use super::columns::{AGE, Column, NAME};
pub(super) use defaults::apply_template_defaults;
pub(crate) use defaults::effective_policy;
pub(super) use table::status_word;
pub(super) use validation::{POLICIES, validate_spec};

/// Rules of Pod.
pub(super) const POD: Rules = Rules {
    defaults: |pod| {
        apply_template_defaults(&mut pod["spec"]);
        defaults::apply_pod_defaults(pod);
    },
    validate: validation::validate,
    validate_update: validation::validate_update,
    columns: &[
        NAME,
        Column::text("Ready"),
        Column::text("Status"),
        Column::text("Restarts"),
        AGE,
        Column::wide("IP"),
        Column::wide("Node"),
        Column::wide("Nominated Node"),
        Column::wide("Readiness Gates"),
    ],
    row: table::row,
};
