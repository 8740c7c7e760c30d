//! Uses new certificates without a restart. The files are checked once a second, and at SIGHUP.
//!
//! An operator replaces the files one after the other, so a new key may be beside an old certificate for some time. Files that
//! do not match are ignored until they do, and the previous credentials stay in use.

use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::Context;
use jiff::Timestamp;
use keyrack_cluster::{PeerTls, Revoked};
use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio::task::spawn_blocking;
use tokio::time::MissedTickBehavior;

use super::files::{CertificateFacts, Files, Loaded, Stamp};
use super::listener_tls::ListenerTls;
use crate::messages::start::RunError;
use crate::messages::tls::TlsError;
use crate::metrics::Metrics;

/// How often the files are checked.
const CHECK_EVERY: Duration = Duration::from_secs(1);
/// A certificate that expires sooner than this causes a warning once a day.
const WARN_BEFORE_SECS: i64 = 14 * 86_400;
const WARN_EVERY: Duration = Duration::from_secs(86_400);

/// Replaces the credentials in use when the files change.
pub struct Rotation {
    files: Files,
    peers: PeerTls,
    clients: Arc<ListenerTls>,
    hangup: Signal,
    stamp: Stamp,
    digest: [u8; 32],
    facts: CertificateFacts,
    /// The revoked certificates.
    revoked: Revoked,
    warned_at: Option<Instant>,
    /// Why the files cannot be used, as last logged.
    unusable: Option<String>,
}

impl Rotation {
    /// `loaded` has the files at the start, and `stamp` was taken before they were read. From now on SIGHUP does not end the
    /// process.
    pub fn new(
        files: Files,
        stamp: Stamp,
        loaded: &Loaded,
        peers: PeerTls,
        clients: Arc<ListenerTls>,
    ) -> anyhow::Result<Rotation> {
        let hangup = signal(SignalKind::hangup()).map_err(RunError::Hangup)?;
        let (digest, facts, revoked) = (loaded.digest, loaded.facts.clone(), loaded.revoked.clone());
        Ok(Rotation { files, peers, clients, hangup, stamp, digest, facts, revoked, warned_at: None, unusable: None })
    }

    /// Runs until dropped.
    pub async fn run(mut self, metrics: Arc<Metrics>) {
        metrics.certificate_expires(self.facts.not_after);
        let mut every = tokio::time::interval(CHECK_EVERY);
        every.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            let asked = tokio::select! {
                _ = every.tick() => false,
                _ = self.hangup.recv() => true,
            };
            self.warn_of_expiry();
            let files = self.files.clone();
            let Ok(stamp) = blocking(move || Ok(files.stamp())).await else { continue };
            // Unusable files are read again though they did not change, because a certificate may become valid later.
            if stamp != self.stamp || asked || self.unusable.is_some() {
                self.reload(stamp, asked, &metrics).await;
            }
        }
    }

    async fn reload(&mut self, stamp: Stamp, asked: bool, metrics: &Metrics) {
        // The stamp is older than the read, so files that change during the read are read again.
        self.stamp = stamp;
        let files = self.files.clone();
        let replaced = blocking(move || files.load_anyway()).await.and_then(|loaded| {
            if loaded.digest == self.digest {
                return Ok(None);
            }
            let loaded = loaded.with_earlier(&self.revoked);
            self.peers.replace(loaded.credentials.clone())?;
            self.clients.replace(&loaded.credentials)?;
            Ok(Some(loaded))
        });
        let was_unusable = self.unusable.take();
        match replaced {
            Ok(Some(loaded)) => {
                let revoked = loaded.revoked.len();
                if let Some(cause) = &loaded.fault {
                    tracing::warn!(event = "revoked_list_faulty", %cause, "the list of revoked certificates has a fault; its other lines count, and those of the list before");
                }
                (self.digest, self.facts, self.revoked, self.warned_at) = (loaded.digest, loaded.facts, loaded.revoked, None);
                metrics.certificate_expires(self.facts.not_after);
                let CertificateFacts { identity, serial, fingerprint, not_after } = &self.facts;
                tracing::info!(event = "certificate_changed", %identity, serial, fingerprint, %not_after, revoked, "using a new certificate, trust bundle or list of revoked certificates");
            }
            Ok(None) if asked => {
                tracing::info!(event = "certificate_unchanged", "SIGHUP: certificate, key and trust bundle have not changed")
            }
            Ok(None) => {}
            Err(cause) => {
                let cause = format!("{cause:#}");
                if was_unusable.as_ref() != Some(&cause) {
                    tracing::warn!(
                        event = "certificate_unusable",
                        cause,
                        "cannot use the TLS files; keeping the previous certificate, trust bundle and list of revoked certificates"
                    );
                }
                self.unusable = Some(cause);
            }
        }
    }

    fn warn_of_expiry(&mut self) {
        let left = self.facts.not_after.as_second() - Timestamp::now().as_second();
        if left < WARN_BEFORE_SECS && self.warned_at.is_none_or(|then| then.elapsed() > WARN_EVERY) {
            self.warned_at = Some(Instant::now());
            let (not_after, days_left) = (self.facts.not_after, left / 86_400);
            tracing::warn!(event = "certificate_expires_soon", %not_after, days_left, "the certificate expires soon: replace it (keyrack pki rotate)");
        }
    }
}

/// Reads files on another thread, so that a disk that hangs blocks only this task. A panic there is an error, because no file
/// may stop the node.
async fn blocking<T: Send + 'static>(read: impl FnOnce() -> anyhow::Result<T> + Send + 'static) -> anyhow::Result<T> {
    spawn_blocking(read).await.context(TlsError::Reader)?
}
