//! Secrets of type `kubernetes.io/service-account-token`: filled with a token of their account, and
//! deleted with it (`k8s.io/kubernetes/pkg/controller/serviceaccount`, tokens controller).

use serde_json::json;

use super::{Context, Outcome};
use crate::access::secret_text;
use crate::access::tokens::{ACCOUNT_NAME, ACCOUNT_UID, is_token_secret};
use crate::api::status::ApiError;
use crate::store::Key;
use crate::store::object::{self, set_default};

const NAME: &str = "tokens-controller";

/// The token Secrets of an account's namespace, which look again when an account comes or goes.
pub(super) fn in_namespace(context: &Context, namespace: &str) -> Vec<Key> {
    let (secrets, _) = context.store.list("secrets", Some(namespace));
    let filled = secrets.iter().filter(|secret| is_token_secret(&secret.object));
    filled.map(|secret| Key::new("secrets", namespace, object::name(&secret.object))).collect()
}

/// Fills a token Secret, or deletes the one whose account is gone.
pub(super) fn reconcile(context: &Context, key: &Key) -> Result<Outcome, ApiError> {
    let Some(secret) = context.store.at(key).filter(|found| is_token_secret(&found.object)) else {
        return Ok(Outcome::Done);
    };
    let annotation = |name: &str| secret.object["metadata"]["annotations"][name].as_str().unwrap_or_default();
    let account = context.store.get("serviceaccounts", &key.namespace, annotation(ACCOUNT_NAME)).filter(|account| {
        let uid = annotation(ACCOUNT_UID);
        uid.is_empty() || uid == object::uid(&account.object)
    });
    let Some(account) = account else {
        context.delete(NAME, key, &secret.cause)?;
        return Ok(Outcome::Done);
    };
    let has = |field: &str| secret.object["data"][field].is_string();
    if ["token", "namespace", "ca.crt"].into_iter().all(has) && !annotation(ACCOUNT_UID).is_empty() {
        return Ok(Outcome::Done);
    }
    let token = if has("token") { None } else { Some(context.tokens.for_secret(&account.object, &secret.object)) };
    context.update(NAME, key, &secret.cause, |secret| {
        if let Some(token) = token {
            secret["data"]["token"] = json!(secret_text(&token));
        }
        set_default(secret, &["data", "namespace"], secret_text(&key.namespace));
        set_default(secret, &["data", "ca.crt"], secret_text(&context.root_certificate));
        secret["metadata"]["annotations"][ACCOUNT_UID] = json!(object::uid(&account.object));
    })?;
    Ok(Outcome::Done)
}
