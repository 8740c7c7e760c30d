//! New certificates without a restart: the files are looked at once a second, and at SIGHUP.
//!
//! Files are replaced one after the other, so for a moment a new key may lie beside an old certificate. Whatever does not
//! fit together is left alone until it does; the old credentials stay.

use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::Context;
use jiff::Timestamp;
use keyrack_cluster::PeerTls;
use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio::sync::watch;
use tokio::time::MissedTickBehavior;

use super::edge::EdgeTls;
use super::files::{Facts, Files, Loaded, Stamp};
use crate::service::Edge;

/// How often the files are looked at.
const EVERY: Duration = Duration::from_secs(1);
/// A certificate with less than this left is complained about, once a day.
const WARN_BEFORE_SECS: i64 = 14 * 86_400;
const COMPLAIN_EVERY: Duration = Duration::from_secs(86_400);

/// Keeps what the node shows the same as its files.
pub struct Rotation {
    files: Files,
    peers: PeerTls,
    clients: Arc<EdgeTls>,
    hangup: Signal,
    seen: Stamp,
    digest: [u8; 32],
    facts: Facts,
    complained: Option<Instant>,
    /// Why the files are not usable, as it was last said.
    unusable: Option<String>,
}

impl Rotation {
    /// Goes on from what was `loaded` at the start; `seen` was taken before that. From now on SIGHUP does not end the
    /// process.
    pub fn new(files: Files, seen: Stamp, loaded: &Loaded, peers: PeerTls, clients: Arc<EdgeTls>) -> anyhow::Result<Rotation> {
        let hangup = signal(SignalKind::hangup()).context("cannot listen for SIGHUP")?;
        let (digest, facts) = (loaded.digest, loaded.facts.clone());
        Ok(Rotation { files, peers, clients, hangup, seen, digest, facts, complained: None, unusable: None })
    }

    /// Runs until `stop` turns true.
    pub async fn run(mut self, edge: Edge, mut stop: watch::Receiver<bool>) {
        edge.metrics().certificate_runs_out(self.facts.not_after);
        let mut every = tokio::time::interval(EVERY);
        every.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            let asked = tokio::select! {
                _ = stop.wait_for(|stop| *stop) => return,
                _ = every.tick() => false,
                _ = self.hangup.recv() => true,
            };
            self.complain();
            let files = self.files.clone();
            // A disk that hangs must hang nobody but this task.
            let Ok(stamp) = tokio::task::spawn_blocking(move || files.stamp()).await else { continue };
            // Unusable ones are tried again though nothing changes: a certificate may begin to count only later.
            if stamp != self.seen || asked || self.unusable.is_some() {
                self.look(stamp, asked, &edge).await;
            }
        }
    }

    async fn look(&mut self, stamp: Stamp, asked: bool, edge: &Edge) {
        // What was seen before reading: a file that changes meanwhile is looked at again.
        self.seen = stamp;
        let files = self.files.clone();
        let Ok(loaded) = tokio::task::spawn_blocking(move || files.load()).await else { return };
        let replaced = loaded.and_then(|loaded| {
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
                (self.digest, self.facts, self.complained) = (loaded.digest, loaded.facts, None);
                edge.metrics().certificate_runs_out(self.facts.not_after);
                let Facts { identity, serial, fingerprint, not_after } = &self.facts;
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

    fn complain(&mut self) {
        let left = self.facts.not_after.as_second() - Timestamp::now().as_second();
        if left < WARN_BEFORE_SECS && self.complained.is_none_or(|then| then.elapsed() > COMPLAIN_EVERY) {
            self.complained = Some(Instant::now());
            let (not_after, days_left) = (self.facts.not_after, left / 86_400);
            tracing::warn!(%not_after, days_left, "this node's certificate runs out soon: rotate it (`keyrack pki rotate`)");
        }
    }
}
