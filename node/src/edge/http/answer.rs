//! The answers that handlers write.

use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use keyrack_cluster::AsOf;
use keyrack_proto::Code;
use serde::Serialize;

use crate::convert::Problem;
use crate::service::Done;

/// The answer to a mutation.
pub fn done<T: Serialize>(done: &Done<T>, revision: Option<u32>) -> Result<Response, Problem> {
    let status = if done.created { StatusCode::CREATED } else { StatusCode::OK };
    let mut response = answer(status, &done.value)?;
    let headers = response.headers_mut();
    describe(headers, done);
    if let Some(revision) = revision {
        etag(headers, revision);
    }
    Ok(response)
}

/// The answer to a mutation that leaves nothing to show.
pub fn done_empty<T>(done: &Done<T>) -> Response {
    let mut response = StatusCode::NO_CONTENT.into_response();
    describe(response.headers_mut(), done);
    response
}

/// The answer to a read.
pub fn found<T: Serialize>(value: &T, revision: Option<u32>) -> Result<Response, Problem> {
    let mut response = answer(StatusCode::OK, value)?;
    if let Some(revision) = revision {
        etag(response.headers_mut(), revision);
    }
    Ok(response)
}

/// An answer with a status of its own.
pub fn answer<T: Serialize>(status: StatusCode, value: &T) -> Result<Response, Problem> {
    let bytes = serde_json::to_vec(value).map_err(|cause| {
        tracing::error!(%cause, "an answer that is no JSON");
        Problem::new(Code::Internal, "the answer cannot be written")
    })?;
    Ok((status, [(header::CONTENT_TYPE, HeaderValue::from_static("application/json"))], bytes).into_response())
}

/// Where a mutation was decided, and whether that was in an earlier request.
fn describe<T>(headers: &mut HeaderMap, done: &Done<T>) {
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
