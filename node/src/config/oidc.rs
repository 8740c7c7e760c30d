//! The configured issuers of staff tokens.

use std::collections::BTreeSet;

use anyhow::Context;
use serde::{Deserialize, Serialize};

use crate::messages::config::ConfigError;
use crate::outbound::Url;

/// Each issuer has its own task, and its keys are in memory.
const MOST_ISSUERS: usize = 16;
/// A clock that differs more must be corrected.
const LARGEST_SKEW_SECS: u64 = 600;

/// An OpenID Connect issuer of staff tokens.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Oidc {
    /// Its identifier, exactly as in the `iss` of its tokens. `https://`, or `http://` at a loopback address.
    pub issuer: String,
    /// The value that a token's `aud` must have.
    pub audience: String,
    /// The largest allowed difference between its clock and this node's, in seconds.
    #[serde(default = "default_clock_skew_secs")]
    pub clock_skew_secs: u64,
}

fn default_clock_skew_secs() -> u64 {
    60
}

/// The issuers that would be insecure or useless, each with its first fault.
pub fn faults(issuers: &[Oidc]) -> Vec<anyhow::Error> {
    let mut faults: Vec<anyhow::Error> = Vec::new();
    if issuers.len() > MOST_ISSUERS {
        faults.push(ConfigError::Issuers { found: issuers.len(), most: MOST_ISSUERS }.into());
    }
    let mut names = BTreeSet::new();
    for one in issuers {
        faults.extend(one.check().err());
        if !names.insert(&one.issuer) {
            faults.push(ConfigError::SameIssuer(one.issuer.clone()).into());
        }
    }
    faults
}

impl Oidc {
    fn check(&self) -> anyhow::Result<()> {
        let Oidc { issuer, audience, clock_skew_secs } = self;
        let refuse = |fault: ConfigError| Err(fault.into());
        let url = Url::parse(issuer).context(ConfigError::Issuer)?;
        if url.has_query() {
            return refuse(ConfigError::IssuerQuery(issuer.clone()));
        }
        if !url.is_secure() && !url.is_loopback() {
            return refuse(ConfigError::IssuerPlain(issuer.clone()));
        }
        if audience.is_empty() {
            return refuse(ConfigError::Audience(issuer.clone()));
        }
        if *clock_skew_secs > LARGEST_SKEW_SECS {
            let (issuer, found) = (issuer.clone(), *clock_skew_secs);
            return refuse(ConfigError::ClockSkew { issuer, found, most: LARGEST_SKEW_SECS });
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn insecure_and_useless_issuers_are_refused() {
        let oidc = |issuer: &str| Oidc { issuer: issuer.into(), audience: "keyrack".into(), clock_skew_secs: 60 };
        for valid in
            ["https://id.example", "https://id.example:8443/realms/desk/", "http://127.0.0.1:8080", "http://[::1]:8080/a"]
        {
            assert!(faults(&[oidc(valid)]).is_empty(), "{valid}");
        }
        let bad = [
            oidc("http://id.example"),
            oidc("http://localhost:8080"),
            oidc("http://10.0.0.1"),
            oidc("http://127.0.0.1.example"),
            oidc("ftp://id.example"),
            oidc("id.example"),
            oidc(""),
            oidc("https://id.example?tenant=1"),
            oidc("https://id.example/#a"),
            oidc("https://anna:secret@id.example"),
            Oidc { audience: String::new(), ..oidc("https://id.example") },
            Oidc { clock_skew_secs: 601, ..oidc("https://id.example") },
        ];
        for bad in bad {
            assert_eq!(faults(std::slice::from_ref(&bad)).len(), 1, "{bad:?}");
        }
        assert_eq!(faults(&[oidc("https://id.example"), oidc("https://id.example")]).len(), 1, "twice the same");
        let many: Vec<Oidc> = (0..17).map(|number| oidc(&format!("https://id-{number}.example"))).collect();
        assert_eq!((faults(&many).len(), faults(&many[1..]).len()), (1, 0), "too many");
    }
}
