//! Builds the handlers' answers.

use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use keyrack_cluster::AsOf;
use keyrack_texts::Detail;
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

/// The answer to a mutation without a body.
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

/// A JSON answer with this status.
pub fn answer<T: Serialize>(status: StatusCode, value: &T) -> Result<Response, Problem> {
    let bytes = serde_json::to_vec(value).map_err(|cause| {
        tracing::warn!(event = "answer_unwritable", %cause, "cannot serialize an answer");
        Problem::new(Detail::AnswerUnwritable)
    })?;
    Ok((status, [(header::CONTENT_TYPE, HeaderValue::from_static("application/json"))], bytes).into_response())
}

/// Adds `Keyrack-As-Of`, and `Idempotency-Replayed` to a stored answer.
fn describe<T>(headers: &mut HeaderMap, done: &Done<T>) {
    headers.insert(HeaderName::from_static("keyrack-as-of"), position(done.as_of));
    if done.replayed {
        headers.insert(HeaderName::from_static("idempotency-replayed"), HeaderValue::from_static("true"));
    }
}

/// A log position as a header value: `shard/index`.
pub fn position(as_of: AsOf) -> HeaderValue {
    // Digits and a slash are always a valid header value.
    HeaderValue::try_from(format!("{}/{}", as_of.shard, as_of.index)).unwrap_or(HeaderValue::from_static("0/0"))
}

fn etag(headers: &mut HeaderMap, revision: u32) {
    if let Ok(value) = HeaderValue::try_from(format!("\"{revision}\"")) {
        headers.insert(header::ETAG, value);
    }
}
