//! A client's certificate on an open connection. A connection can last longer than the certificate and longer than the trust in it,
//! so each request asks again.

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use keyrack_cluster::Identity;
use rustls::pki_types::CertificateDer;

use super::files::not_after;
use super::listener_tls::ListenerTls;
use crate::clock::now_ms;
use crate::messages::tls::TlsError;

/// A client's certificate, which the handshake has accepted.
#[derive(Clone)]
pub struct ClientCertificate {
    /// The identity in it.
    pub identity: Identity,
    /// When it expires, ms since 1970.
    pub not_after_ms: u64,
    chain: Arc<[CertificateDer<'static>]>,
    /// The generation of the listeners' trust that accepted the chain.
    accepted_in: Arc<AtomicU64>,
    /// Decides whether it is still accepted.
    tls: Arc<ListenerTls>,
}

impl fmt::Debug for ClientCertificate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "certificate of {}", self.identity)
    }
}

impl ClientCertificate {
    /// The certificate of a connection, if its client showed one.
    ///
    /// # Errors
    /// It expired or was revoked since the session began: a resumed session does not check it again.
    pub fn of(chain: Option<&[CertificateDer<'_>]>, tls: &Arc<ListenerTls>) -> anyhow::Result<Option<ClientCertificate>> {
        let Some(chain) = chain.filter(|chain| !chain.is_empty()) else { return Ok(None) };
        let identity = Identity::of(&chain[0])?;
        let not_after_ms = not_after(&chain[0]).map_or(0, |seconds| seconds.max(0) as u64 * 1_000);
        let chain = chain.iter().map(|one| one.clone().into_owned()).collect();
        let certificate = ClientCertificate { identity, not_after_ms, chain, accepted_in: Arc::default(), tls: tls.clone() };
        if certificate.is_accepted() {
            Ok(Some(certificate))
        } else {
            Err(TlsError::ClientExpired(certificate.identity.to_string()).into())
        }
    }

    /// Whether the certificate is accepted now: it has not expired, it is not revoked, and the present trust bundle accepts it.
    pub fn is_accepted(&self) -> bool {
        if self.not_after_ms <= now_ms() {
            return false;
        }
        let trust = self.tls.trust();
        if self.accepted_in.load(Ordering::Relaxed) == trust.generation {
            return true;
        }
        let accepted = trust.accepts(&self.chain);
        if accepted {
            self.accepted_in.store(trust.generation, Ordering::Relaxed);
        }
        accepted
    }
}
