//! `/log`: the receipts' logs as c2sp.org/tlog-tiles has them.

use axum::Extension;
use axum::extract::State;
use axum::http::{HeaderValue, header};
use axum::response::{IntoResponse, Response};
use keyrack_merkle::Resource;
use keyrack_proto::Code;

use crate::access::{Caller, Operation};
use crate::convert::Problem;
use crate::edge::http::call::PathOf;
use crate::service::Service;

const TEXT: HeaderValue = HeaderValue::from_static("text/plain; charset=utf-8");
/// A checkpoint is old as soon as the next booking is taken.
const FRESH: HeaderValue = HeaderValue::from_static("no-cache");
/// A tile never changes.
const FOR_EVER: HeaderValue = HeaderValue::from_static("public, max-age=31536000, immutable");
const FOR_EVER_BUT_ONLY_HERE: HeaderValue = HeaderValue::from_static("private, max-age=31536000, immutable");

/// The newest checkpoint of a shard's log: a signed note (c2sp.org/tlog-checkpoint).
#[utoipa::path(get, path = Operation::GetCheckpoint.route(), tag = "Receipts", params(("shard" = u32, Path)), security(()),
    responses((status = 200, body = String, content_type = "text/plain")))]
pub async fn checkpoint(State(service): State<Service>, PathOf(shard): PathOf<String>) -> Result<Response, Problem> {
    let note = service.checkpoint(number(&shard)?)?;
    Ok(([(header::CONTENT_TYPE, TEXT), (header::CACHE_CONTROL, FRESH)], note).into_response())
}

/// The keys that sign the checkpoints of all shards: a trust policy (c2sp.org/tlog-policy).
#[utoipa::path(get, path = Operation::GetPolicy.route(), tag = "Receipts", security(()),
    responses((status = 200, body = String, content_type = "text/plain")))]
pub async fn policy(State(service): State<Service>) -> Result<Response, Problem> {
    Ok(([(header::CONTENT_TYPE, TEXT), (header::CACHE_CONTROL, FRESH)], service.policy()?).into_response())
}

/// A tile of hashes. `tile` is such as `0/x001/234.p/7`.
#[utoipa::path(get, path = Operation::GetTile.route(), tag = "Receipts", params(("shard" = u32, Path), ("tile" = String, Path)), security(()),
    responses((status = 200, body = Vec<u8>, content_type = "application/octet-stream")))]
pub async fn tile(State(service): State<Service>, PathOf((shard, path)): PathOf<(String, String)>) -> Result<Response, Problem> {
    resource(&service, None, &shard, &format!("tile/{path}"))
}

/// A bundle of leaves, for auditors: they tell occupancy. `tile` is such as `x001/234.p/7`.
#[utoipa::path(get, path = Operation::GetEntries.route(), tag = "Receipts", params(("shard" = u32, Path), ("tile" = String, Path)),
    responses((status = 200, body = Vec<u8>, content_type = "application/octet-stream")))]
pub async fn entries(
    State(service): State<Service>,
    PathOf((shard, path)): PathOf<(String, String)>,
    Extension(caller): Extension<Caller>,
) -> Result<Response, Problem> {
    resource(&service, Some(&caller), &shard, &format!("tile/entries/{path}"))
}

fn resource(service: &Service, caller: Option<&Caller>, shard: &str, path: &str) -> Result<Response, Problem> {
    let nothing = || Problem::new(Code::NotFound, "there is no such tile; see c2sp.org/tlog-tiles for their names");
    let resource = Resource::parse(path).map_err(|_| nothing())?;
    let bytes = service.log_resource(caller, number(shard)?, resource)?;
    let cache = if caller.is_some() { FOR_EVER_BUT_ONLY_HERE } else { FOR_EVER };
    let media_type = HeaderValue::from_static("application/octet-stream");
    Ok(([(header::CONTENT_TYPE, media_type), (header::CACHE_CONTROL, cache)], bytes).into_response())
}

/// A shard's number as it is written: what is cached for ever has one name.
fn number(text: &str) -> Result<u32, Problem> {
    let number = text.parse::<u32>().ok().filter(|number| number.to_string() == text);
    number.ok_or_else(|| Problem::new(Code::NotFound, "there is no such log"))
}
