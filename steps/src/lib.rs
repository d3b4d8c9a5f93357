//! The step vocabulary: how a sentence becomes an action or an assertion.
