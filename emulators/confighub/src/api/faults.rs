//! The rules for faults over HTTP: `/stagegate/faults`, which is ours and outside of the API.
//!
//! | request | answer |
//! |---|---|
//! | `GET /stagegate/faults` | `{"rules": […], "removed": […]}`, each with its phase and counters |
//! | `POST /stagegate/faults` | adds the rule, or the list of rules, of the YAML or JSON body; gives them with their ids |
//! | `DELETE /stagegate/faults`, `?label=L` | removes all rules, or those with a label; gives them as they were |
//! | `DELETE /stagegate/faults/{id}` | removes one rule; gives it as it was |
//!
//! Only those may call who administer the hub. No rule ever meets these requests, but a hub that is down
//! cannot be told to come back: over HTTP an outage needs an end.

use std::collections::HashMap;
use std::sync::Arc;

use axum::body::Bytes;
use axum::extract::{Path, Query, State};
use axum::http::{HeaderMap, header};
use axum::response::Json;
use axum::routing::{delete, get};
use axum::{Router, middleware};
use serde_json::{Value, json};
use stagegate_simulation::{Effect, FaultFileError, FaultId, FaultRule, FaultState, parse_placed_fault_rules};

use crate::error::ApiError;
use crate::faulty::check_fault_rule;
use crate::hub::HubState;

type Answer = Result<Json<Value>, ApiError>;

/// The routes, with the check that the caller may.
pub(crate) fn router(hub: Arc<HubState>) -> Router {
    Router::new()
        .route("/stagegate/faults", get(list).post(add).delete(remove_all))
        .route("/stagegate/faults/{id}", delete(remove))
        .layer(middleware::from_fn_with_state(Arc::clone(&hub), admit))
        .with_state(hub)
}

async fn admit(
    State(hub): State<Arc<HubState>>,
    headers: HeaderMap,
    request: axum::extract::Request,
    next: middleware::Next,
) -> Result<axum::response::Response, ApiError> {
    let authorization = headers.get(header::AUTHORIZATION).and_then(|value| value.to_str().ok());
    hub.check_administrator(authorization)?;
    Ok(next.run(request).await)
}

async fn list(State(hub): State<Arc<HubState>>) -> Json<Value> {
    let faults = &hub.simulation.faults;
    Json(json!({"rules": faults.list(), "removed": faults.removed()}))
}

async fn add(State(hub): State<Arc<HubState>>, body: Bytes) -> Answer {
    let text = std::str::from_utf8(&body).map_err(|_| ApiError::bad_request("request body: not text".to_owned()))?;
    let refuse = |error: FaultFileError| ApiError::bad_request(format!("request body: {error}; {}", error.help));
    let rules = parse_placed_fault_rules(text).map_err(refuse)?;
    if rules.is_empty() {
        return Err(ApiError::bad_request("request body: no rule in it".to_owned()));
    }
    // All before the first one is added: a refused request changes nothing.
    for (number, placed) in (1..).zip(&rules) {
        check_fault_rule(&placed.rule).map_err(|error| refuse(FaultFileError::of_rule(number, placed.at, &error)))?;
    }
    let rules: Vec<FaultRule> = rules.into_iter().map(|placed| placed.rule).collect();
    if rules.iter().any(is_endless_outage) {
        return Err(ApiError::bad_request("match.for: an outage that is asked for over HTTP needs an end".to_owned()));
    }
    let faults = &hub.simulation.faults;
    let added: Result<Vec<FaultId>, _> = rules.into_iter().map(|rule| faults.add(rule)).collect();
    let added = added.map_err(|error| ApiError::bad_request(error.to_string()))?;
    let states: Vec<FaultState> = faults.list().into_iter().filter(|state| added.contains(&state.id)).collect();
    Ok(Json(json!({"rules": states})))
}

fn is_endless_outage(rule: &FaultRule) -> bool {
    matches!(rule.effect, Effect::Down(_)) && rule.matching.lasting.is_none()
}

async fn remove_all(State(hub): State<Arc<HubState>>, Query(query): Query<HashMap<String, String>>) -> Answer {
    // A misspelt one would remove all rules.
    if let Some(unknown) = query.keys().find(|name| *name != "label") {
        return Err(ApiError::bad_request(format!("{unknown}: unknown parameter")));
    }
    let faults = &hub.simulation.faults;
    let removed = match query.get("label") {
        Some(label) => faults.remove_labelled(label),
        None => faults.clear(),
    };
    Ok(Json(json!({"removed": removed})))
}

async fn remove(State(hub): State<Arc<HubState>>, Path(id): Path<String>) -> Answer {
    let number = id.parse().map_err(|_| ApiError::bad_request(format!("id: `{id}` is not a number")))?;
    let removed = hub.simulation.faults.remove(FaultId(number));
    removed.map(|state| Json(json!(state))).ok_or_else(|| ApiError::not_found(format!("fault rule {id} not found")))
}
