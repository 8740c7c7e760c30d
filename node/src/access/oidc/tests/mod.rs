//! Tokens of a real issuer on loopback, valid and forged. Its keys change, and it fails.

mod jwks;
mod outages;
mod refusals;
mod rotation;

use std::path::Path;
use std::time::{Duration, SystemTime};

use keyrack_cluster::Tasks;
use keyrack_tests::issuer::{AUDIENCE, Issuer};

use super::issuer::Timing;
use super::refused::Refused;
use super::sign_in::Oidc;
use super::subject::Subject;
use crate::config;
use crate::outbound::Outbound;

/// No timer fires during a test. Only tokens cause fetches.
const STILL: Timing = Timing {
    refresh_every: Duration::from_secs(3_600),
    retry_after: Duration::from_secs(3_600),
    asked_every: Duration::from_secs(3_600),
    wait_at_most: Duration::from_secs(30),
    serve_for: Duration::from_secs(24 * 3_600),
};

fn configured(issuer: &Issuer) -> config::Oidc {
    config::Oidc { issuer: issuer.url().into(), audience: AUDIENCE.into(), clock_skew_secs: 60 }
}

fn outbound() -> Outbound {
    Outbound::new(Path::new("")).expect("there are public authorities")
}

fn start(issuer: &Issuer, timing: Timing) -> Oidc {
    start_all(timing, &[configured(issuer)], &Tasks::new("test"))
}

fn start_all(timing: Timing, issuers: &[config::Oidc], tasks: &Tasks) -> Oidc {
    Oidc::start_with(timing, issuers, &outbound(), tasks).expect("started")
}

async fn verify(oidc: &Oidc, token: &str) -> Result<String, Refused> {
    oidc.verify(token, SystemTime::now()).await.map(|subject| subject.subject)
}

/// Waits until the keys are fetched.
async fn ready(oidc: &Oidc, issuer: &Issuer) {
    assert_eq!(verify(oidc, &issuer.token("ready")).await, Ok("ready".into()));
}
