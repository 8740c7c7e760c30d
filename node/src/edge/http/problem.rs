//! Problems as HTTP answers (RFC 9457).

use axum::body::Body;
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use keyrack_inventory::{RefusedNight, Restriction};
use keyrack_proto::Code;
use serde::Serialize;
use utoipa::ToSchema;

use super::answer::position;
use crate::convert::{Problem, title};

/// The body of every refusal and failure.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct ProblemBody<'a> {
    /// A URI that names the code.
    #[serde(rename = "type")]
    kind: String,
    /// What it means, in the caller's language.
    title: &'a str,
    /// The HTTP status.
    status: u16,
    /// This case.
    detail: &'a str,
    /// The stable code.
    code: &'a str,
    /// Whether the same request may succeed later.
    retryable: bool,
    /// Finds the request in the logs.
    trace_id: String,
    /// The nights that stood in the way.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    nights: Vec<ProblemNight<'a>>,
}

/// A night that stood in the way.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct ProblemNight<'a> {
    date: String,
    room_type: &'a str,
    available: i64,
    /// The restriction, by the name of its ARI field.
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<&'a str>,
}

impl IntoResponse for Problem {
    /// The body follows in [`finish`], which knows the caller's language.
    fn into_response(self) -> Response {
        let status = StatusCode::from_u16(self.code.status()).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        let mut response = status.into_response();
        response.extensions_mut().insert(self);
        response
    }
}

/// Writes the body of a problem that a handler answered.
pub fn finish(response: &mut Response, languages: Option<&HeaderValue>) {
    let Some(problem) = response.extensions_mut().remove::<Problem>() else { return };
    let trace_id = base16ct::lower::encode_string(&problem.trace_id.unwrap_or_else(fresh_trace_id));
    let languages = languages.and_then(|value| value.to_str().ok()).unwrap_or_default();
    let (title, language) = title(problem.code, languages);
    // Details are composed in English; elsewhere the translated title says it.
    let detail = if language == "en" { problem.detail.as_str() } else { title };
    let body = ProblemBody {
        kind: format!("https://keyrack.dev/problems/{}", problem.code.as_str()),
        title,
        status: problem.code.status(),
        detail,
        code: problem.code.as_str(),
        retryable: problem.code.retryable(),
        trace_id: trace_id.clone(),
        nights: nights(&problem),
    };
    // Strings and numbers only: this always succeeds.
    let bytes = serde_json::to_vec(&body).unwrap_or_default();
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/problem+json"));
    headers.insert(header::CONTENT_LANGUAGE, HeaderValue::from_static(language));
    headers.insert(header::CONTENT_LENGTH, HeaderValue::from(bytes.len()));
    if let Ok(trace_id) = HeaderValue::try_from(trace_id) {
        headers.insert("keyrack-trace-id", trace_id);
    }
    more_headers(headers, &problem);
    if let Some(quota) = problem.quota {
        response.extensions_mut().insert(quota);
    }
    *response.body_mut() = Body::from(bytes);
}

fn more_headers(headers: &mut HeaderMap, problem: &Problem) {
    if let Some(seconds) = problem.retry_after() {
        headers.insert(header::RETRY_AFTER, HeaderValue::from(seconds));
    }
    if problem.replayed {
        headers.insert("idempotency-replayed", HeaderValue::from_static("true"));
    }
    if let Some(as_of) = &problem.as_of {
        headers.insert("keyrack-as-of", position(**as_of));
    }
    if problem.code == Code::Unauthenticated {
        headers.insert(header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
    }
}

fn nights(problem: &Problem) -> Vec<ProblemNight<'_>> {
    let mut nights = Vec::with_capacity(problem.nights.len());
    for RefusedNight { night, room_type, available, restriction, .. } in &problem.nights {
        let (date, reason) = (night.to_string(), restriction.map(Restriction::name));
        nights.push(ProblemNight { date, room_type: room_type.as_str(), available: *available, reason });
    }
    nights
}

fn fresh_trace_id() -> [u8; 16] {
    let mut id = [0; 16];
    // Without randomness the id is all zeros, which W3C Trace Context calls invalid; better than no answer.
    let _ = getrandom::fill(&mut id);
    id
}
