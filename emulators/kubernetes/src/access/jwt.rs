//! JSON Web Tokens, signed with ECDSA on P-256 (`ES256`, RFC 7518).
//!
//! A real API server takes such keys for service account tokens as well as the RSA keys that kubeadm
//! makes. The key is from the seed, and signatures are deterministic (RFC 6979).

use std::sync::{Arc, OnceLock};

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use p256::ecdsa::signature::{Signer as _, Verifier as _};
use p256::ecdsa::{Signature, SigningKey, VerifyingKey};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use stagegate_simulation::Seed;

/// A key of the cluster, made when it is first used. Clones share it.
#[derive(Clone)]
pub(crate) struct Key {
    seed: Seed,
    series: &'static str,
    made: Arc<OnceLock<SigningKey>>,
}

impl Key {
    /// The key that the seed gives for `series`.
    pub(crate) fn new(seed: &Seed, series: &'static str) -> Self {
        Self { seed: seed.clone(), series, made: Arc::default() }
    }

    pub(crate) fn signing(&self) -> &SigningKey {
        self.made.get_or_init(|| {
            loop {
                let digest =
                    Sha256::new().chain_update(self.seed.uuid(self.series)).chain_update(self.seed.uuid(self.series));
                // All but about one in 2^32 digests are keys.
                if let Ok(key) = SigningKey::from_bytes(&digest.finalize()) {
                    return key;
                }
            }
        })
    }

    fn id(&self) -> String {
        let point = VerifyingKey::from(self.signing()).to_encoded_point(true);
        URL_SAFE_NO_PAD.encode(Sha256::digest(point.as_bytes()))
    }

    /// The token that says `claims`.
    pub(crate) fn sign(&self, claims: &Value) -> String {
        let encode = |value: &Value| URL_SAFE_NO_PAD.encode(value.to_string());
        let said = format!("{}.{}", encode(&json!({"alg": "ES256", "kid": self.id()})), encode(claims));
        let signature: Signature = self.signing().sign(said.as_bytes());
        format!("{said}.{}", URL_SAFE_NO_PAD.encode(signature.to_bytes()))
    }

    /// What a token says; `None` for one that this key has not signed.
    pub(crate) fn verify(&self, token: &str) -> Option<Value> {
        let (said, signature) = token.rsplit_once('.')?;
        let signature = Signature::from_slice(&URL_SAFE_NO_PAD.decode(signature).ok()?).ok()?;
        VerifyingKey::from(self.signing()).verify(said.as_bytes(), &signature).ok()?;
        let (_, claims) = said.split_once('.')?;
        serde_json::from_slice(&URL_SAFE_NO_PAD.decode(claims).ok()?).ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_was_signed_is_believed() {
        let key = Key::new(&Seed::new(7), "test");
        let token = key.sign(&json!({"sub": "a"}));
        assert_eq!(key.verify(&token), Some(json!({"sub": "a"})));
        assert_eq!(Key::new(&Seed::new(7), "test").sign(&json!({"sub": "a"})), token, "the same seed, the same token");
        assert_eq!(Key::new(&Seed::new(8), "test").verify(&token), None);
        let other = URL_SAFE_NO_PAD.encode(json!({"sub": "b"}).to_string());
        let parts: Vec<_> = token.split('.').collect();
        assert_eq!(key.verify(&format!("{}.{other}.{}", parts[0], parts[2])), None);
        assert_eq!(key.verify("no-token"), None);
    }
}
