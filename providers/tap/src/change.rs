//! Requests that change objects: what they are answered with is kept, so that the change leads back to them.

use std::sync::Arc;

use axum::body::{Body, to_bytes};
use axum::extract::Request;
use axum::response::Response;
use http::StatusCode;
use http::header::ACCEPT_ENCODING;
use serde_json::Value;
use stagegate_kubernetes::observation::Asked;
use stagegate_simulation::Origin;
use tower::BoxError;

use crate::api::Api;
use crate::effects::Answers;
use crate::made::{Made, OnMade};
use crate::proxy::{self, Next};

/// Sends a request on and keeps what it is answered with. It goes on when the client leaves: what it changes is still
/// that client's.
pub(crate) async fn forward(
    api: &Arc<Api>,
    asked: Asked,
    next: Next,
    mut request: Request,
    origin: Origin,
) -> Result<Response, BoxError> {
    let Some(answers) = api.answers.clone() else {
        return Ok(proxy::forward(next, request, &api.stop).await?.map(Body::new));
    };
    // Compressed, it could not be read on the way.
    request.headers_mut().remove(ACCEPT_ENCODING);
    let (stop, made) = (api.stop.clone(), api.made.clone());
    let answered = tokio::spawn(async move {
        let under_way = answers.begin();
        let mut awaited = None;
        if let Some(told) = &made {
            let (parts, body) = request.into_parts();
            let body = to_bytes(body, usize::MAX).await?;
            awaited = Made::wanted(&asked, &body).map(|wanted| told.asked(wanted));
            request = Request::from_parts(parts, Body::from(body));
        }
        let response = proxy::forward(next, request, &stop).await?;
        let (parts, body) = response.into_parts();
        let body = to_bytes(Body::new(body), usize::MAX).await?;
        if parts.status.is_success() {
            let created = made.filter(|_| parts.status == StatusCode::CREATED);
            keep((&answers, created.as_ref()), &asked, &body, &origin);
        }
        if let Some(awaited) = awaited {
            awaited.answered();
        }
        drop(under_way);
        Ok::<_, BoxError>(Response::from_parts(parts, Body::from(body)))
    });
    answered.await?
}

fn keep((answers, made): (&Answers, Option<&OnMade>), asked: &Asked, body: &[u8], origin: &Origin) {
    let Ok(answer) = serde_json::from_slice::<Value>(body) else {
        tracing::debug!(
            operation = asked.operation(),
            "an answer that is no JSON: its change will lead back to nobody"
        );
        return;
    };
    if let (Some(told), Some(made)) = (made, Made::by(asked, &answer)) {
        told.tell(made);
    }
    let place = asked.place();
    if asked.subresource() == "eviction" {
        answers.evicted(&place, origin);
    } else if asked.is_deletion() {
        answers.deleted(&place.0, &answer, origin);
    } else {
        answers.written(&place.0, &answer, origin);
    }
}
