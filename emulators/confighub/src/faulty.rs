//! What rules for faults must know of the hub's requests.

use std::sync::Arc;

use axum::extract::MatchedPath;
use axum::http::request::Parts;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse as _, Response};
use stagegate_simulation::{Effect, FaultError, FaultRule, FaultyApi, Subject};

use crate::api::{self, Call, SYSTEM, operations};
use crate::error::ApiError;
use crate::hub::HubState;
use crate::identity::Role;
use crate::quota;

/// The hub's API, for the layer that injects faults.
pub(crate) struct HubApi(pub(crate) Arc<HubState>);

impl FaultyApi for HubApi {
    fn operation(&self, request: &Parts) -> Option<String> {
        let path = request.extensions.get::<MatchedPath>()?.as_str().strip_prefix("/api")?;
        let mut all = operations();
        let found = all.find(|operation| operation.method == request.method && operation.path == path);
        found.map(|operation| operation.id.to_owned())
    }

    fn principal(&self, request: &Parts) -> Option<String> {
        let authorization = request.headers.get(header::AUTHORIZATION)?.to_str().ok()?;
        self.0.caller(Some(authorization)).ok().map(|(caller, _)| caller.name)
    }

    /// The caller in its organization: a user's answers differ from one organization to the other.
    fn audience(&self, request: &Parts) -> Option<String> {
        let authorization = request.headers.get(header::AUTHORIZATION)?.to_str().ok()?;
        let (caller, _) = self.0.caller(Some(authorization)).ok()?;
        Some(format!("{:?} in {}", caller.principal, caller.organization))
    }

    fn refuse(&self, status: StatusCode, message: String) -> Response {
        ApiError { status, message }.into_response()
    }
}

/// Refuses a rule that could never do anything at a hub, as one for an operation that there is not.
///
/// # Errors
///
/// [`FaultError`] for the first such field.
pub fn check_fault_rule(rule: &FaultRule) -> Result<(), FaultError> {
    rule.check()?;
    if rule.matching.system.as_deref().is_some_and(|system| system != SYSTEM) {
        return Ok(());
    }
    if let Some(pattern) = &rule.matching.operation
        && !operations().any(|operation| rule.matching.fits_operation(operation.id))
    {
        let nearest = operations().min_by_key(|operation| strsim::damerau_levenshtein(operation.id, pattern));
        let nearest = nearest.map(|operation| format!("; the nearest is {}", operation.id)).unwrap_or_default();
        let reason = format!("no operation of the hub is called `{pattern}`{nearest}");
        return Err(FaultError {
            field: "match.operation",
            reason,
            help: "take an operation id of the API's description",
        });
    }
    if let Some(pattern) = &rule.matching.path
        && !api::routes().any(|route| rule.matching.fits_route(&route))
    {
        return Err(FaultError {
            field: "match.path",
            reason: format!("no path of the hub fits `{pattern}`"),
            help: "paths begin with /api or /auth; `*` stands for one segment, `**` for any number of them",
        });
    }
    if let Effect::Quota { entity_type, .. } = &rule.effect {
        let field = "effect.quota.entity-type";
        let help = "take the type as the API calls it";
        quota::known(entity_type).map_err(|error| FaultError { field, reason: error.to_string(), help })?;
    }
    Ok(())
}

impl HubState {
    /// Refuses those who do not administer the environment's own organization.
    pub(crate) fn check_administrator(&self, authorization: Option<&str>) -> Result<(), ApiError> {
        let (caller, _) = self.caller(authorization)?;
        let administers = caller.role().is_some_and(Role::administers) && caller.organization == self.primary();
        if administers {
            return Ok(());
        }
        Err(ApiError::forbidden(format!("{} may not see or change faults: it is no administrator", caller.described())))
    }
}

/// Refuses one more entity than a rule for faults allows, with the hosted service's text.
pub(crate) fn check_quota(call: &Call<'_>, entity_type: &str, present: usize) -> Result<(), ApiError> {
    let faults = &call.hub.simulation.faults;
    if faults.is_empty() {
        return Ok(());
    }
    match faults.quota(&subject(call), entity_type, u64::try_from(present).unwrap_or(u64::MAX)) {
        Some(_) => Err(ApiError::forbidden(quota::exceeded(entity_type))),
        None => Ok(()),
    }
}

/// The request behind a call, for rules that the emulator itself asks.
pub(crate) fn subject(call: &Call<'_>) -> Subject {
    let template = format!("/api{}", call.operation.path);
    let path = call.path.iter().fold(template, |path, (name, value)| path.replace(&format!("{{{name}}}"), value));
    Subject {
        system: SYSTEM,
        operation: Some(call.operation.id.to_owned()),
        method: call.operation.method.to_string(),
        path,
        principal: Some(call.caller.name.clone()),
        user_agent: call.user_agent.clone(),
        origin: call.origin.clone(),
    }
}
