//! The step vocabulary: how a sentence becomes an action or an assertion.
//!
//! One file per noun. Steps speak only the ConfigHub API and the Kubernetes API, so a feature that
//! passes on the emulators can run unchanged on a real cluster and a real hub. They print nothing.

mod budget;
mod confighub;
mod consistency;
mod fault;
mod kubernetes;
mod manifest;
mod residue;
mod script;
mod table;
mod variable;
mod workload;

use stagegate_harness::vocabulary::{Vocabulary, VocabularyError};

/// The whole vocabulary.
pub fn vocabulary() -> Result<Vocabulary, VocabularyError> {
    let mut builder = Vocabulary::builder();
    confighub::add(&mut builder);
    kubernetes::add(&mut builder);
    script::add(&mut builder);
    fault::add(&mut builder);
    consistency::add(&mut builder);
    residue::add(&mut builder);
    budget::add(&mut builder);
    variable::add(&mut builder);
    builder.build()
}
