//! Staff sign in elsewhere: tokens (ID or access tokens in JWT form) of the configured OpenID Connect issuers are
//! verified here, with keys that the issuers publish. What a verified subject may do is not decided here.
//!
//! - The key decides the algorithm, never the token (`keys.rs`); what a token may look like is in `token.rs`.
//! - No request fetches anything itself: one task per issuer does (`issuer.rs`), so made-up key names cannot make
//!   this node flood an issuer.
//! - An issuer that is down stops neither the start nor, for a day, anybody whose token is good.

mod discovery;
mod issuer;
mod json;
mod keys;
mod refused;
#[cfg(test)]
mod tests;
mod token;
mod verified;

use std::sync::Arc;
use std::time::{Instant, SystemTime};

use sha2::{Digest, Sha256};
use tokio::task::JoinSet;

use self::issuer::{Issuer, Pace};
pub use self::refused::Refused;
use self::token::Token;
use crate::config;
use crate::outbound::Outbound;

/// All configured issuers; cheap to clone. Their keys are kept fresh until the last clone is dropped.
#[derive(Clone)]
pub struct Oidc {
    issuers: Arc<Issuers>,
}

struct Issuers {
    all: Vec<Arc<Issuer>>,
    /// Dropped with this, and ended by it.
    _fetching: JoinSet<()>,
}

/// Whom a verified token stands for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Subject {
    /// The `iss`: one of the configured issuers.
    pub issuer: String,
    /// The `sub`: 1 to 255 characters, no control characters; unique only together with the issuer.
    pub subject: String,
    /// The `exp`. The configured clock skew is granted beyond it.
    pub expires: SystemTime,
}

impl Oidc {
    /// Begins to fetch the keys of all issuers and does not wait for them. To be called within a runtime.
    ///
    /// # Errors
    /// When an issuer is no URL. That one cannot be reached is none: it is logged, and tried again.
    pub fn start(config: &[config::Oidc], outbound: Outbound) -> anyhow::Result<Oidc> {
        Oidc::start_at(Pace::default(), config, &outbound)
    }

    fn start_at(pace: Pace, config: &[config::Oidc], outbound: &Outbound) -> anyhow::Result<Oidc> {
        let new = |config: &config::Oidc| Ok(Arc::new(Issuer::new(config.clone(), outbound.clone(), pace)?));
        let all: Vec<Arc<Issuer>> = config.iter().map(new).collect::<anyhow::Result<_>>()?;
        let mut fetching = JoinSet::new();
        for issuer in &all {
            let issuer = issuer.clone();
            fetching.spawn(async move { issuer.keep_fresh().await });
        }
        Ok(Oidc { issuers: Arc::new(Issuers { all, _fetching: fetching }) })
    }

    /// Whether a bearer looks like a token (three parts of base64url) rather than like an API key.
    pub fn is_token(text: &str) -> bool {
        token::is_token(text)
    }

    /// Verifies a token at `now`. Waits, for 3 s at most, only if the token names a key that is not known yet.
    ///
    /// # Errors
    /// The first reason not to believe it, for this node's log only.
    pub async fn verify(&self, token: &str, now: SystemTime) -> Result<Subject, Refused> {
        self.verify_at(token, now, Instant::now()).await
    }

    /// `now` is held against the token's times, `at` against the age of the keys.
    async fn verify_at(&self, token: &str, now: SystemTime, at: Instant) -> Result<Subject, Refused> {
        token::check_size(token)?;
        // Found by a digest, so that the time it takes tells nothing of a token.
        let digest = Sha256::digest(token).into();
        if let Some(subject) = self.issuers.all.iter().find_map(|issuer| issuer.remembered(&digest, now, at)) {
            return Ok(subject);
        }
        let token = Token::parse(token)?;
        let issuer = self.issuers.all.iter().find(|issuer| issuer.config.issuer == token.issuer);
        let issuer = issuer.ok_or(Refused::UnknownIssuer)?;
        let keys = issuer.keys_for(&token, at).await.ok_or(Refused::NoKeys)?;
        keys.verify(&token)?;
        let subject = token.subject(&issuer.config, now)?;
        // With the very keys that verified it: newer ones do not know it.
        keys.verified.lock().add(digest, subject.clone());
        Ok(subject)
    }
}
