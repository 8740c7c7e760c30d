//! Where an issuer's keys are (OpenID Connect Discovery 1.0), and fetching them.

use anyhow::{Context, bail, ensure};
use serde_json::Value;

use super::json;
use super::keys::KeySet;
use crate::outbound::{Outbound, Url};

/// The largest document that is read.
const DOCUMENT_BYTES: usize = 256 << 10;

/// Fetches the discovery document of `issuer`, which `own` is as a URL, and then the keys that it points to. Why keys were left out is added
/// to `left_out`.
///
/// # Errors
/// When either cannot be had, or is not what it must be; nothing of the issuer is believed then.
pub async fn fetch(issuer: &str, own: &Url, outbound: &Outbound, left_out: &mut Vec<&'static str>) -> anyhow::Result<KeySet> {
    let document = get(outbound, &own.join(".well-known/openid-configuration")).await.context("its discovery document")?;
    let document = json::object(&document).context("its discovery document")?;
    ensure!(document.get("issuer").and_then(Value::as_str) == Some(issuer), "its discovery document is that of another issuer");
    let jwks_uri = document.get("jwks_uri").and_then(Value::as_str).context("its discovery document names no jwks_uri")?;
    let jwks_uri = Url::parse(jwks_uri).context("its jwks_uri")?;
    // An issuer elsewhere has no business on this machine, also not with what listens on its loopback.
    let both_here = own.is_loopback() && jwks_uri.is_loopback();
    if !(jwks_uri.is_secure() || both_here) {
        bail!("its jwks_uri is not https://");
    }
    let keys = get(outbound, &jwks_uri).await.context("its keys")?;
    KeySet::parse(&keys, left_out).context("its keys")
}

async fn get(outbound: &Outbound, url: &Url) -> anyhow::Result<bytes::Bytes> {
    let answer = outbound.get(url, DOCUMENT_BYTES).await.with_context(|| url.to_string())?;
    ensure!(answer.status == 200, "{url} answered {}", answer.status);
    Ok(answer.body)
}
