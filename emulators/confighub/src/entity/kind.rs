//! The types of entity.

use crate::where_clause::{Schema, entities};

/// An entity type.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum Kind {
    BridgeWorker,
    ChangeSet,
    Filter,
    Invocation,
    Link,
    Mutation,
    Organization,
    OrganizationMember,
    Revision,
    Set,
    Space,
    Tag,
    Target,
    Trigger,
    Unit,
    UnitEvent,
    User,
    View,
}

impl Kind {
    /// Its name, as in `EntityType` and as the key in envelopes.
    pub(crate) fn name(self) -> &'static str {
        self.schema().entity
    }

    /// The attribute that holds its id, such as `BridgeWorkerID`.
    pub(crate) fn id_key(self) -> String {
        format!("{}ID", self.name())
    }

    /// What clauses on it may name.
    pub(crate) fn schema(self) -> &'static Schema {
        match self {
            Self::BridgeWorker => &entities::BRIDGE_WORKER,
            Self::ChangeSet => &entities::CHANGE_SET,
            Self::Filter => &entities::FILTER,
            Self::Invocation => &entities::INVOCATION,
            Self::Link => &entities::LINK,
            Self::Mutation => &entities::MUTATION,
            Self::Organization => &entities::ORGANIZATION,
            Self::OrganizationMember => &entities::ORGANIZATION_MEMBER,
            Self::Revision => &entities::REVISION,
            Self::Set => &entities::SET,
            Self::Space => &entities::SPACE,
            Self::Tag => &entities::TAG,
            Self::Target => &entities::TARGET,
            Self::Trigger => &entities::TRIGGER,
            Self::Unit => &entities::UNIT,
            Self::UnitEvent => &entities::UNIT_EVENT,
            Self::User => &entities::USER,
            Self::View => &entities::VIEW,
        }
    }
}
