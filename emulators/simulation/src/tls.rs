//! TLS on the port that also serves clear text: the first byte of a connection tells which it is.

use std::io;
use std::sync::Arc;

use tokio::net::TcpStream;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::pki_types::{CertificateDer, PrivateKeyDer};
use tokio_rustls::rustls::server::WebPkiClientVerifier;
use tokio_rustls::rustls::{RootCertStore, ServerConfig};
use tokio_rustls::server::TlsStream;

/// The first byte of a TLS handshake (RFC 8446, 5.1: content type `handshake`).
const HANDSHAKE: u8 = 0x16;

/// What a server shows its clients, and whose certificates it takes from them.
#[derive(Clone)]
pub struct Tls {
    acceptor: TlsAcceptor,
}

/// The certificate by which a client made itself known, in DER; a request's extension.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct ClientCertificate(pub Vec<u8>);

/// A certificate or key that cannot be served with.
#[derive(Debug, thiserror::Error)]
#[error("no TLS can be served: {0}")]
pub struct TlsError(String);

impl Tls {
    /// Serves `certificate` with `key` (PKCS #8). Clients may present a certificate signed by `authority`;
    /// one that is not breaks the handshake. All are DER.
    pub fn new(authority: &[u8], certificate: &[u8], key: &[u8]) -> Result<Self, TlsError> {
        let fail = |error: &dyn std::fmt::Display| TlsError(error.to_string());
        let provider = Arc::new(tokio_rustls::rustls::crypto::ring::default_provider());
        let mut roots = RootCertStore::empty();
        roots.add(CertificateDer::from(authority.to_vec())).map_err(|error| fail(&error))?;
        let clients = WebPkiClientVerifier::builder_with_provider(Arc::new(roots), Arc::clone(&provider))
            .allow_unauthenticated()
            .build()
            .map_err(|error| fail(&error))?;
        let key = PrivateKeyDer::try_from(key.to_vec()).map_err(|error| fail(&error))?;
        let mut config = ServerConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .map_err(|error| fail(&error))?
            .with_client_cert_verifier(clients)
            .with_single_cert(vec![CertificateDer::from(certificate.to_vec())], key)
            .map_err(|error| fail(&error))?;
        config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
        Ok(Self { acceptor: TlsAcceptor::from(Arc::new(config)) })
    }

    /// Shakes hands if the client begins to; gives back a connection in clear text.
    pub(crate) async fn accept(&self, stream: TcpStream) -> io::Result<Accepted> {
        let mut first = [0];
        if stream.peek(&mut first).await? == 0 || first[0] != HANDSHAKE {
            return Ok(Accepted::Clear(stream));
        }
        let stream = self.acceptor.accept(stream).await?;
        let presented = stream.get_ref().1.peer_certificates().and_then(<[_]>::first);
        let certificate = presented.map(|certificate| ClientCertificate(certificate.to_vec()));
        Ok(Accepted::Secured(Box::new(stream), certificate))
    }
}

/// A connection, and the certificate of the client when it presented one.
pub(crate) enum Accepted {
    Clear(TcpStream),
    Secured(Box<TlsStream<TcpStream>>, Option<ClientCertificate>),
}

impl std::fmt::Debug for Tls {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Tls")
    }
}
