//! One issuer and its keys. One task fetches them; verifying a token uses the keys that are there, or asks that task to fetch
//! again and waits a little.

use std::sync::Arc;
use std::time::{Duration, Instant, SystemTime};

use anyhow::Context;
use tokio::sync::{Notify, watch};

use super::discovery;
use super::keys::KeySet;
use super::subject::Subject;
use super::token::Token;
use crate::config;
use crate::outbound::{Outbound, Url};

/// How often keys are fetched, and how long they serve.
#[derive(Clone, Copy, Debug)]
pub struct Timing {
    /// Keys are fetched again this often.
    pub refresh_every: Duration,
    /// After a failure the first try; each further one after twice as long, up to `refresh_every`.
    pub retry_after: Duration,
    /// Tokens with made-up key names cause no more than one fetch in this time.
    pub asked_every: Duration,
    /// How long a token waits for a fetch that it caused.
    pub wait_at_most: Duration,
    /// How long the last keys serve while the issuer cannot be reached.
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
    /// What was configured.
    pub config: config::Oidc,
    url: Url,
    outbound: Outbound,
    timing: Timing,
    state: watch::Sender<KeyState>,
    /// Wakes the task that fetches.
    asked: Notify,
}

/// The keys, and the fetches of them.
struct KeyState {
    /// The newest keys, and when they were fetched.
    newest: Option<(Arc<KeySet>, Instant)>,
    /// Fetches that have ended, well or not.
    rounds: u64,
    /// A fetch is under way, or about to begin.
    fetching: bool,
    /// When a token last caused a fetch.
    asked_at: Option<Instant>,
}

impl Issuer {
    /// Knows no keys before [`keep_fresh`](Issuer::keep_fresh) runs, and says that they are on their way.
    ///
    /// # Errors
    /// When the issuer is no URL.
    pub fn new(config: config::Oidc, outbound: Outbound, timing: Timing) -> anyhow::Result<Issuer> {
        let url = Url::parse(&config.issuer).context("oidc.issuer")?;
        let state = KeyState { newest: None, rounds: 0, fetching: true, asked_at: None };
        Ok(Issuer { config, url, outbound, timing, state: watch::Sender::new(state), asked: Notify::new() })
    }

    /// Whose token this is, if the present keys have verified it before.
    pub fn remembered(&self, digest: &[u8; 32], now: SystemTime, at: Instant) -> Option<Subject> {
        self.keys(at)?.verified.lock().get(digest, now)
    }

    /// The keys to verify a token with: the newest, fetched again if they lack the key that the token names and a fetch was
    /// not tried just before. `None` when there are no keys that may still be used at `at`.
    pub async fn keys_for(&self, token: &Token<'_>, at: Instant) -> Option<Arc<KeySet>> {
        let keys = self.keys(at);
        if keys.as_ref().is_some_and(|keys| keys.settles(token)) {
            return keys;
        }
        let looking = async {
            let mut state = self.state.subscribe();
            // Twice: a fetch that was under way already may have begun before the key was published.
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
        // Whether or not the fetch helped, the keys that are there now decide.
        let _ = tokio::time::timeout(self.timing.wait_at_most, looking).await;
        // A fetch that ended meanwhile is later than `at`, which is no reason to call its keys too old.
        self.keys(at)
    }

    /// Fetches the keys now and then and when asked; runs until dropped.
    pub async fn keep_fresh(&self) {
        let mut complaint = String::new();
        let mut retry = self.timing.retry_after;
        loop {
            let mut left_out = Vec::new();
            let fetched = discovery::fetch(&self.config.issuer, &self.url, &self.outbound, &mut left_out).await;
            let pause = match fetched {
                Ok(keys) => {
                    if !complaint.is_empty() {
                        tracing::info!(issuer = self.config.issuer, "the issuer of staff tokens answers again");
                    }
                    complaint.clear();
                    self.publish(keys, &left_out);
                    retry = self.timing.retry_after;
                    self.timing.refresh_every
                }
                Err(cause) => {
                    let cause = format!("{cause:#}");
                    // An outage is one line, not one a try.
                    if cause != complaint {
                        tracing::warn!(
                            issuer = self.config.issuer,
                            cause,
                            "the keys of an issuer of staff tokens cannot be fetched"
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

    /// Causes a fetch, unless that was done just now. Whether one is under way, so that waiting makes sense.
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

    /// The same keys as before stay as they are, with the tokens that they verified.
    fn publish(&self, keys: KeySet, left_out: &[&'static str]) {
        let (issuer, count, now) = (&self.config.issuer, keys.len(), Instant::now());
        self.state.send_modify(|state| match &mut state.newest {
            Some((newest, fetched_at)) if **newest == keys => *fetched_at = now,
            newest => {
                tracing::info!(issuer, keys = count, "new keys of an issuer of staff tokens");
                for why in left_out {
                    tracing::warn!(issuer, why, "a key of an issuer is ignored");
                }
                *newest = Some((Arc::new(keys), now));
            }
        });
    }
}
