//! What an entity may refer to: only what its author may use.

use uuid::Uuid;

use super::Call;
use crate::entity::{BridgeWorker, Entity, Kind, Record, Relation};
use crate::error::ApiError;
use crate::identity::Permission;
use crate::store::Store;
use crate::where_clause::Value;

impl Call<'_> {
    /// Refuses a new reference to what the caller may not read, as if it were not there, and one through
    /// which something happens in a cluster (a unit's target, a target's or trigger's worker) unless the
    /// caller may apply in the space of what is referred to. A clause that selects triggers of all spaces
    /// is for those who may read all of them: what it selects shows on the units that they run on.
    pub(super) fn permit_references<E: Entity>(
        &self,
        store: &Store,
        before: Option<&E>,
        after: &E,
    ) -> Result<(), ApiError> {
        if self.caller.permitted_everywhere(Permission::Apply) {
            return Ok(());
        }
        let clause = |entity: &E| match entity.value("WhereTrigger") {
            Value::Text(text) => text.to_owned(),
            _ => String::new(),
        };
        let new_clause = clause(after);
        let everywhere = self.caller.permitted_everywhere(Permission::Read);
        if !new_clause.is_empty() && before.map(clause).as_ref() != Some(&new_clause) && !everywhere {
            return Err(self.forbidden("with WhereTrigger, which is about all spaces", Permission::Read));
        }
        let known = before.map(Record::relations).unwrap_or_default();
        for relation in after.relations() {
            let former = known.iter().find(|former| former.include == relation.include);
            if former.is_none_or(|former| former.to != relation.to) && relation.include != "SpaceID" {
                self.permit_reference::<E>(store, &relation)?;
            }
        }
        Ok(())
    }

    /// The worker that a request names, if the caller may have things done by it.
    pub(super) fn permit_worker<'a>(&self, store: &'a Store, id: Uuid) -> Result<&'a BridgeWorker, ApiError> {
        let worker = self.visible::<BridgeWorker>(store, id);
        let worker = worker.ok_or_else(|| ApiError::bad_request(format!("BridgeWorkerID: no worker {id}")))?;
        self.permit(store, worker.metadata.space_id, Permission::Apply)?;
        Ok(worker)
    }

    fn permit_reference<E: Entity>(&self, store: &Store, relation: &Relation) -> Result<(), ApiError> {
        let Some((kind, id)) = relation.to else { return Ok(()) };
        let Some(Value::Uuid(space)) = store.find(kind, id).map(|record| record.value("SpaceID")) else {
            return Ok(());
        };
        if !self.permitted(store, space, Permission::Read) {
            let (field, kind) = (relation.include, kind.name());
            return Err(ApiError::bad_request(format!("{field}: no {kind} {id}")));
        }
        let acts =
            matches!((E::KIND, kind), (Kind::Unit, Kind::Target) | (Kind::Target | Kind::Trigger, Kind::BridgeWorker));
        if acts { self.permit(store, space, Permission::Apply) } else { Ok(()) }
    }
}
