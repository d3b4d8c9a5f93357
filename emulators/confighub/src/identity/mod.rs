//! Who may call, and what they may do.
//!
//! [`Directory`] says who there is: users, organizations, and what each member may do. Accounts,
//! tokens and the calls themselves are kept and judged here.
//!
//! The model. A member has one [`Role`] in the whole organization and any number of [`Grant`]s, each of
//! which adds [`Permission`]s in the spaces that it matches; what a member may do is the union of both.
//! What a member may not read is not there for it: lists leave it out, by id it is not found. What it
//! may read but not do is refused with 403, and in bulk operations that is the item's own error, so that
//! the rest is done. The hub's own doings, such as the resolution of a link after a change, are not asked
//! about: whoever made the link could.

mod access;
mod accounts;
mod administration;
mod caller;
mod device_login;
mod directory;
mod grant;
mod hub;
mod role;
mod secret;
mod tokens;

pub(crate) use access::{Access, access};
pub(crate) use accounts::{Accounts, Rights};
pub(crate) use caller::{Caller, Principal};
pub(crate) use device_login::{DeviceLogin, NotRedeemed};
pub(crate) use directory::is_email;
pub use directory::{Directory, DirectoryError, Membership, OrganizationDescription, UserDescription};
pub use grant::{Grant, GrantError};
pub use role::{Permission, Role};
pub use secret::Secret;
pub(crate) use tokens::{Grantee, SavedToken};
