//! The cluster's certificate authority: what the API serves with, and what clients log in with.
//!
//! Keys are random, not of the environment's seed: no library makes a private key from one, for good
//! reasons. Nothing of them is in what a run records.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use jiff::{SignedDuration, Timestamp};
use rcgen::{
    BasicConstraints, CertificateParams, CertifiedIssuer, DistinguishedName, DnType, ExtendedKeyUsagePurpose, IsCa,
    KeyPair, KeyUsagePurpose,
};
use stagegate_simulation::{ClientCertificate, Tls};

/// The names and addresses under which the API can be reached.
const NAMES: [&str; 7] = [
    "127.0.0.1",
    "10.96.0.1",
    "localhost",
    "kubernetes",
    "kubernetes.default",
    "kubernetes.default.svc",
    "kubernetes.default.svc.cluster.local",
];

/// How long kubeadm's client certificates are good.
const LIFETIME: SignedDuration = SignedDuration::from_hours(365 * 24);

/// A certificate with its key, both PEM.
pub(crate) struct Issued {
    pub(crate) certificate: String,
    pub(crate) key: String,
}

/// Who a client certificate was issued to: its common name and its organization
/// (kubernetes.io, "X.509 client certificate authentication").
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Subject {
    pub(crate) name: String,
    pub(crate) group: String,
    /// From when to when it is good. The certificate itself does not say so: TLS goes by the wall's clock.
    pub(crate) valid: (Timestamp, Timestamp),
}

impl Subject {
    /// Whether the certificate is good at a time.
    pub(crate) fn is_valid_at(&self, at: Timestamp) -> bool {
        (self.valid.0..=self.valid.1).contains(&at)
    }
}

/// No certificate could be made.
#[derive(Debug, thiserror::Error)]
#[error("the cluster's certificates could not be made: {0}")]
pub struct CertificateError(pub(crate) String);

impl CertificateError {
    fn of(error: impl std::fmt::Display) -> Self {
        Self(error.to_string())
    }
}

/// The authority of one cluster. Clones share it.
#[derive(Clone)]
pub struct Authority {
    issuer: Arc<CertifiedIssuer<'static, KeyPair>>,
    issued: Arc<Mutex<HashMap<ClientCertificate, Subject>>>,
}

impl Authority {
    /// An authority with a new key.
    pub fn new() -> Result<Self, CertificateError> {
        let mut params = CertificateParams::new(["kubernetes".to_owned()]).map_err(CertificateError::of)?;
        params.distinguished_name = named("kubernetes", "");
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        params.key_usages =
            vec![KeyUsagePurpose::DigitalSignature, KeyUsagePurpose::KeyEncipherment, KeyUsagePurpose::KeyCertSign];
        let key = KeyPair::generate().map_err(CertificateError::of)?;
        let issuer = CertifiedIssuer::self_signed(params, key).map_err(CertificateError::of)?;
        Ok(Self { issuer: Arc::new(issuer), issued: Arc::default() })
    }

    /// Its certificate, PEM: what `kube-root-ca.crt` and kubeconfigs hold.
    pub fn pem(&self) -> String {
        self.issuer.pem()
    }

    /// What the API serves with: a certificate for loopback and the names a cluster's API has inside.
    pub fn serving(&self) -> Result<Tls, CertificateError> {
        let mut params = CertificateParams::new(NAMES.map(str::to_owned)).map_err(CertificateError::of)?;
        params.distinguished_name = named("kube-apiserver", "");
        params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
        let key = KeyPair::generate().map_err(CertificateError::of)?;
        let certificate = params.signed_by(&key, &*self.issuer).map_err(CertificateError::of)?;
        Tls::new(self.issuer.der(), certificate.der(), &key.serialize_der()).map_err(CertificateError::of)
    }

    /// A certificate for a client.
    pub(crate) fn issue(&self, name: &str, group: &str, now: Timestamp) -> Result<Issued, CertificateError> {
        let mut params = CertificateParams::default();
        params.distinguished_name = named(name, group);
        params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ClientAuth];
        let key = KeyPair::generate().map_err(CertificateError::of)?;
        let certificate = params.signed_by(&key, &*self.issuer).map_err(CertificateError::of)?;
        let subject = Subject { name: name.to_owned(), group: group.to_owned(), valid: (now, now + LIFETIME) };
        let known = ClientCertificate(certificate.der().to_vec());
        self.issued.lock().unwrap_or_else(PoisonError::into_inner).insert(known, subject);
        Ok(Issued { certificate: certificate.pem(), key: key.serialize_pem() })
    }

    /// Who a certificate was issued to.
    pub(crate) fn subject(&self, certificate: &ClientCertificate) -> Option<Subject> {
        self.issued.lock().unwrap_or_else(PoisonError::into_inner).get(certificate).cloned()
    }
}

fn named(name: &str, group: &str) -> DistinguishedName {
    let mut names = DistinguishedName::new();
    if !group.is_empty() {
        names.push(DnType::OrganizationName, group);
    }
    names.push(DnType::CommonName, name);
    names
}

impl std::fmt::Debug for Authority {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Authority")
    }
}
