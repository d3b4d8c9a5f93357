//! Steps on the scripts of a tutorial.

mod effect;
mod finding;
mod outcome;
mod tutorial;

use stagegate_harness::vocabulary::VocabularyBuilder;

pub(crate) fn add(builder: &mut VocabularyBuilder) {
    tutorial::add(builder);
    outcome::add(builder);
    finding::add(builder);
    effect::add(builder);
}
