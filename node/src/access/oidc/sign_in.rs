//! All configured issuers, and verifying a token by the keys of its issuer.

use std::sync::Arc;
use std::time::{Instant, SystemTime};

use keyrack_cluster::Tasks;
use sha2::{Digest, Sha256};

use super::issuer::{Issuer, Timing};
use super::refused::Refused;
use super::subject::Subject;
use super::token::{self, Token};
use crate::config;
use crate::outbound::Outbound;

/// All configured issuers; cheap to clone.
#[derive(Clone)]
pub struct Oidc {
    pub(super) issuers: Arc<[Arc<Issuer>]>,
}

impl Oidc {
    /// Starts a task per issuer that fetches its keys, and does not wait for them.
    ///
    /// # Errors
    /// An issuer is no URL. An issuer that cannot be reached is no error: it is logged, and tried again.
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

    /// `now` is compared with the token's times, `at` with the age of the keys.
    pub(super) async fn verify_at(&self, token: &str, now: SystemTime, at: Instant) -> Result<Subject, Refused> {
        token::check_size(token)?;
        // Found by a digest, so that the time it takes tells nothing of a token.
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
        // Kept with the keys that verified it, so that new keys do not know it.
        keys.verified.lock().add(digest, subject.clone());
        Ok(subject)
    }
}
