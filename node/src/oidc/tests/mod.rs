//! Tokens of a real issuer on loopback, good and forged; its keys come and go, and so does the issuer.

mod jwks;
mod outages;
mod refusals;
mod rotation;

use std::time::{Duration, SystemTime};

use keyrack_tests::issuer::{AUDIENCE, Issuer};

use super::{Oidc, Pace, Refused, Subject};
use crate::config;
use crate::outbound::Outbound;

/// Nothing happens by itself during a test; only what a token asks for.
const STILL: Pace = Pace {
    refresh_every: Duration::from_secs(3_600),
    retry_after: Duration::from_secs(3_600),
    asked_every: Duration::from_secs(3_600),
    patience: Duration::from_secs(30),
    serve_for: Duration::from_secs(24 * 3_600),
};

fn configured(issuer: &Issuer) -> config::Oidc {
    config::Oidc { issuer: issuer.url().into(), audience: AUDIENCE.into(), clock_skew_secs: 60 }
}

fn outbound() -> Outbound {
    Outbound::new(&config::Outbound::default()).expect("there are public authorities")
}

fn start(issuer: &Issuer, pace: Pace) -> Oidc {
    Oidc::start_at(pace, &[configured(issuer)], &outbound()).expect("started")
}

async fn verify(oidc: &Oidc, token: &str) -> Result<String, Refused> {
    oidc.verify(token, SystemTime::now()).await.map(|subject| subject.subject)
}

/// The keys are there.
async fn ready(oidc: &Oidc, issuer: &Issuer) {
    assert_eq!(verify(oidc, &issuer.token("ready")).await, Ok("ready".into()));
}
