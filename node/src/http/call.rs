//! What a handler is given: who calls, with which key, and the body as a message.

use std::time::Duration;

use axum::body::Bytes;
use axum::extract::{FromRequest, FromRequestParts, Query, Request};
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode, header};
use axum::response::{IntoResponse, Response};
use bytes::BytesMut;
use http_body_util::BodyExt;
use keyrack_cluster::AsOf;
use serde::Serialize;
use serde::de::DeserializeOwned;
use tokio::time::Instant;

use super::shape::lists_are_in_place;
use crate::access::Caller;
use crate::problem::{Code, Problem};
use crate::service::{Done, Edge, Mutation, check_key};

/// What the server knows that the edge does not.
#[derive(Clone, Copy, Debug)]
pub struct BodyLimits {
    /// The largest body.
    pub bytes: usize,
    /// How long it may take to arrive.
    pub timeout: Duration,
}

/// The most that is read of a body that is too large.
const DRAIN_BYTES: usize = 32 << 20;

/// A mutation with its body.
pub struct Call<T> {
    pub mutation: Mutation,
    pub expected_revision: Option<u32>,
    pub body: T,
}

/// A read with its query.
pub struct Ask<T> {
    pub caller: Caller,
    pub deadline: Instant,
    pub query: T,
}

/// The parts of a path; what cannot be read names nothing.
pub struct PathOf<T>(pub T);

impl<T: DeserializeOwned + Send> FromRequestParts<Edge> for PathOf<T> {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, edge: &Edge) -> Result<Self, Problem> {
        let path = axum::extract::Path::<T>::from_request_parts(parts, edge).await;
        path.map(|path| PathOf(path.0)).map_err(|_| Problem::new(Code::NotFound, "there is no such thing"))
    }
}

impl<T: DeserializeOwned + Default> FromRequest<Edge> for Call<T> {
    type Rejection = Problem;

    async fn from_request(request: Request, edge: &Edge) -> Result<Self, Problem> {
        let (parts, body) = request.into_parts();
        let caller = caller_of(&parts)?;
        let key = idempotency_key(&parts)?;
        let expected_revision = if_match(&parts.headers)?;
        let bytes = read_body(body, limits(&parts)).await?;
        let body = if bytes.is_empty() && parts.method != Method::PUT { T::default() } else { json(&parts.headers, &bytes)? };
        Ok(Call {
            mutation: Mutation { caller, key, deadline: edge.default_deadline(), wants_receipt: true },
            expected_revision,
            body,
        })
    }
}

impl<T: DeserializeOwned> FromRequestParts<Edge> for Ask<T> {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, edge: &Edge) -> Result<Self, Problem> {
        let caller = caller_of(parts)?;
        let query = Query::<T>::try_from_uri(&parts.uri).map_err(|cause| Problem::new(Code::InvalidField, cause.body_text()))?;
        Ok(Ask { caller, deadline: edge.default_deadline(), query: query.0 })
    }
}

/// Whoever the guard let in; without it nobody is.
pub fn caller_of(parts: &Parts) -> Result<Caller, Problem> {
    let caller = parts.extensions.get::<Caller>().cloned();
    caller.ok_or_else(|| Problem::new(Code::Unauthenticated, "send Authorization: Bearer <api key or token>"))
}

/// Required on POST; elsewhere a mutation is idempotent by itself.
fn idempotency_key(parts: &Parts) -> Result<Option<String>, Problem> {
    match parts.headers.get("idempotency-key") {
        None if parts.method == Method::POST => check_key("").map(Some),
        None => Ok(None),
        Some(value) => {
            let invalid = || Problem::new(Code::InvalidIdempotencyKey, "1 to 200 visible ASCII characters");
            let text = value.to_str().map_err(|_| invalid())?;
            if text.is_empty() { Err(invalid()) } else { check_key(text).map(Some) }
        }
    }
}

fn limits(parts: &Parts) -> BodyLimits {
    let limits = parts.extensions.get::<BodyLimits>().copied();
    limits.unwrap_or(BodyLimits { bytes: 1 << 20, timeout: Duration::from_secs(15) })
}

fn if_match(headers: &HeaderMap) -> Result<Option<u32>, Problem> {
    let Some(value) = headers.get(header::IF_MATCH).and_then(|value| value.to_str().ok()) else { return Ok(None) };
    if value.trim() == "*" {
        return Ok(None);
    }
    // A tag that was never given out matches nothing.
    Ok(Some(value.trim().trim_matches('"').parse().unwrap_or(u32::MAX)))
}

async fn read_body(body: axum::body::Body, limits: BodyLimits) -> Result<Bytes, Problem> {
    let gathered = tokio::time::timeout(limits.timeout, gather(body, limits.bytes)).await;
    gathered.map_err(|_| Problem::new(Code::RequestTimeout, "the body did not arrive in time"))?
}

