//! One request, read, and its answer.

use std::collections::HashMap;

use axum::body::Body;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use jiff::Timestamp;
use serde_json::{Map, Value as Json};
use stagegate_simulation::{Change, Origin, Verb};
use uuid::Uuid;

use super::body::RequestBody;
use super::items::Items;
use super::operations::Serve;
use super::{Operation, SYSTEM};
use crate::audit::Notes;
use crate::entity::{BridgeWorker, Entity, Kind, Record, Space};
use crate::error::ApiError;
use crate::hub::HubState;
use crate::identity::{Access, Caller, Permission, Principal};
use crate::store::{Store, Stored, Tenant};
use crate::where_clause::Value;

/// A request for one operation.
pub(crate) struct Call<'a> {
    pub(crate) hub: &'a HubState,
    pub(crate) operation: &'static Operation,
    /// Path parameters by name, decoded.
    pub(crate) path: HashMap<String, String>,
    /// Query parameters by name, decoded.
    pub(crate) query: HashMap<String, String>,
    pub(crate) body: RequestBody,
    pub(crate) caller: Caller,
    /// What the operation asks for.
    pub(crate) access: Access,
    /// The caller's organization.
    pub(crate) tenant: Tenant,
    /// The id that the answer carries.
    pub(crate) request_id: String,
    /// What it has changed so far, for the audit trail.
    pub(crate) notes: Notes,
    pub(crate) origin: Origin,
    pub(crate) user_agent: String,
    pub(crate) now: Timestamp,
    /// The port that the client called.
    pub(crate) port: Option<u16>,
}

