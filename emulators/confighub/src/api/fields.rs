//! The fields of a request's body as a type, or a refusal by the name of what is wrong.

use serde::de::DeserializeOwned;
use serde_json::{Map, Value as Json};

use crate::error::ApiError;

/// Reads a body all of whose fields may be missing, as far as its type goes, but for the `required` ones.
/// A null counts as missing; so does a nil UUID or an empty text where something is required.
pub(crate) fn fields<T: DeserializeOwned>(mut body: Map<String, Json>, required: &[&str]) -> Result<T, ApiError> {
    body.retain(|_, value| !value.is_null());
    let missing = required.iter().find(|field| body.get(**field).is_none_or(is_nothing)).copied();
    if let Some(field) = missing {
        // What is there is looked at first: a wrong field is worse than a missing one.
        culprit::<T>(&body).map_or(Ok(()), Err)?;
        return Err(ApiError::bad_request(format!("{field} is required")));
    }
    match serde_json::from_value(Json::Object(body.clone())) {
        Ok(read) => Ok(read),
        Err(error) => {
            Err(culprit::<T>(&body).unwrap_or_else(|| ApiError::bad_request(format!("request body: {error}"))))
        }
    }
}

fn is_nothing(value: &Json) -> bool {
    value.as_str().is_some_and(|text| text.is_empty() || text.parse().ok() == Some(uuid::Uuid::nil()))
}

/// The refusal of the field that cannot be read by itself either.
fn culprit<T: DeserializeOwned>(body: &Map<String, Json>) -> Option<ApiError> {
    body.iter().find_map(|(field, value)| {
        let alone = Map::from_iter([(field.clone(), value.clone())]);
        let error = serde_json::from_value::<T>(Json::Object(alone)).err()?;
        Some(ApiError::bad_request(format!("{field}: {error}")))
    })
}
