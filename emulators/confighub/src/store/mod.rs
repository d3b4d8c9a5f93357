//! The hub's memory: one table per entity type, in order of creation.

mod plan;
mod table;
mod tenant;
#[cfg(test)]
mod tests;

use uuid::Uuid;

use crate::entity::{
    BridgeWorker, ChangeSet, Filter, Invocation, Kind, Link, Mutation, Organization, QueuedOperation, Record, Revision,
    Set, Space, Tag, Target, Trigger, Unit, UnitEvent, User, View,
};

pub(crate) use plan::candidates;
pub(crate) use table::{Stored, Table};
pub(crate) use tenant::Tenant;

/// All entities of one environment.
#[derive(Debug, Clone)]
pub(crate) struct Store {
    pub(crate) organization: Organization,
    pub(crate) users: Vec<User>,
    pub(crate) spaces: Table<Space>,
    pub(crate) units: Table<Unit>,
    pub(crate) revisions: Table<Revision>,
    pub(crate) mutations: Table<Mutation>,
    pub(crate) unit_events: Table<UnitEvent>,
    pub(crate) queued_operations: Table<QueuedOperation>,
    pub(crate) bridge_workers: Table<BridgeWorker>,
    pub(crate) targets: Table<Target>,
    pub(crate) links: Table<Link>,
    pub(crate) filters: Table<Filter>,
    pub(crate) views: Table<View>,
    pub(crate) sets: Table<Set>,
    pub(crate) change_sets: Table<ChangeSet>,
    pub(crate) tags: Table<Tag>,
    pub(crate) triggers: Table<Trigger>,
    pub(crate) invocations: Table<Invocation>,
}

impl Store {
    /// A store with nothing in it but its organization and users.
    pub(crate) fn new(organization: Organization, users: Vec<User>) -> Self {
        Self {
            organization,
            users,
            spaces: Table::default(),
            units: Table::default(),
            revisions: Table::default(),
            mutations: Table::default(),
            unit_events: Table::default(),
            queued_operations: Table::default(),
            bridge_workers: Table::default(),
            targets: Table::default(),
            links: Table::default(),
            filters: Table::default(),
            views: Table::default(),
            sets: Table::default(),
            change_sets: Table::default(),
            tags: Table::default(),
            triggers: Table::default(),
            invocations: Table::default(),
        }
    }

    /// The record of this type and id.
    pub(crate) fn find(&self, kind: Kind, id: Uuid) -> Option<&dyn Record> {
        match kind {
            Kind::BridgeWorker => self.bridge_workers.record(id),
            Kind::ChangeSet => self.change_sets.record(id),
            Kind::Filter => self.filters.record(id),
            Kind::Invocation => self.invocations.record(id),
            Kind::Link => self.links.record(id),
            Kind::Mutation => self.mutations.record(id),
            Kind::Organization => {
                (self.organization.organization_id == id).then_some(&self.organization as &dyn Record)
            }
            Kind::OrganizationMember | Kind::User => {
                self.users.iter().find(|user| user.user_id == id).map(|user| user as &dyn Record)
            }
            Kind::Revision => self.revisions.record(id),
            Kind::Set => self.sets.record(id),
            Kind::Space => self.spaces.record(id),
            Kind::Tag => self.tags.record(id),
            Kind::Target => self.targets.record(id),
            Kind::Trigger => self.triggers.record(id),
            Kind::Unit => self.units.record(id),
            Kind::UnitEvent => self.unit_events.record(id),
            Kind::View => self.views.record(id),
        }
    }

    /// The id of the space with this slug.
    pub(crate) fn space_called(&self, slug: &str) -> Option<Uuid> {
        self.spaces.by_slug(self.organization.organization_id, slug).map(|space| space.metadata.space_id)
    }

    /// The id of an entity by its type, space and slug.
    pub(crate) fn id_of(&self, kind: Kind, space: Uuid, slug: &str) -> Option<Uuid> {
        match kind {
            Kind::BridgeWorker => self.bridge_workers.id_of(space, slug),
            Kind::ChangeSet => self.change_sets.id_of(space, slug),
            Kind::Filter => self.filters.id_of(space, slug),
            Kind::Invocation => self.invocations.id_of(space, slug),
            Kind::Link => self.links.id_of(space, slug),
            Kind::Set => self.sets.id_of(space, slug),
            Kind::Tag => self.tags.id_of(space, slug),
            Kind::Target => self.targets.id_of(space, slug),
            Kind::Trigger => self.triggers.id_of(space, slug),
            Kind::Unit => self.units.id_of(space, slug),
            Kind::View => self.views.id_of(space, slug),
            Kind::Mutation
            | Kind::Organization
            | Kind::OrganizationMember
            | Kind::Revision
            | Kind::Space
            | Kind::UnitEvent
            | Kind::User => None,
        }
    }

    /// The slug of a space, for people.
    pub(crate) fn space_slug(&self, id: Uuid) -> Option<String> {
        self.spaces.get(id).map(|space| space.metadata.slug.clone())
    }
}
