//! Where a list in pages goes on (`k8s.io/apiserver/pkg/storage/continue.go`).

use std::sync::LazyLock;

use base64::Engine;
use base64::engine::DecodePaddingMode;
use base64::engine::general_purpose::{GeneralPurpose, GeneralPurposeConfig, URL_SAFE_NO_PAD};
use serde::{Deserialize, Serialize};

use super::go_json;
use super::status::ApiError;

/// Namespace and name.
pub(super) type Position = (String, String);

#[derive(Serialize, Deserialize)]
struct Token {
    #[serde(default)]
    v: String,
    #[serde(default)]
    rv: i64,
    #[serde(default)]
    start: String,
}

const VERSION: &str = "meta.k8s.io/v1";

/// The token for what follows `last` in a list that began at `revision`, or goes on with the latest (-1).
///
/// Keys are told without the namespace where the list is of one.
pub(super) fn write(last: &Position, of_namespace: bool, revision: i64) -> String {
    let (namespace, name) = last;
    let start =
        if of_namespace || namespace.is_empty() { format!("{name}\0") } else { format!("{namespace}/{name}\0") };
    encode(start, revision)
}

fn encode(start: String, rv: i64) -> String {
    let token = Token { v: VERSION.to_owned(), rv, start };
    URL_SAFE_NO_PAD.encode(serde_json::to_string(&token).unwrap_or_default())
}

/// As Go's `RawURLEncoding`, which does not mind the bits that are left over.
static LENIENT: LazyLock<GeneralPurpose> = LazyLock::new(|| {
    GeneralPurpose::new(
        &base64::alphabet::URL_SAFE,
        GeneralPurposeConfig::new()
            .with_decode_allow_trailing_bits(true)
            .with_decode_padding_mode(DecodePaddingMode::RequireNone),
    )
});

/// The first position that is still to be told, and the revision of the list; none when it is the latest.
///
/// `oldest` is the first revision of which lists can still be told: older ones are a 410 with a token that goes on
/// with the latest.
pub(super) fn read(token: &str, namespace: Option<&str>, oldest: u64) -> Result<(Position, Option<u64>), ApiError> {
    let bad =
        |detail: &str| ApiError::bad_request(format!("invalid continue token: continue key is not valid{detail}"));
    let bytes = LENIENT.decode(token).map_err(|_| bad(": illegal base64 data at input byte 0"))?;
    let value = go_json::value(&bytes).map_err(|detail| bad(&format!(": {detail}")))?;
    let Token { v, rv, start } = serde_json::from_value(value).map_err(|error| bad(&format!(": {error}")))?;
    if v != VERSION {
        return Err(bad(&format!(": server does not recognize this encoded version {v}")));
    }
    if rv == 0 {
        return Err(bad(": incorrect encoded start resourceVersion (version meta.k8s.io/v1)"));
    }
    if start.is_empty() {
        return Err(bad(": encoded start key empty (version meta.k8s.io/v1)"));
    }
    if start.trim_start_matches('/').split('/').any(|part| ["", ".", ".."].contains(&part)) {
        return Err(bad(&format!(": {start}")));
    }
    let revision = u64::try_from(rv).ok();
    if revision.is_some_and(|revision| revision < oldest) {
        return Err(ApiError::continue_expired(encode(start, -1)));
    }
    let start = start.trim_start_matches('/');
    let position = match (namespace, start.split_once('/')) {
        (Some(namespace), _) => (namespace.to_owned(), start.to_owned()),
        (None, Some((namespace, name))) => (namespace.to_owned(), name.to_owned()),
        (None, None) => (String::new(), start.to_owned()),
    };
    Ok((position, revision))
}
