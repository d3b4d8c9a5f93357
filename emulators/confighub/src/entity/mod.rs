//! What the hub keeps: entities as the OpenAPI description's schemas show them.
#![expect(clippy::struct_field_names, reason = "fields are called as in the API")]

mod bridge_worker;
mod change_set;
mod content;
mod filter;
mod invocation;
mod kind;
mod link;
mod metadata;
mod mutation;
mod organization;
mod queued_operation;
mod record;
mod revision;
mod set;
mod space;
mod tag;
mod target;
pub(crate) mod time;
mod trigger;
mod unit;
mod unit_event;
mod user;
mod view;

pub(crate) use bridge_worker::{BridgeWorker, BridgeWorkerStatus, Condition, WorkerContact};
pub(crate) use change_set::ChangeSet;
pub(crate) use content::Content;
pub(crate) use filter::Filter;
pub(crate) use invocation::Invocation;
pub(crate) use kind::Kind;
pub(crate) use link::Link;
pub(crate) use metadata::{Metadata, check_texts, raised};
pub(crate) use mutation::{Cause, FunctionInvocation, Mutation, ProvidedResource};
pub(crate) use organization::{Organization, OrganizationMember};
pub(crate) use queued_operation::{Action, ActionStatus, QueuedOperation};
pub(crate) use record::{CONTENTS, Entity, Located, Particular, Record, Relation};
pub(crate) use revision::{HistoryMetadata, Revision};
pub(crate) use set::Set;
pub(crate) use space::Space;
pub(crate) use tag::Tag;
pub(crate) use target::Target;
pub(crate) use trigger::Trigger;
pub(crate) use unit::{Drift, Unit};
pub(crate) use unit_event::{ActionResultType, UnitEvent};
pub(crate) use user::User;
pub(crate) use view::View;
