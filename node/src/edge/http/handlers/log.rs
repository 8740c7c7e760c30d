//! `/log`: the receipts logs, in the format of c2sp.org/tlog-tiles.

use axum::Extension;
use axum::extract::State;
use axum::http::{HeaderValue, header};
use axum::response::{IntoResponse, Response};
use keyrack_merkle::Resource;
use keyrack_texts::Detail;

use crate::access::{Caller, Operation};
use crate::convert::Problem;
use crate::edge::http::call::PathOf;
use crate::service::Service;

const TEXT: HeaderValue = HeaderValue::from_static("text/plain; charset=utf-8");
/// The next booking makes a checkpoint outdated.
const NO_CACHE: HeaderValue = HeaderValue::from_static("no-cache");
/// A full or partial tile never changes.
const IMMUTABLE: HeaderValue = HeaderValue::from_static("public, max-age=31536000, immutable");
const PRIVATE_IMMUTABLE: HeaderValue = HeaderValue::from_static("private, max-age=31536000, immutable");

/// Get the newest checkpoint of a shard.
///
/// Public. Returns a signed note (c2sp.org/tlog-checkpoint). The answer is 202 `not_cosigned` if there is no checkpoint yet, and
/// 503 `unavailable` until a node that was just started has caught up.
#[utoipa::path(get, path = Operation::GetCheckpoint.route(), tag = "Receipts",
    params(("shard" = u32, Path, description = "The data shard, from 1.")), security(()),
    responses((status = 200, body = String, content_type = "text/plain")))]
pub async fn checkpoint(State(service): State<Service>, PathOf(shard): PathOf<String>) -> Result<Response, Problem> {
    let note = service.checkpoint(number(&shard)?)?;
    Ok(([(header::CONTENT_TYPE, TEXT), (header::CACHE_CONTROL, NO_CACHE)], note).into_response())
}

/// Get the trust policy of the logs.
///
/// Public. Returns the keys that sign the checkpoints of all shards, as a c2sp.org/tlog-policy. Compare them with the keys that
/// the cluster's operator publishes elsewhere.
#[utoipa::path(get, path = Operation::GetPolicy.route(), tag = "Receipts", security(()),
    responses((status = 200, body = String, content_type = "text/plain")))]
pub async fn policy(State(service): State<Service>) -> Result<Response, Problem> {
    Ok(([(header::CONTENT_TYPE, TEXT), (header::CACHE_CONTROL, NO_CACHE)], service.policy()?).into_response())
}

/// Get a tile of hashes.
///
/// Public. Returns 1 to 256 SHA-256 hashes of 32 bytes each (c2sp.org/tlog-tiles). Errors: 404 `not_found` if no checkpoint
/// covers the tile yet.
#[utoipa::path(get, path = Operation::GetTile.route(), tag = "Receipts",
    params(("shard" = u32, Path, description = "The data shard, from 1."),
        ("tile" = String, Path, description = "The path of the tile, such as 0/x001/234.p/7.")), security(()),
    responses((status = 200, body = Vec<u8>, content_type = "application/octet-stream")))]
pub async fn tile(State(service): State<Service>, PathOf((shard, path)): PathOf<(String, String)>) -> Result<Response, Problem> {
    resource(&service, None, &shard, &format!("tile/{path}"))
}

/// Get a bundle of leaves.
///
/// For auditors and operators of all properties, because leaves show occupancy. Returns 1 to 256 leaves, each after its length as
/// two bytes (c2sp.org/tlog-tiles). Errors: 404 `not_found` if no checkpoint covers the bundle yet.
#[utoipa::path(get, path = Operation::GetEntries.route(), tag = "Receipts",
    params(("shard" = u32, Path, description = "The data shard, from 1."),
        ("tile" = String, Path, description = "The path of the bundle, such as x001/234.p/7.")),
    responses((status = 200, body = Vec<u8>, content_type = "application/octet-stream")))]
pub async fn entries(
    State(service): State<Service>,
    PathOf((shard, path)): PathOf<(String, String)>,
    Extension(caller): Extension<Caller>,
) -> Result<Response, Problem> {
    resource(&service, Some(&caller), &shard, &format!("tile/entries/{path}"))
}

fn resource(service: &Service, caller: Option<&Caller>, shard: &str, path: &str) -> Result<Response, Problem> {
    let nothing = || Problem::new(Detail::UnknownTile);
    let resource = Resource::parse(path).map_err(|_| nothing())?;
    let bytes = service.log_resource(caller, number(shard)?, resource)?;
    let cache = if caller.is_some() { PRIVATE_IMMUTABLE } else { IMMUTABLE };
    let media_type = HeaderValue::from_static("application/octet-stream");
    Ok(([(header::CONTENT_TYPE, media_type), (header::CACHE_CONTROL, cache)], bytes).into_response())
}

/// Parses a shard's number. It has only one valid spelling, so that caches keep a tile under one URL.
fn number(text: &str) -> Result<u32, Problem> {
    let number = text.parse::<u32>().ok().filter(|number| number.to_string() == text);
    number.ok_or_else(|| Problem::new(Detail::UnknownLog))
}
