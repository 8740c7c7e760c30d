//! New certificates without a restart: the files are checked once a second, and at SIGHUP.
//!
//! An operator replaces the files one after the other, so for a moment a new key may lie beside an old certificate. Files
//! that do not fit together are left alone until they do; the previous credentials stay in use.

use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::Context;
use jiff::Timestamp;
use keyrack_cluster::PeerTls;
use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio::task::spawn_blocking;
use tokio::time::MissedTickBehavior;

use super::files::{CertificateFacts, Files, Loaded, Stamp};
use super::listener_tls::ListenerTls;
use crate::metrics::Metrics;

/// How often the files are checked.
const CHECK_EVERY: Duration = Duration::from_secs(1);
/// A certificate that expires sooner than this is warned about, once a day.
const WARN_BEFORE_SECS: i64 = 14 * 86_400;
const WARN_EVERY: Duration = Duration::from_secs(86_400);

/// Keeps the credentials in use the same as the files.
pub struct Rotation {
    files: Files,
    peers: PeerTls,
    clients: Arc<ListenerTls>,
    hangup: Signal,
    stamp: Stamp,
    digest: [u8; 32],
    facts: CertificateFacts,
    warned_at: Option<Instant>,
    /// Why the files are not usable, as it was last logged.
    unusable: Option<String>,
}

impl Rotation {
    /// Starts from the files that were `loaded` at the start; `stamp` was taken before that. From now on SIGHUP does not end
    /// the process.
    pub fn new(
        files: Files,
        stamp: Stamp,
        loaded: &Loaded,
        peers: PeerTls,
        clients: Arc<ListenerTls>,
    ) -> anyhow::Result<Rotation> {
        let hangup = signal(SignalKind::hangup()).context("cannot listen for SIGHUP")?;
        let (digest, facts) = (loaded.digest, loaded.facts.clone());
        Ok(Rotation { files, peers, clients, hangup, stamp, digest, facts, warned_at: None, unusable: None })
    }

    /// Runs until dropped.
    pub async fn run(mut self, metrics: Arc<Metrics>) {
        metrics.certificate_runs_out(self.facts.not_after);
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
            // Unusable files are tried again though nothing changed: a certificate may become valid only later.
            if stamp != self.stamp || asked || self.unusable.is_some() {
                self.reload(stamp, asked, &metrics).await;
            }
        }
    }

    async fn reload(&mut self, stamp: Stamp, asked: bool, metrics: &Metrics) {
        // The stamp is from before reading, so files that change meanwhile are read again.
        self.stamp = stamp;
        let files = self.files.clone();
        let replaced = blocking(move || files.load()).await.and_then(|loaded| {
            if loaded.digest == self.digest {
                return Ok(None);
            }
            self.peers.replace(loaded.credentials.clone())?;
            self.clients.replace(&loaded.credentials)?;
            Ok(Some(loaded))
        });
        let was_unusable = self.unusable.take();
        match replaced {
            Ok(Some(loaded)) => {
                (self.digest, self.facts, self.warned_at) = (loaded.digest, loaded.facts, None);
                metrics.certificate_runs_out(self.facts.not_after);
                let CertificateFacts { identity, serial, fingerprint, not_after } = &self.facts;
                tracing::info!(%identity, serial, fingerprint, %not_after, "new certificate or trust bundle in use");
            }
            Ok(None) if asked => tracing::info!("SIGHUP: certificate, key and trust bundle are as before"),
            Ok(None) => {}
            Err(cause) => {
                let cause = format!("{cause:#}");
                if was_unusable.as_ref() != Some(&cause) {
                    tracing::warn!(cause, "the files for TLS are not usable as they are now; the ones of before stay in use");
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
            tracing::warn!(%not_after, days_left, "this node's certificate runs out soon: rotate it (`keyrack pki rotate`)");
        }
    }
}

/// Reads files on a thread of its own, so that a disk that hangs blocks this task only. A panic there is an error: files that
/// somebody replaced must not stop the node, whatever is in them.
async fn blocking<T: Send + 'static>(read: impl FnOnce() -> anyhow::Result<T> + Send + 'static) -> anyhow::Result<T> {
    spawn_blocking(read).await.context("reading the files ended badly")?
}
