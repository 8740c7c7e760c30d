//! The issuers of staff tokens, as they are configured.

use std::collections::BTreeSet;

use anyhow::{Context, bail};
use serde::{Deserialize, Serialize};

use crate::outbound::Url;

/// Each has a task of its own and keys in memory.
const MOST_ISSUERS: usize = 16;
/// A clock that is further off is to be set right, not to be put up with.
const LARGEST_SKEW_SECS: u64 = 600;

/// An OpenID Connect issuer whose tokens sign staff in.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Oidc {
    /// Its identifier, exactly as it stands in its tokens. `https://`, or `http://` at a loopback address.
    pub issuer: String,
    /// What a token's `aud` must name.
    pub audience: String,
    /// By how much its clock and ours may differ.
    #[serde(default = "default_clock_skew_secs")]
    pub clock_skew_secs: u64,
}

fn default_clock_skew_secs() -> u64 {
    60
}

/// Refuses what would be insecure, or mean nothing.
pub fn check(issuers: &[Oidc]) -> anyhow::Result<()> {
    if issuers.len() > MOST_ISSUERS {
        bail!("oidc: at most {MOST_ISSUERS} issuers");
    }
    let mut names = BTreeSet::new();
    for Oidc { issuer, audience, clock_skew_secs } in issuers {
        let url = Url::parse(issuer).context("oidc.issuer")?;
        if url.has_query() {
            bail!("oidc.issuer: {issuer:?}: an issuer has no query");
        }
        if !url.is_secure() && !url.is_loopback() {
            bail!("oidc.issuer: {issuer:?}: https:// is needed (http:// only at a loopback address such as 127.0.0.1)");
        }
        if audience.is_empty() {
            bail!("oidc.audience: {issuer:?}: name what its tokens must be for");
        }
        if *clock_skew_secs > LARGEST_SKEW_SECS {
            bail!("oidc.clock_skew_secs: {issuer:?}: at most {LARGEST_SKEW_SECS}");
        }
        if !names.insert(issuer) {
            bail!("oidc.issuer: {issuer:?} stands there twice");
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn issuers_that_would_be_insecure_or_meaningless_are_refused() {
        let oidc = |issuer: &str| Oidc { issuer: issuer.into(), audience: "keyrack".into(), clock_skew_secs: 60 };
        for good in ["https://id.example", "https://id.example:8443/realms/desk/", "http://127.0.0.1:8080", "http://[::1]:8080/a"]
        {
            check(&[oidc(good)]).unwrap_or_else(|cause| panic!("{good}: {cause:#}"));
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
