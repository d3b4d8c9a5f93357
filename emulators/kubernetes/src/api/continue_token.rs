//! Where a list in pages goes on (`k8s.io/apiserver/pkg/storage/continue.go`).

use std::sync::LazyLock;

use base64::Engine;
use base64::engine::DecodePaddingMode;
use base64::engine::general_purpose::{GeneralPurpose, GeneralPurposeConfig, URL_SAFE_NO_PAD};
use serde::{Deserialize, Serialize};

use super::go_json;
use super::status::ApiError;

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

/// The token for what follows the object with the key `last` in a list of a namespace or of all of them. The list began
/// at `revision`.
///
/// Keys are told from the place on that all objects of the list share.
pub(super) fn write(last: &str, namespace: Option<&str>, revision: u64) -> String {
    let shared = namespace.map_or(0, |namespace| namespace.len() + 1);
    encode(format!("/{}\0", last.get(shared..).unwrap_or(last)), i64::try_from(revision).unwrap_or(i64::MAX))
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

/// Where a list goes on.
pub(super) struct Place {
    /// The first key that is still to be told.
    pub(super) key: String,
    /// The revision of the list; none when it is the latest.
    pub(super) revision: Option<u64>,
}

/// Reads a token of a list of a namespace or of all of them.
///
/// `oldest` is the first revision of which lists can still be told: older ones are a 410 with a token that goes on
/// with the latest.
pub(super) fn read(token: &str, namespace: Option<&str>, oldest: u64) -> Result<Place, ApiError> {
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
    // One slash at the beginning may be missing.
    let key = start.strip_prefix('/').unwrap_or(&start);
    if key.split('/').any(|part| ["", ".", ".."].contains(&part)) {
        return Err(bad(&format!(": {start}")));
    }
    let revision = u64::try_from(rv).ok();
    if revision.is_some_and(|revision| revision < oldest) {
        return Err(ApiError::continue_expired(encode(key.to_owned(), -1)));
    }
    let key = namespace.map_or_else(|| key.to_owned(), |namespace| format!("{namespace}/{key}"));
    Ok(Place { key, revision })
}
