//! One issuer and its keys. One task fetches the keys. Verifying a token uses the present keys, or makes that task fetch again
//! and waits up to [`Timing::wait_at_most`].

use std::sync::Arc;
use std::time::{Duration, Instant, SystemTime};

use anyhow::Context;
use tokio::sync::{Notify, watch};

use super::discovery;
use super::keys::KeySet;
use super::subject::Subject;
use super::token::Token;
use crate::config;
use crate::messages::config::ConfigError;
use crate::outbound::{Outbound, Url};

/// How often keys are fetched, and how long they are used.
#[derive(Clone, Copy, Debug)]
pub struct Timing {
    /// The time between two fetches.
    pub refresh_every: Duration,
    /// The time between a failure and the next fetch. It doubles with each failure, up to `refresh_every`.
    pub retry_after: Duration,
    /// Tokens with unknown key names cause at most one fetch in this time.
    pub asked_every: Duration,
    /// How long a token waits for a fetch.
    pub wait_at_most: Duration,
    /// How long the last keys are used while the issuer cannot be reached.
    pub serve_for: Duration,
}

impl Default for Timing {
    fn default() -> Self {
        Timing {
            refresh_every: Duration::from_secs(600),
            retry_after: Duration::from_secs(5),
            asked_every: Duration::from_secs(5),
            wait_at_most: Duration::from_secs(3),
            serve_for: Duration::from_secs(24 * 3_600),
        }
    }
}

/// A configured issuer.
pub struct Issuer {
    /// Its configuration.
    pub config: config::Oidc,
    url: Url,
    outbound: Outbound,
    timing: Timing,
    state: watch::Sender<KeyState>,
    /// Wakes the task that fetches.
    asked: Notify,
}

/// The keys, and the state of their fetches.
struct KeyState {
    /// The newest keys, and when they were fetched.
    newest: Option<(Arc<KeySet>, Instant)>,
    /// How many fetches have ended, with or without success.
    rounds: u64,
    /// A fetch is running or about to begin.
    fetching: bool,
    /// When a token last caused a fetch.
    asked_at: Option<Instant>,
}

impl Issuer {
    /// An issuer without keys. It counts as fetching until [`keep_fresh`](Issuer::keep_fresh) has run.
    ///
    /// # Errors
    /// The issuer is not a URL.
    pub fn new(config: config::Oidc, outbound: Outbound, timing: Timing) -> anyhow::Result<Issuer> {
        let url = Url::parse(&config.issuer).context(ConfigError::Issuer)?;
        let state = KeyState { newest: None, rounds: 0, fetching: true, asked_at: None };
        Ok(Issuer { config, url, outbound, timing, state: watch::Sender::new(state), asked: Notify::new() })
    }

    /// The subject of a token that the present keys have verified before.
    pub fn remembered(&self, digest: &[u8; 32], now: SystemTime, at: Instant) -> Option<Subject> {
        self.keys(at)?.verified.lock().get(digest, now)
    }

    /// The keys to verify a token with. If the newest keys lack the key that the token names, they are fetched again, at most
    /// once per [`Timing::asked_every`]. `None` if there are no keys that may be used at `at`.
    pub async fn keys_for(&self, token: &Token<'_>, at: Instant) -> Option<Arc<KeySet>> {
        let keys = self.keys(at);
        if keys.as_ref().is_some_and(|keys| keys.settles(token)) {
            return keys;
        }
        let looking = async {
            let mut state = self.state.subscribe();
            // Twice, because a fetch that is already running may have begun before the key was published.
            for _ in 0..2 {
                let rounds = state.borrow_and_update().rounds;
                if !self.ask(at) || state.wait_for(|state| state.rounds > rounds).await.is_err() {
                    break;
                }
                if self.keys(at).is_some_and(|keys| keys.settles(token)) {
                    break;
                }
            }
        };
        // The present keys decide, also if the fetch failed.
        let _ = tokio::time::timeout(self.timing.wait_at_most, looking).await;
        // A fetch that ended during the wait is later than `at`. Its keys are not too old.
        self.keys(at)
    }

    /// Fetches the keys regularly and on request. Runs until dropped.
    pub async fn keep_fresh(&self) {
        let mut complaint = String::new();
        let mut retry = self.timing.retry_after;
        loop {
            let mut left_out = Vec::new();
            let fetched = discovery::fetch(&self.config.issuer, &self.url, &self.outbound, &mut left_out).await;
            let pause = match fetched {
                Ok(keys) => {
                    if !complaint.is_empty() {
                        tracing::info!(
                            event = "issuer_back",
                            issuer = self.config.issuer,
                            "the issuer of staff tokens answers again"
                        );
                    }
                    complaint.clear();
                    self.publish(keys, &left_out);
                    retry = self.timing.retry_after;
                    self.timing.refresh_every
                }
                Err(cause) => {
                    let cause = format!("{cause:#}");
                    // An outage is logged once, not at each attempt.
                    if cause != complaint {
                        tracing::warn!(
                            event = "issuer_lost",
                            issuer = self.config.issuer,
                            cause,
                            "cannot fetch the keys of an issuer of staff tokens"
                        );
                    }
                    complaint = cause;
                    let pause = retry.min(self.timing.refresh_every);
                    retry = retry.saturating_mul(2).min(self.timing.refresh_every);
                    pause
                }
            };
            self.state.send_modify(|state| {
                state.rounds += 1;
                state.fetching = false;
            });
            tokio::select! {
                biased;
                () = self.asked.notified() => {}
                () = tokio::time::sleep(pause) => {}
            }
            self.state.send_if_modified(|state| {
                state.fetching = true;
                false
            });
        }
    }

    /// The newest keys, unless they are too old at `at`.
    fn keys(&self, at: Instant) -> Option<Arc<KeySet>> {
        let state = self.state.borrow();
        let (keys, fetched_at) = state.newest.as_ref()?;
        (at.saturating_duration_since(*fetched_at) <= self.timing.serve_for).then(|| keys.clone())
    }

    /// Causes a fetch, unless a token caused one recently. Returns whether a fetch is running.
    fn ask(&self, at: Instant) -> bool {
        let mut wake = false;
        let mut under_way = false;
        self.state.send_if_modified(|state| {
            let lately = state.asked_at.is_some_and(|asked_at| at.saturating_duration_since(asked_at) < self.timing.asked_every);
            if !state.fetching && !lately {
                (state.fetching, state.asked_at, wake) = (true, Some(at), true);
            }
            under_way = state.fetching;
            false
        });
        if wake {
            self.asked.notify_one();
        }
        under_way
    }

    /// Replaces the keys. Unchanged keys stay, with the tokens that they verified.
    fn publish(&self, keys: KeySet, left_out: &[&'static str]) {
        let (issuer, count, now) = (&self.config.issuer, keys.len(), Instant::now());
        self.state.send_modify(|state| match &mut state.newest {
            Some((newest, fetched_at)) if **newest == keys => *fetched_at = now,
            newest => {
                tracing::info!(event = "issuer_keys", issuer, keys = count, "an issuer of staff tokens has new keys");
                for why in left_out {
                    tracing::warn!(
                        event = "issuer_key_ignored",
                        issuer,
                        cause = why,
                        "ignored a key of an issuer of staff tokens"
                    );
                }
                *newest = Some((Arc::new(keys), now));
            }
        });
    }
}