impl Call<'_> {
    /// A path parameter that is a UUID.
    pub(crate) fn id(&self, name: &str) -> Result<Uuid, ApiError> {
        let text = self.path.get(name).map_or("", String::as_str);
        text.parse().map_err(|_| ApiError::bad_request(format!("{name}: `{text}` is not a UUID")))
    }

    /// A query parameter, unless absent or empty.
    pub(crate) fn parameter(&self, name: &str) -> Option<&str> {
        self.query.get(name).map(String::as_str).filter(|text| !text.is_empty())
    }

    /// A query parameter that is a UUID.
    pub(crate) fn id_parameter(&self, name: &str) -> Result<Option<Uuid>, ApiError> {
        let parse =
            |text: &str| text.parse().map_err(|_| ApiError::bad_request(format!("{name}: `{text}` is not a UUID")));
        self.parameter(name).map(parse).transpose()
    }

    /// A query parameter that is `true` or `false`; absent is `false`.
    pub(crate) fn flag(&self, name: &str) -> Result<bool, ApiError> {
        match self.parameter(name) {
            None | Some("false") => Ok(false),
            Some("true") => Ok(true),
            Some(other) => Err(ApiError::bad_request(format!("{name}: `{other}` is neither true nor false"))),
        }
    }

    /// Refuses a query parameter that is not supported, rather than ignoring it.
    pub(crate) fn refuse_parameters(&self, names: &[&str]) -> Result<(), ApiError> {
        match names.iter().find(|name| self.parameter(name).is_some()) {
            Some(name) => Err(ApiError::not_supported(&format!("{} with {name}", self.operation.id))),
            None => Ok(()),
        }
    }

    /// The body as a JSON object; none and `null`, which clients send for an empty patch, as an empty one.
    pub(crate) fn object(&self) -> Result<&Map<String, Json>, ApiError> {
        if !matches!(self.operation.serve, Serve::ForWorkers(_)) {
            self.body.check_length()?;
        }
        self.body.object()
    }

    /// The same call, without its body, for what is done after its answer, at that time.
    pub(crate) fn for_later(&self) -> impl for<'b> Fn(&'b HubState) -> Call<'b> + Send + use<> {
        let operation = self.operation;
        let (path, query) = (self.path.clone(), self.query.clone());
        let (caller, access, tenant) = (self.caller.again(), self.access, self.tenant.clone());
        let (origin, user_agent, request_id) = (self.origin.clone(), self.user_agent.clone(), self.request_id.clone());
        let port = self.port;
        move |hub| Call {
            hub,
            operation,
            path: path.clone(),
            query: query.clone(),
            body: RequestBody::default(),
            caller: caller.again(),
            access,
            tenant: tenant.clone(),
            request_id: request_id.clone(),
            notes: Notes::default(),
            origin: origin.clone(),
            user_agent: user_agent.clone(),
            now: hub.simulation.clock.now(),
            port,
        }
    }

    /// The user behind the request; the nil UUID for workers, as for all automatic changes.
    pub(crate) fn user_id(&self) -> Uuid {
        match self.caller.principal {
            Principal::User(id) => id,
            Principal::Anyone | Principal::Worker(_) => Uuid::nil(),
        }
    }

    /// Whether the caller has a permission in a space.
    pub(crate) fn permitted(&self, store: &Store, space: Uuid, needed: Permission) -> bool {
        self.caller.permitted(store, space, needed)
    }

    /// Refuses what the caller may not do in a space: 404 when it may not even read there.
    pub(crate) fn permit(&self, store: &Store, space: Uuid, needed: Permission) -> Result<(), ApiError> {
        if self.permitted(store, space, needed) {
            return Ok(());
        }
        match store.spaces.get(space) {
            Some(space) if self.caller.permitted_in(store, space, Permission::Read) => {
                Err(self.forbidden(&format!("in space {}", space.metadata.slug), needed))
            }
            _ => Err(ApiError::not_found(format!("Space {space} not found"))),
        }
    }

    /// Refuses to change an entity, as it is before or after the change, in a space where the caller may
    /// not do what the operation does.
    pub(crate) fn permit_change<E: Entity>(&self, store: &Store, entity: &E) -> Result<(), ApiError> {
        let needed = self.needed();
        let space: &dyn std::any::Any = entity;
        let Some(space) = space.downcast_ref::<Space>() else {
            return self.permit(store, entity.metadata().space_id, needed);
        };
        if self.caller.permitted_in(store, space, needed) {
            return Ok(());
        }
        Err(self.forbidden(&format!("in space {}", space.metadata.slug), needed))
    }

    /// The permission that changes by this operation ask for.
    pub(crate) fn needed(&self) -> Permission {
        match self.access {
            Access::Space(needed) => needed,
            _ => Permission::Write,
        }
    }

    /// The refusal that says who may not do what, and where.
    pub(crate) fn forbidden(&self, place: &str, needed: Permission) -> ApiError {
        let (who, what) = (self.caller.described(), self.operation.id);
        ApiError::forbidden(format!("{who} may not {what} {place}: that needs the permission `{}`", needed.name()))
    }

    /// Whether a record is there for the caller: what is in a space that it may not read is not.
    pub(crate) fn sees(&self, store: &Store, record: &dyn Record) -> bool {
        if self.caller.permitted_everywhere(Permission::Read) {
            return true;
        }
        match record.value("SpaceID") {
            Value::Uuid(space) => self.permitted(store, space, Permission::Read),
            _ => true,
        }
    }

    /// The entity with an id that the request names, if it is there for the caller.
    pub(crate) fn visible<'a, E: Entity + Stored>(&self, store: &'a Store, id: Uuid) -> Option<&'a E> {
        E::table(store).get(id).filter(|entity| self.sees(store, *entity))
    }

    /// Whether the caller may see a worker's secret.
    pub(crate) fn sees_secret(&self, store: &Store, worker: &BridgeWorker) -> bool {
        self.caller.sees_secret(store, worker)
    }

    /// Tells the observer and the audit trail what this request changed.
    pub(crate) fn report(&self, verb: Verb, kind: Kind, scope: Option<String>, name: &str, summary: String) {
        self.report_as(self.origin.clone(), verb, (kind, None), scope, name, summary);
    }

    /// The same, for a change that goes back to somebody else or whose entity is named by its id.
    pub(crate) fn report_as(
        &self,
        origin: Origin,
        verb: Verb,
        (kind, id): (Kind, Option<Uuid>),
        scope: Option<String>,
        name: &str,
        summary: String,
    ) {
        // A dry run changes nothing.
        if self.parameter("dry_run") == Some("true") {
            return;
        }
        self.notes.changed(verb, kind, id, scope.as_deref(), name, &summary);
        self.hub.simulation.observer.change(Change {
            system: SYSTEM.to_owned(),
            origin,
            at: self.now,
            verb,
            kind: kind.name().to_owned(),
            scope,
            name: name.to_owned(),
            summary,
        });
    }
}

/// The answer to a request that was not refused.
pub(crate) enum Reply {
    /// 200 with JSON.
    Json(Json),
    /// The items of a bulk operation: 200, or 207 when one of them, or a link cloned with it, has an
    /// `Error`.
    Items(Items),
    /// 200 with all items of a list.
    List(Items),
    /// 200 with bytes, such as configuration data.
    Octets(Vec<u8>),
}

impl IntoResponse for Reply {
    fn into_response(self) -> Response {
        match self {
            Self::Json(value) => axum::Json(value).into_response(),
            Self::Items(items) => {
                let status = if items.mixed { StatusCode::MULTI_STATUS } else { StatusCode::OK };
                let shortfall = items.shortfall();
                let mut response = items.answer(status);
                if let Some(shortfall) = shortfall {
                    response.extensions_mut().insert(shortfall);
                }
                response
            }
            Self::List(items) => items.answer(StatusCode::OK),
            Self::Octets(bytes) => {
                ([(header::CONTENT_TYPE, "application/octet-stream")], Body::from(bytes)).into_response()
            }
        }
    }
}