/// Keeps at most `limit` bytes. What is too much is read to its end all the same, up to [`DRAIN_BYTES`]: many
/// clients send everything before they look for an answer, and would find a broken connection instead.
async fn gather(mut body: axum::body::Body, limit: usize) -> Result<Bytes, Problem> {
    let (mut kept, mut seen) = (BytesMut::new(), 0);
    while let Some(frame) = body.frame().await {
        let frame = frame.map_err(|_| Problem::new(Code::InvalidJson, "the body did not arrive whole"))?;
        let Ok(data) = frame.into_data() else { continue };
        seen += data.len();
        if seen <= limit {
            kept.extend_from_slice(&data);
        } else if seen > DRAIN_BYTES {
            break;
        }
    }
    if seen > limit { Err(Problem::new(Code::PayloadTooLarge, format!("at most {limit} bytes"))) } else { Ok(kept.freeze()) }
}

fn json<T: DeserializeOwned>(headers: &HeaderMap, bytes: &[u8]) -> Result<T, Problem> {
    let declared = headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let media_type = declared.split(';').next().unwrap_or_default().trim();
    if !media_type.eq_ignore_ascii_case("application/json") {
        return Err(Problem::new(Code::UnsupportedMediaType, "send Content-Type: application/json"));
    }
    let text = std::str::from_utf8(bytes).map_err(|_| Problem::new(Code::InvalidUtf8, "the body is not UTF-8"))?;
    let parsed = serde_json::from_str(text).map_err(|cause| {
        let place = format!("line {} column {}", cause.line(), cause.column());
        let words = cause.to_string();
        // The message of a data error quotes what was sent, which may be a guest's: only the place is told.
        if words.starts_with("unknown field") {
            Problem::new(Code::UnknownField, format!("a field at {place} does not exist"))
        } else if cause.is_data() {
            Problem::new(Code::InvalidField, format!("a value at {place} is missing or of another type"))
        } else {
            Problem::new(Code::InvalidJson, format!("not JSON at {place}"))
        }
    })?;
    if !lists_are_in_place(text) {
        return Err(Problem::new(Code::InvalidField, "there is a list where an object or a value belongs"));
    }
    Ok(parsed)
}

/// The answer to a mutation.
pub fn done<T: Serialize>(done: &Done<T>, revision: Option<u32>) -> Result<Response, Problem> {
    let status = if done.created { StatusCode::CREATED } else { StatusCode::OK };
    let mut response = body(status, &done.value)?;
    let headers = response.headers_mut();
    about(headers, done);
    if let Some(revision) = revision {
        etag(headers, revision);
    }
    Ok(response)
}

/// A body of a request that has no caller.
pub async fn body_of<T: DeserializeOwned>(request: Request) -> Result<T, Problem> {
    let (parts, body) = request.into_parts();
    let bytes = read_body(body, limits(&parts)).await?;
    json(&parts.headers, &bytes)
}

/// An answer with a body of its own.
pub fn answer<T: Serialize>(status: StatusCode, value: &T) -> Result<Response, Problem> {
    body(status, value)
}

/// The answer to a mutation that leaves nothing to show.
pub fn done_empty<T>(done: &Done<T>) -> Response {
    let mut response = StatusCode::NO_CONTENT.into_response();
    about(response.headers_mut(), done);
    response
}

/// The answer to a read.
pub fn found<T: Serialize>(value: &T, revision: Option<u32>) -> Result<Response, Problem> {
    let mut response = body(StatusCode::OK, value)?;
    if let Some(revision) = revision {
        etag(response.headers_mut(), revision);
    }
    Ok(response)
}

fn body<T: Serialize>(status: StatusCode, value: &T) -> Result<Response, Problem> {
    let bytes = serde_json::to_vec(value).map_err(|cause| {
        tracing::error!(%cause, "an answer that is no JSON");
        Problem::new(Code::Internal, "the answer cannot be written")
    })?;
    Ok((status, [(header::CONTENT_TYPE, HeaderValue::from_static("application/json"))], bytes).into_response())
}

fn about<T>(headers: &mut HeaderMap, done: &Done<T>) {
    headers.insert(HeaderName::from_static("keyrack-as-of"), position(done.as_of));
    if done.replayed {
        headers.insert(HeaderName::from_static("idempotency-replayed"), HeaderValue::from_static("true"));
    }
}

/// `shard/index`.
pub fn position(as_of: AsOf) -> HeaderValue {
    // Digits and a slash: this always succeeds.
    HeaderValue::try_from(format!("{}/{}", as_of.shard, as_of.index)).unwrap_or(HeaderValue::from_static("0/0"))
}

fn etag(headers: &mut HeaderMap, revision: u32) {
    if let Ok(value) = HeaderValue::try_from(format!("\"{revision}\"")) {
        headers.insert(header::ETAG, value);
    }
}
