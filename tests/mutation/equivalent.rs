//! Mutants that break nothing, each with its reason.

use serde::Deserialize;

use crate::operators::Mutant;

/// An entry of `equivalent.yaml`.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Equivalent {
    operator: String,
    file: String,
    /// The line as it stands in the correct tutorial.
    line: String,
    /// What the mutant has there, where the operator makes several of the line.
    #[serde(default)]
    mutated: Option<String>,
    pub(crate) reason: String,
}

impl Equivalent {
    pub(crate) fn fits(&self, mutant: &Mutant) -> bool {
        self.operator == mutant.operator.name()
            && self.file == mutant.file
            && self.line == mutant.before
            && self.mutated.as_ref().is_none_or(|mutated| *mutated == mutant.after)
    }

    pub(crate) fn described(&self) -> String {
        format!("{} in {}: {}", self.operator, self.file, self.line)
    }
}

/// The list.
pub(crate) fn equivalents() -> Vec<Equivalent> {
    serde_saphyr::from_str(include_str!("equivalent.yaml")).expect("equivalent.yaml is a list of entries")
}

/// The entry for `mutant`.
pub(crate) fn known<'a>(equivalents: &'a [Equivalent], mutant: &Mutant) -> Option<&'a Equivalent> {
    equivalents.iter().find(|known| known.fits(mutant))
}
