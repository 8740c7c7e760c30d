//! Fetches an issuer's keys (OpenID Connect Discovery 1.0).

use anyhow::Context;
use serde_json::Value;

use super::json;
use super::keys::KeySet;
use crate::messages::outbound::{ExchangeError, IssuerError};
use crate::outbound::{Outbound, Url};

/// The largest document, in bytes.
const DOCUMENT_BYTES: usize = 256 << 10;

/// Fetches the discovery document of `issuer`, and then the keys that it points to. `own` is `issuer` as a URL. The reasons why
/// keys were left out are added to `left_out`.
///
/// # Errors
/// The document or the keys cannot be fetched or are malformed. Then none of the keys is used.
pub async fn fetch(issuer: &str, own: &Url, outbound: &Outbound, left_out: &mut Vec<&'static str>) -> anyhow::Result<KeySet> {
    let document = get(outbound, &own.join(".well-known/openid-configuration")).await.context(IssuerError::Discovery)?;
    let document = json::object(&document).context(IssuerError::Discovery)?;
    if document.get("issuer").and_then(Value::as_str) != Some(issuer) {
        return Err(IssuerError::OtherIssuer.into());
    }
    let jwks_uri = document.get("jwks_uri").and_then(Value::as_str).ok_or(IssuerError::NoKeysUrl)?;
    let jwks_uri = Url::parse(jwks_uri).context(IssuerError::KeysUrl)?;
    // An issuer on another machine must not make this node send requests to its own loopback listeners.
    let both_here = own.is_loopback() && jwks_uri.is_loopback();
    if !(jwks_uri.is_secure() || both_here) {
        return Err(IssuerError::KeysUrlPlain.into());
    }
    let keys = get(outbound, &jwks_uri).await.context(IssuerError::Keys)?;
    KeySet::parse(&keys, left_out).context(IssuerError::Keys)
}

async fn get(outbound: &Outbound, url: &Url) -> anyhow::Result<bytes::Bytes> {
    let answer = outbound.get(url, DOCUMENT_BYTES).await.with_context(|| ExchangeError::At(url.to_string()))?;
    match answer.status {
        200 => Ok(answer.body),
        status => Err(ExchangeError::Status { url: url.to_string(), status }.into()),
    }
}
