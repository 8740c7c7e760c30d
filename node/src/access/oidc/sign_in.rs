//! All configured issuers. Verifies a token with the keys of its issuer.

use std::sync::Arc;
use std::time::{Duration, Instant, SystemTime};

use keyrack_cluster::Tasks;
use sha2::{Digest, Sha256};

use super::issuer::{Issuer, Timing};
use super::refused::Refused;
use super::subject::Subject;
use super::token::{self, Token};
use crate::config;
use crate::outbound::Outbound;

/// All configured issuers. Cheap to clone.
#[derive(Clone)]
pub struct Oidc {
    pub(super) issuers: Arc<[Arc<Issuer>]>,
}

impl Oidc {
    /// Starts a task for each issuer that fetches its keys. Does not wait for the keys.
    ///
    /// # Errors
    /// An issuer is not a URL. An issuer that cannot be reached is not an error: this is logged, and the task tries again.
    pub fn start(config: &[config::Oidc], outbound: &Outbound, tasks: &Tasks) -> anyhow::Result<Oidc> {
        Oidc::start_with(Timing::default(), config, outbound, tasks)
    }

    pub(super) fn start_with(
        timing: Timing,
        config: &[config::Oidc],
        outbound: &Outbound,
        tasks: &Tasks,
    ) -> anyhow::Result<Oidc> {
        let new = |config: &config::Oidc| Ok(Arc::new(Issuer::new(config.clone(), outbound.clone(), timing)?));
        let issuers: Arc<[Arc<Issuer>]> = config.iter().map(new).collect::<anyhow::Result<_>>()?;
        for issuer in issuers.iter() {
            let issuer = issuer.clone();
            tasks.spawn_restarting("keys of an issuer", move || {
                let issuer = issuer.clone();
                async move { issuer.keep_fresh().await }
            });
        }
        Ok(Oidc { issuers })
    }

    /// Whether a bearer has the form of a token (three parts of base64url).
    pub fn is_token(text: &str) -> bool {
        token::is_token(text)
    }

    /// When a subject's token expires, with the issuer's clock skew: ms since 1970.
    pub fn valid_until_ms(&self, subject: &Subject) -> u64 {
        let issuer = self.issuers.iter().find(|issuer| issuer.config.issuer == subject.issuer);
        let skew = issuer.map_or(0, |issuer| issuer.config.clock_skew_secs);
        let expires = subject.expires + Duration::from_secs(skew);
        expires.duration_since(SystemTime::UNIX_EPOCH).map_or(0, |since| since.as_millis() as u64)
    }

    /// Verifies a token at `now`. Waits up to 3 s if the token names an unknown key.
    ///
    /// # Errors
    /// The first reason to refuse the token, for this node's log only.
    pub async fn verify(&self, token: &str, now: SystemTime) -> Result<Subject, Refused> {
        self.verify_at(token, now, Instant::now()).await
    }

    /// `now` is compared with the token's times, `at` with the age of the keys.
    pub(super) async fn verify_at(&self, token: &str, now: SystemTime, at: Instant) -> Result<Subject, Refused> {
        token::check_size(token)?;
        // The lookup uses a digest, so that its time reveals nothing about a token.
        let digest = Sha256::digest(token).into();
        if let Some(subject) = self.issuers.iter().find_map(|issuer| issuer.remembered(&digest, now, at)) {
            return Ok(subject);
        }
        let token = Token::parse(token)?;
        let issuer = self.issuers.iter().find(|issuer| issuer.config.issuer == token.issuer);
        let issuer = issuer.ok_or(Refused::UnknownIssuer)?;
        let keys = issuer.keys_for(&token, at).await.ok_or(Refused::NoKeys)?;
        keys.verify(&token)?;
        let subject = token.subject(&issuer.config, now)?;
        // Kept with the keys that verified it, so that new keys forget it.
        keys.verified.lock().add(digest, subject.clone());
        Ok(subject)
    }
}
