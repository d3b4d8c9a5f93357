//! Writing the trail, as the hub's requests do.

use std::sync::Arc;

use uuid::Uuid;

use super::{ActorKind, AuditActor, AuditEntity, AuditEntry, AuditOutcome, Requested};
use crate::api::Call;
use crate::entity::{BridgeWorker, Kind};
use crate::error::ApiError;
use crate::hub::HubState;
use crate::identity::{Caller, Principal};
use crate::store::Store;

impl HubState {
    /// The trail, oldest entry first.
    pub(crate) fn audit(&self) -> Vec<AuditEntry> {
        self.trail().entries().collect()
    }

    /// Writes down what a call has changed, and that it was refused if it was.
    pub(crate) fn audit_call(&self, call: &Call<'_>, refusal: Option<&ApiError>) {
        let refusal = refusal.filter(|refusal| refusal.is_denial());
        if call.notes.is_empty() && refusal.is_none() {
            return;
        }
        let requested = Arc::new(Requested {
            at: call.now,
            actor: actor(&call.caller),
            organization: Some(call.caller.organization),
            operation: call.operation.id.into(),
            request_id: call.request_id.clone(),
            user_agent: call.user_agent.clone(),
            command: call.origin.command,
        });
        let store = call.tenant.store();
        let mut trail = self.trail();
        call.notes.write(&store, &requested, &mut trail);
        if let Some(refusal) = refusal {
            trail.add(&requested, AuditOutcome::Denied, named_by_path(&store, call), refusal.message.clone());
        }
    }

    /// Writes down that a request was refused before it was known who sent it.
    pub(crate) fn audit_refused(
        &self,
        operation: &'static str,
        request_id: String,
        user_agent: String,
        refusal: &ApiError,
    ) {
        let requested = Requested {
            at: self.simulation.clock.now(),
            actor: AuditActor { kind: ActorKind::Unknown, id: None, name: String::new(), worker: None },
            organization: None,
            operation: operation.into(),
            request_id,
            user_agent,
            command: None,
        };
        self.trail().add(&Arc::new(requested), AuditOutcome::Denied, None, refusal.message.clone());
    }

    /// Writes down that a worker's condition changed, be it by its doing or by its silence.
    pub(crate) fn note_condition(&self, store: &Store, worker: &BridgeWorker, summary: &str) {
        let id = Some(worker.bridge_worker_id);
        let slug = worker.metadata.slug.clone();
        let requested = Requested {
            at: self.simulation.clock.now(),
            actor: AuditActor { kind: ActorKind::Worker, id, name: slug.clone(), worker: None },
            organization: Some(worker.metadata.organization_id),
            operation: "StreamBridgeWorker".into(),
            request_id: String::new(),
            user_agent: String::new(),
            command: None,
        };
        let space = store.space_slug(worker.metadata.space_id);
        let entity = AuditEntity { kind: Kind::BridgeWorker.name().into(), id, slug, space, revision: None };
        self.trail().add(&Arc::new(requested), AuditOutcome::Updated, Some(entity), summary.to_owned());
    }
}

fn actor(caller: &Caller) -> AuditActor {
    let (kind, id) = match caller.principal {
        Principal::Anyone => (ActorKind::Unknown, None),
        Principal::User(id) => (ActorKind::User, Some(id)),
        Principal::Worker(id) => (ActorKind::Worker, Some(id)),
    };
    AuditActor { kind, id, name: caller.name.clone(), worker: caller.worker }
}

/// The last entity that the path names, for refusals.
fn named_by_path(store: &Store, call: &Call<'_>) -> Option<AuditEntity> {
    let id = |name: &str| call.path.get(name).and_then(|text| text.parse::<Uuid>().ok());
    let space = id("space_id")?;
    let slug = store.space_slug(space);
    let unit = id("unit_id").and_then(|id| store.units.get(id)).filter(|unit| unit.metadata.space_id == space);
    Some(match unit {
        Some(unit) => AuditEntity {
            kind: Kind::Unit.name().into(),
            id: Some(unit.unit_id),
            slug: unit.metadata.slug.clone(),
            space: slug,
            revision: Some(unit.head_revision_num),
        },
        None => AuditEntity {
            kind: Kind::Space.name().into(),
            id: Some(space),
            slug: slug.clone().unwrap_or_default(),
            space: slug,
            revision: None,
        },
    })
}
