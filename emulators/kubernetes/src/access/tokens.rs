//! Tokens of service accounts (`k8s.io/kubernetes/pkg/serviceaccount`): what they say, and whether
//! they are still good.

use std::collections::{BTreeMap, HashMap};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};

use super::User;
use super::jwt::Key;
use crate::store::Store;
use crate::store::object::{self, text};

/// Who issues the tokens, and for whom they are when nothing else is asked.
pub(crate) const ISSUER: &str = "https://kubernetes.default.svc.cluster.local";
const LEGACY_ISSUER: &str = "kubernetes/serviceaccount";
/// Clocks may differ by that much (`go-jose/jwt.DefaultLeeway`).
const LEEWAY: SignedDuration = SignedDuration::from_secs(60);
/// What kubelets ask for. Such tokens live a year, and their use after this time is only noted.
const KUBELET_SECONDS: i64 = 3607;
const YEAR_SECONDS: i64 = 365 * 24 * 3600;

/// What a token is bound to beside its account: it dies with that.
pub(crate) struct Bound {
    /// `pod`, `secret` or `node`.
    pub(crate) kind: &'static str,
    pub(crate) object: Arc<Value>,
}

/// A token that is believed.
pub(crate) struct Authenticated {
    pub(crate) user: User,
    /// Those of the token among those that were asked for.
    pub(crate) audiences: Vec<String>,
}

/// Issues and checks tokens. Clones share what they know.
#[derive(Clone)]
pub(crate) struct Tokens {
    store: Store,
    key: Key,
    /// What tokens say whose signature was checked already.
    verified: Arc<Mutex<HashMap<String, Arc<Value>>>>,
}

impl Tokens {
    pub(crate) fn new(store: &Store) -> Self {
        let key = Key::new(&store.simulation.seed, "kubernetes-token-key");
        Self { store: store.clone(), key, verified: Arc::default() }
    }

    /// A token for `seconds`, and until when it is good.
    pub(crate) fn issue(
        &self,
        account: &Value,
        audiences: &[String],
        seconds: i64,
        bound: Option<&Bound>,
    ) -> (String, Timestamp) {
        let (namespace, name) = (object::namespace(account), object::name(account));
        let simulation = &self.store.simulation;
        let now = simulation.clock.now();
        let until = now + SignedDuration::from_secs(seconds);
        let reference = |object: &Value| json!({"name": object::name(object), "uid": object::uid(object)});
        let mut place = json!({"namespace": namespace, "serviceaccount": reference(account)});
        if let Some(bound) = bound {
            place[bound.kind] = reference(&bound.object);
            if let Some(node) = self.store.get("nodes", "", text(&bound.object, "/spec/nodeName")) {
                place["node"] = reference(&node.object);
            }
        }
        let mut expires = until;
        if seconds == KUBELET_SECONDS && bound.is_some_and(|bound| bound.kind == "pod") {
            place["warnafter"] = json!(until.as_second());
            expires = now + SignedDuration::from_secs(YEAR_SECONDS);
        }
        // A series for each account, so that Pods that start at once do not take each other's tokens.
        let id = simulation.seed.uuid(&format!("kubernetes-token/{namespace}/{name}"));
        let claims = json!({
            "aud": audiences,
            "exp": expires.as_second(),
            "iat": now.as_second(),
            "iss": ISSUER,
            "jti": id.to_string(),
            "kubernetes.io": place,
            "nbf": now.as_second(),
            "sub": User::service_account(namespace, name, "").name,
        });
        (self.sign(claims), until)
    }

    /// The token a kubelet mounts into a Pod; none for an account that is not there.
    pub(crate) fn for_pod(&self, pod: Arc<Value>) -> Option<String> {
        let name = text(&pod, "/spec/serviceAccountName");
        let account = self.store.get("serviceaccounts", object::namespace(&pod), name)?;
        let bound = Bound { kind: "pod", object: pod };
        Some(self.issue(&account.object, &[ISSUER.to_owned()], KUBELET_SECONDS, Some(&bound)).0)
    }

    /// The token that goes into a Secret of type `kubernetes.io/service-account-token`.
    pub(crate) fn for_secret(&self, account: &Value, secret: &Value) -> String {
        let namespace = object::namespace(account);
        self.sign(json!({
            "iss": LEGACY_ISSUER,
            "kubernetes.io/serviceaccount/namespace": namespace,
            "kubernetes.io/serviceaccount/secret.name": object::name(secret),
            "kubernetes.io/serviceaccount/service-account.name": object::name(account),
            "kubernetes.io/serviceaccount/service-account.uid": object::uid(account),
            "sub": User::service_account(namespace, object::name(account), "").name,
        }))
    }

    fn sign(&self, claims: Value) -> String {
        let token = self.key.sign(&claims);
        self.store.simulation.observer.secret(&token);
        self.verified().insert(token.clone(), Arc::new(claims));
        token
    }

    /// Who the bearer of a token is; an error says what is wrong beside that it is not valid.
    ///
    /// `now` is the time by which it is judged.
    pub(crate) fn authenticate(
        &self,
        token: &str,
        audiences: &[String],
        now: Timestamp,
    ) -> Result<Authenticated, Option<String>> {
        let claims = self.claims(token).ok_or(None)?;
        if text(&claims, "/iss") == LEGACY_ISSUER {
            self.legacy(token, &claims, audiences)
        } else {
            self.modern(&claims, audiences, now)
        }
        .map_err(Some)
    }

