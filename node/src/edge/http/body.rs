//! Reading a request's body: bounded in bytes and in time, as strict JSON.

use std::time::Duration;

use axum::body::{Body, Bytes};
use axum::extract::Request;
use axum::http::header;
use axum::http::request::Parts;
use bytes::BytesMut;
use http_body_util::BodyExt;
use keyrack_proto::Code;
use serde::de::DeserializeOwned;

use super::shape::lists_are_in_place;
use crate::access::Operation;
use crate::convert::Problem;

/// The limits of a request's body; the listener puts them into the request's extensions.
#[derive(Clone, Copy, Debug)]
pub struct BodyLimits {
    /// The largest body.
    pub bytes: usize,
    /// How long it may take to arrive.
    pub timeout: Duration,
}

/// The most that is read of a body that is too large.
const DRAIN_BYTES: usize = 32 << 20;

/// Reads and parses the body of a request that has no caller.
pub async fn read_json<T: DeserializeOwned>(request: Request) -> Result<T, Problem> {
    let (parts, body) = request.into_parts();
    let bytes = read(&parts, body).await?;
    parse(&parts, &bytes)
}

/// Reads a body.
pub async fn read(parts: &Parts, body: Body) -> Result<Bytes, Problem> {
    let limits = parts.extensions.get::<BodyLimits>().copied();
    let limits = limits.unwrap_or(BodyLimits { bytes: 1 << 20, timeout: Duration::from_secs(15) });
    let collected = tokio::time::timeout(limits.timeout, collect(body, limits.bytes)).await;
    collected.map_err(|_| Problem::new(Code::RequestTimeout, "the body did not arrive in time"))?
}

/// Keeps at most `limit` bytes. A body that is too large is read to its end all the same, up to [`DRAIN_BYTES`]: many clients
/// send everything before they read the answer, and would only see a broken connection.
async fn collect(mut body: Body, limit: usize) -> Result<Bytes, Problem> {
    let (mut kept, mut arrived) = (BytesMut::new(), 0);
    while let Some(frame) = body.frame().await {
        let frame = frame.map_err(|_| Problem::new(Code::InvalidJson, "the body did not arrive whole"))?;
        let Ok(data) = frame.into_data() else { continue };
        arrived += data.len();
        if arrived <= limit {
            kept.extend_from_slice(&data);
        } else if arrived > DRAIN_BYTES {
            break;
        }
    }
    if arrived > limit { Err(Problem::new(Code::PayloadTooLarge, format!("at most {limit} bytes"))) } else { Ok(kept.freeze()) }
}

/// Parses a JSON body. Lists may be only where the request's operation has them.
pub fn parse<T: DeserializeOwned>(parts: &Parts, bytes: &[u8]) -> Result<T, Problem> {
    let declared = parts.headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let media_type = declared.split(';').next().unwrap_or_default().trim();
    if !media_type.eq_ignore_ascii_case("application/json") {
        return Err(Problem::new(Code::UnsupportedMediaType, "send Content-Type: application/json"));
    }
    let text = std::str::from_utf8(bytes).map_err(|_| Problem::new(Code::InvalidUtf8, "the body is not UTF-8"))?;
    let parsed = serde_json::from_str(text).map_err(|cause| {
        let place = format!("line {} column {}", cause.line(), cause.column());
        let words = cause.to_string();
        // The message of a data error quotes the body, which may name a guest: only the place is answered.
        if words.starts_with("unknown field") {
            Problem::new(Code::UnknownField, format!("a field at {place} does not exist"))
        } else if cause.is_data() {
            Problem::new(Code::InvalidField, format!("a value at {place} is missing or of another type"))
        } else {
            Problem::new(Code::InvalidJson, format!("not JSON at {place}"))
        }
    })?;
    let http = parts.extensions.get::<Operation>().and_then(|operation| operation.entry().http);
    if !lists_are_in_place(text, http.map_or(&[], |http| http.lists)) {
        return Err(Problem::new(Code::InvalidField, "there is a list where an object or a value belongs"));
    }
    Ok(parsed)
}
