//! Reads a request's body as strict JSON, bounded in bytes and time.

use std::time::Duration;

use axum::body::{Body, Bytes};
use axum::extract::Request;
use axum::http::header;
use axum::http::request::Parts;
use bytes::BytesMut;
use http_body_util::BodyExt;
use keyrack_texts::Detail;
use serde::de::DeserializeOwned;

use super::shape::lists_are_in_place;
use crate::access::Operation;
use crate::convert::Problem;
use crate::edge::refused_body::RefusedBody;

/// The limits of a request's body. The listener puts them into the request's extensions.
#[derive(Clone, Copy, Debug)]
pub struct BodyLimits {
    /// The most bytes.
    pub bytes: usize,
    /// The time within which the body must arrive.
    pub timeout: Duration,
}

/// The most bytes that are read of a body that is too large.
const DRAIN_BYTES: usize = 32 << 20;

/// The most bytes of a body from somebody who has not signed in.
const STRANGERS_BODY_BYTES: usize = 4 << 10;

/// Reads and parses the body of a request that has no caller.
pub async fn read_json<T: DeserializeOwned>(request: Request) -> Result<T, Problem> {
    let (mut parts, body) = request.into_parts();
    if let Some(limits) = parts.extensions.get_mut::<BodyLimits>() {
        limits.bytes = limits.bytes.min(STRANGERS_BODY_BYTES);
    }
    let bytes = read(&parts, body).await?;
    parse(&parts, &bytes)
}

/// Reads a body.
pub async fn read(parts: &Parts, body: Body) -> Result<Bytes, Problem> {
    let limits = parts.extensions.get::<BodyLimits>().copied();
    let limits = limits.unwrap_or(BodyLimits { bytes: 1 << 20, timeout: Duration::from_secs(15) });
    let collected = tokio::time::timeout(limits.timeout, collect(body, limits.bytes)).await;
    collected.map_err(|_| Problem::new(Detail::BodyLate { seconds: limits.timeout.as_secs() }))?
}

/// Keeps at most `limit` bytes. A larger body is still read, up to [`DRAIN_BYTES`]: many clients send the whole body before they
/// read the answer, and would otherwise only see a broken connection.
async fn collect(mut body: Body, limit: usize) -> Result<Bytes, Problem> {
    let (mut kept, mut arrived) = (BytesMut::new(), 0);
    while let Some(frame) = body.frame().await {
        let frame = frame
            .map_err(|error| RefusedBody::problem_of(&error).cloned().unwrap_or_else(|| Problem::new(Detail::BodyIncomplete)))?;
        let Ok(data) = frame.into_data() else { continue };
        arrived += data.len();
        if arrived <= limit {
            kept.extend_from_slice(&data);
        } else if arrived > DRAIN_BYTES {
            break;
        }
    }
    if arrived > limit { Err(Problem::new(Detail::BodyTooLarge { limit_bytes: limit as u64 })) } else { Ok(kept.freeze()) }
}

/// Parses a JSON body. Only the fields that the operation declares may have lists.
pub fn parse<T: DeserializeOwned>(parts: &Parts, bytes: &[u8]) -> Result<T, Problem> {
    let declared = parts.headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let media_type = declared.split(';').next().unwrap_or_default().trim();
    if !media_type.eq_ignore_ascii_case("application/json") {
        return Err(Problem::new(Detail::ContentType));
    }
    let text = std::str::from_utf8(bytes).map_err(|_| Problem::new(Detail::BodyNotUtf8))?;
    let parsed = serde_json::from_str(text).map_err(|cause| {
        let (line, column) = (cause.line() as u64, cause.column() as u64);
        let words = cause.to_string();
        // serde's message quotes the body, which may have guest data. So the answer has only the line and the column.
        if words.starts_with("unknown field") {
            Problem::new(Detail::BodyUnknownField { line, column })
        } else if cause.is_data() {
            Problem::new(Detail::BodyWrongValue { line, column })
        } else {
            Problem::new(Detail::BodyNotJson { line, column })
        }
    })?;
    let http = parts.extensions.get::<Operation>().and_then(|operation| operation.entry().http);
    if !lists_are_in_place(text, http.map_or(&[], |http| http.lists)) {
        return Err(Problem::new(Detail::BodyMisplacedList));
    }
    Ok(parsed)
}