    fn claims(&self, token: &str) -> Option<Arc<Value>> {
        if let Some(known) = self.verified().get(token) {
            return Some(Arc::clone(known));
        }
        let claims = Arc::new(self.key.verify(token)?);
        self.verified().insert(token.to_owned(), Arc::clone(&claims));
        Some(claims)
    }

    fn modern(&self, claims: &Value, wanted: &[String], now: Timestamp) -> Result<Authenticated, String> {
        let texts = |value: &Value| -> Vec<String> {
            value.as_array().into_iter().flatten().filter_map(|one| one.as_str().map(str::to_owned)).collect()
        };
        let said = texts(&claims["aud"]);
        let audiences: Vec<_> = wanted.iter().filter(|one| said.contains(one)).cloned().collect();
        if audiences.is_empty() {
            let quoted = super::rule::quoted;
            return Err(format!(
                "token audiences {} is invalid for the target audiences {}",
                quoted(&said),
                quoted(wanted)
            ));
        }
        let expires = claims["exp"].as_i64().and_then(|at| Timestamp::from_second(at).ok()).unwrap_or_default();
        if now > expires + LEEWAY {
            return Err("service account token has expired".to_owned());
        }
        let begins = claims["nbf"].as_i64().and_then(|at| Timestamp::from_second(at).ok()).unwrap_or_default();
        if now + LEEWAY < begins {
            return Err("service account token is not valid yet".to_owned());
        }
        let place = &claims["kubernetes.io"];
        let namespace = text(place, "/namespace");
        let account = self.alive("serviceaccounts", "service account", namespace, &place["serviceaccount"])?;
        let id = format!("JTI={}", text(claims, "/jti"));
        let mut extra = BTreeMap::from([("authentication.kubernetes.io/credential-id".to_owned(), vec![id])]);
        for (field, resource, what) in
            [("secret", "secrets", "secret"), ("pod", "pods", "pod"), ("node", "nodes", "node")]
        {
            let reference = &place[field];
            if !reference.is_object() {
                continue;
            }
            // A node that is gone ends only tokens bound to it, not those of its Pods.
            if field != "node" || !place["pod"].is_object() {
                self.alive(resource, what, if field == "node" { "" } else { namespace }, reference)?;
            }
            if field != "secret" {
                for part in ["name", "uid"] {
                    let key = format!("authentication.kubernetes.io/{field}-{part}");
                    extra.insert(key, vec![reference[part].as_str().unwrap_or_default().to_owned()]);
                }
            }
        }
        let mut user = User::service_account(namespace, object::name(&account), object::uid(&account));
        user.extra = extra;
        Ok(Authenticated { user, audiences })
    }

    /// The object a token is bound to, as long as it is the same one and not deleted.
    fn alive(&self, resource: &str, what: &str, namespace: &str, reference: &Value) -> Result<Arc<Value>, String> {
        let (name, uid) = (text(reference, "/name"), text(reference, "/uid"));
        let found =
            self.store.get(resource, namespace, name).ok_or_else(|| format!("{resource} {name:?} not found"))?;
        if object::uid(&found.object) != uid {
            let found = object::uid(&found.object);
            return Err(format!("{what} UID ({found}) does not match claim ({uid})"));
        }
        let deleted = object::parse_time(text(&found.object, "/metadata/deletionTimestamp"));
        if deleted.is_some_and(|at| self.store.simulation.clock.now() > at + LEEWAY) {
            return Err(format!("{what} {namespace}/{name} has been deleted"));
        }
        Ok(found.object)
    }

    fn legacy(&self, token: &str, claims: &Value, wanted: &[String]) -> Result<Authenticated, String> {
        let said = |field: &str| claims[format!("kubernetes.io/serviceaccount/{field}")].as_str().unwrap_or_default();
        if !wanted.iter().any(|one| one == ISSUER) {
            let own = super::rule::quoted(&[ISSUER.to_owned()]);
            let wanted = super::rule::quoted(wanted);
            return Err(format!("token audiences {own} is invalid for the target audiences {wanted}"));
        }
        let namespace = said("namespace");
        let invalid = || "token has been invalidated".to_owned();
        let secret = self.store.get("secrets", namespace, said("secret.name")).ok_or_else(invalid)?;
        if text(&secret.object, "/data/token") != super::secret_text(token) {
            return Err(invalid());
        }
        let reference = json!({"name": said("service-account.name"), "uid": said("service-account.uid")});
        let account = self.alive("serviceaccounts", "service account", namespace, &reference)?;
        let user = User::service_account(namespace, object::name(&account), object::uid(&account));
        Ok(Authenticated { user, audiences: vec![ISSUER.to_owned()] })
    }

    fn verified(&self) -> MutexGuard<'_, HashMap<String, Arc<Value>>> {
        self.verified.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Whether a Secret is one that is filled with a token.
pub(crate) fn is_token_secret(secret: &Value) -> bool {
    text(secret, "/type") == TOKEN_SECRET
}

/// The type of Secrets that are filled with a token.
pub(crate) const TOKEN_SECRET: &str = "kubernetes.io/service-account-token";
/// The annotation of such a Secret that names its account.
pub(crate) const ACCOUNT_NAME: &str = "kubernetes.io/service-account.name";
/// The annotation of such a Secret with the account's uid.
pub(crate) const ACCOUNT_UID: &str = "kubernetes.io/service-account.uid";
