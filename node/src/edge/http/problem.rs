//! Problems as HTTP answers (RFC 9457).

use axum::body::Body;
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use keyrack_inventory::{RefusedNight, Restriction};
use keyrack_proto::{Code, v1};
use keyrack_texts::{Language, title};
use serde::Serialize;
use utoipa::ToSchema;

use super::answer::position;
use crate::convert::{Problem, answers};

/// The body of every refusal and failure.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct ProblemBody<'a> {
    /// The URI of the code: `https://keyrack.dev/problems/<code>`.
    #[serde(rename = "type")]
    kind: String,
    /// The meaning of the code, in the language that `Accept-Language` prefers: en, de, fr or es.
    title: String,
    /// The HTTP status.
    status: u16,
    /// What happened and what to do, in the same language.
    detail: String,
    /// The stable code, such as `sold_out`.
    code: &'a str,
    /// Whether the same request can succeed later.
    retryable: bool,
    /// Identifies the request in the node's log: 32 hexadecimal digits. Retries with the same key have the same one.
    trace_id: String,
    /// The nights that prevent the stay, for `sold_out` and `restricted`.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    nights: Vec<ProblemNight<'a>>,
    /// The present price of the whole stay, for `price_changed`.
    #[serde(skip_serializing_if = "Option::is_none")]
    total: Option<v1::Money>,
    /// The booking that exists already: for `duplicate_reference`, and for a hold that was confirmed before.
    #[serde(skip_serializing_if = "Option::is_none")]
    booking_id: Option<String>,
}

/// A night that prevents the stay.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct ProblemNight<'a> {
    /// The night, such as `2026-12-24`.
    date: String,
    /// The code of the room type.
    room_type: &'a str,
    /// The rooms that are left; negative if the sell limit was lowered below the rooms taken.
    available: i64,
    /// The restriction that forbids the stay: the name of its ARI field, or `noRate`. Absent if rooms are lacking.
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<&'a str>,
}

impl IntoResponse for Problem {
    /// Carries the problem in the extensions. [`finish`] writes the body in the caller's language.
    fn into_response(self) -> Response {
        let status = StatusCode::from_u16(self.code.status()).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        let mut response = status.into_response();
        response.extensions_mut().insert(self);
        response
    }
}

/// Writes the body of the problem that a handler returned.
pub fn finish(response: &mut Response, languages: Option<&HeaderValue>) {
    let Some(problem) = response.extensions_mut().remove::<Problem>() else { return };
    let trace_id = base16ct::lower::encode_string(&problem.trace_id.unwrap_or_else(fresh_trace_id));
    let languages = languages.and_then(|value| value.to_str().ok()).unwrap_or_default();
    let language = Language::preferred(languages);
    let body = ProblemBody {
        kind: format!("https://keyrack.dev/problems/{}", problem.code.as_str()),
        title: title(problem.code, language),
        status: problem.code.status(),
        detail: problem.text(language),
        code: problem.code.as_str(),
        retryable: problem.code.retryable(),
        trace_id: trace_id.clone(),
        nights: nights(&problem),
        total: problem.total.as_ref().map(|total| answers::money(total.amount, total.currency)),
        booking_id: problem.booking.as_ref().map(|booking| booking.to_string()),
    };
    // Strings and numbers only, so serialization cannot fail.
    let bytes = serde_json::to_vec(&body).unwrap_or_default();
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/problem+json"));
    headers.insert(header::CONTENT_LANGUAGE, HeaderValue::from_static(language.tag()));
    // The text depends on the caller's language, so a cache must not give it to a caller of another one.
    headers.append(header::VARY, HeaderValue::from_static("accept-language"));
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
    // Without randomness the id is all zeros, which W3C Trace Context calls invalid. That is better than no answer.
    let _ = getrandom::fill(&mut id);
    id
}
