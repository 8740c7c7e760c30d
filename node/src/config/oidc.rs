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

/// Refuses issuers that would be insecure or useless.
pub fn check(issuers: &[Oidc]) -> anyhow::Result<()> {
    let refuse = |fault: ConfigError| Err(fault.into());
    if issuers.len() > MOST_ISSUERS {
        return refuse(ConfigError::Issuers { found: issuers.len(), most: MOST_ISSUERS });
    }
    let mut names = BTreeSet::new();
    for Oidc { issuer, audience, clock_skew_secs } in issuers {
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
        if !names.insert(issuer) {
            return refuse(ConfigError::SameIssuer(issuer.clone()));
        }
    }
    Ok(())
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
            check(&[oidc(valid)]).unwrap_or_else(|cause| panic!("{valid}: {cause:#}"));
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
            assert!(check(std::slice::from_ref(&bad)).is_err(), "{bad:?}");
        }
        assert!(check(&[oidc("https://id.example"), oidc("https://id.example")]).is_err(), "twice the same");
        assert!(check(&vec![oidc("https://id.example"); 17]).is_err(), "too many");
    }
}
