//! What changed from one version of data to the next, and carrying that over to other data, as the real
//! executor does.
//!
//! The hub has a computation of its own for what it keeps of a unit's changes (`configuration/changes.rs` there, which
//! says why); both are held to the same observations.

mod compute;
mod diff_patch;
mod list;
mod patch;

pub use compute::compute_mutations;
pub use diff_patch::{DiffPatchError, diff_patch};
pub use list::{MutationInfo, MutationType, Names, Nothing, ResourceMutation, add};
pub use patch::patch_mutations;
