//! Answers of the registry: documents, blobs and errors, after the OCI distribution specification 1.1.

use std::ops::Range;

use axum::body::Body;
use axum::response::{IntoResponse, Response};
use http::{HeaderMap, HeaderValue, StatusCode, header};
use serde_json::json;

use crate::image::Document;
use crate::layer::Layer;

/// An answer that is an error.
pub(crate) struct Refusal {
    pub(crate) status: StatusCode,
    /// One of the specification's codes, such as `MANIFEST_UNKNOWN`.
    pub(crate) code: &'static str,
    pub(crate) message: String,
}

impl Refusal {
    pub(crate) fn not_found(code: &'static str, message: String) -> Self {
        Self { status: StatusCode::NOT_FOUND, code, message }
    }
}

impl IntoResponse for Refusal {
    fn into_response(self) -> Response {
        let body = json!({ "errors": [{ "code": self.code, "message": self.message }] });
        (self.status, axum::Json(body)).into_response()
    }
}

/// A client must get a token from `token_url` first; it will be refused there.
pub(crate) fn unauthorized(token_url: &str, service: &str, repository: &str) -> Response {
    let challenge =
        format!("Bearer realm=\"{token_url}\",service=\"{service}\",scope=\"repository:{repository}:pull\"");
    let refusal =
        Refusal { status: StatusCode::UNAUTHORIZED, code: "UNAUTHORIZED", message: format!("{repository} is private") };
    let mut response = refusal.into_response();
    if let Ok(challenge) = HeaderValue::try_from(challenge) {
        response.headers_mut().insert(header::WWW_AUTHENTICATE, challenge);
    }
    response
}

/// A manifest or configuration. The server leaves the body of an answer to HEAD out by itself.
pub(crate) fn document(document: &Document, media_type: &'static str) -> Response {
    let headers = [(header::CONTENT_TYPE, media_type), (DIGEST, document.digest.as_str())];
    (headers, document.bytes.clone()).into_response()
}

const DIGEST: header::HeaderName = header::HeaderName::from_static("docker-content-digest");

/// A layer, or the part of it that the request's `Range` asks for.
pub(crate) fn layer(layer: &Layer, request: &HeaderMap) -> Response {
    let (status, range) = match range(request, layer.size) {
        Ok(None) => (StatusCode::OK, 0..layer.size),
        Ok(Some(range)) => (StatusCode::PARTIAL_CONTENT, range),
        Err(()) => {
            let headers = [(header::CONTENT_RANGE, format!("bytes */{}", layer.size))];
            return (StatusCode::RANGE_NOT_SATISFIABLE, headers).into_response();
        }
    };
    let mut headers = HeaderMap::new();
    let mut put = |name, value: String| {
        if let Ok(value) = HeaderValue::try_from(value) {
            headers.insert(name, value);
        }
    };
    put(header::CONTENT_TYPE, "application/octet-stream".to_owned());
    put(header::ACCEPT_RANGES, "bytes".to_owned());
    put(DIGEST, layer.digest.clone());
    put(header::CONTENT_LENGTH, (range.end - range.start).to_string());
    if status == StatusCode::PARTIAL_CONTENT {
        put(header::CONTENT_RANGE, format!("bytes {}-{}/{}", range.start, range.end - 1, layer.size));
    }
    (status, headers, stream(layer.clone(), range)).into_response()
}

fn stream(layer: Layer, range: Range<u64>) -> Body {
    Body::from_stream(futures::stream::try_unfold((layer, range), |(layer, range)| async move {
        if range.is_empty() {
            return Ok(None);
        }
        let read = tokio::task::spawn_blocking(move || {
            let chunk = layer.read(&range)?;
            let rest = range.start + chunk.len() as u64..range.end;
            Ok::<_, std::io::Error>(Some((chunk, (layer, rest))))
        });
        read.await.map_err(std::io::Error::other)?
    }))
}

/// The range of bytes that is asked for, `None` for all, an error for one that the content does not have (RFC 9110,
/// 14). Several ranges at once, and other units, are answered with all.
fn range(request: &HeaderMap, size: u64) -> Result<Option<Range<u64>>, ()> {
    let text = request.get(header::RANGE).and_then(|value| value.to_str().ok());
    let Some(spec) = text.and_then(|text| text.strip_prefix("bytes=")).filter(|spec| !spec.contains(',')) else {
        return Ok(None);
    };
    let Some((first, last)) = spec.split_once('-') else { return Ok(None) };
    let range = match (first.trim().parse::<u64>(), last.trim().parse::<u64>()) {
        (Ok(first), Ok(last)) => first..size.min(last.saturating_add(1)),
        (Ok(first), Err(_)) => first..size,
        (Err(_), Ok(suffix)) => size.saturating_sub(suffix)..size,
        (Err(_), Err(_)) => return Ok(None),
    };
    if range.is_empty() { Err(()) } else { Ok(Some(range)) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranges_are_read_as_http_defines_them() {
        for (text, expected) in [
            ("bytes=0-", Ok(Some(0..100))),
            ("bytes=10-19", Ok(Some(10..20))),
            ("bytes=90-200", Ok(Some(90..100))),
            ("bytes=-5", Ok(Some(95..100))),
            ("bytes=100-", Err(())),
            ("bytes=-0", Err(())),
            ("bytes=1-2,5-6", Ok(None)),
            ("lines=1-2", Ok(None)),
        ] {
            let headers = HeaderMap::from_iter([(header::RANGE, HeaderValue::from_static(text))]);
            assert_eq!(range(&headers, 100), expected, "{text}");
        }
        assert_eq!(range(&HeaderMap::new(), 100), Ok(None));
    }
}
