//! What is in the way of a connection, as far as that can be told apart.

use std::error::Error;
use std::io;

use tokio_rustls::rustls::{CertificateError, Error as TlsError};

/// What is in the way of a connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Obstacle {
    /// The certificate of the other side is of no authority that is trusted.
    Authority,
    /// Its certificate is one for other names.
    Name,
    /// Its certificate is not good any more, or not yet.
    Time,
    /// Its certificate cannot be used.
    Certificate,
    /// It does not speak TLS.
    ClearText,
    /// All else: nobody is there, or the connection broke.
    Connection,
}

impl Obstacle {
    /// Looks through an error and what led to it.
    pub(crate) fn of(error: &(dyn Error + 'static)) -> Self {
        let mut next = Some(error);
        while let Some(one) = next {
            if let Some(tls) = tls_error(one) {
                return Self::of_tls(tls);
            }
            next = one.source();
        }
        Self::Connection
    }

    fn of_tls(error: &TlsError) -> Self {
        use CertificateError as E;
        match error {
            TlsError::InvalidCertificate(E::UnknownIssuer) => Self::Authority,
            TlsError::InvalidCertificate(E::NotValidForName | E::NotValidForNameContext { .. }) => Self::Name,
            TlsError::InvalidCertificate(
                E::Expired | E::ExpiredContext { .. } | E::NotValidYet | E::NotValidYetContext { .. },
            ) => Self::Time,
            // A server that signed for itself is its own authority.
            TlsError::InvalidCertificate(E::Other(other)) if other.to_string().contains("CaUsedAsEndEntity") => {
                Self::Authority
            }
            TlsError::InvalidCertificate(_) => Self::Certificate,
            TlsError::InvalidMessage(_) => Self::ClearText,
            _ => Self::Connection,
        }
    }
}

/// An I/O error that wraps another one leaves it out of its sources.
fn tls_error<'a>(error: &'a (dyn Error + 'static)) -> Option<&'a TlsError> {
    if let Some(io) = error.downcast_ref::<io::Error>() {
        return io.get_ref().and_then(|inner| tls_error(inner));
    }
    error.downcast_ref()
}
