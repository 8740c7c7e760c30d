//! The headers of every answer: security headers for browsers, cache control, and the caller's quota.

use axum::http::{HeaderMap, HeaderName, HeaderValue, header};
use axum::response::Response;

use crate::convert::QuotaLeft;

/// An API answer is not a page: a browser must not run it, frame it or load anything for it.
const NO_PAGE: HeaderValue =
    HeaderValue::from_static("default-src 'none'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'");

/// Adds the missing headers. Headers that a handler has set stay. Only the answer to a read without credentials is public. Every other
/// answer says that nobody may store it.
pub fn finish(response: &mut Response, is_public: bool) {
    let quota = response.extensions().get::<QuotaLeft>().copied();
    let headers = response.headers_mut();
    let mut absent = |name: HeaderName, value: HeaderValue| {
        if !headers.contains_key(&name) {
            headers.insert(name, value);
        }
    };
    absent(header::CONTENT_SECURITY_POLICY, NO_PAGE);
    absent(header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    absent(header::X_FRAME_OPTIONS, HeaderValue::from_static("DENY"));
    absent(header::REFERRER_POLICY, HeaderValue::from_static("no-referrer"));
    absent(HeaderName::from_static("cross-origin-resource-policy"), HeaderValue::from_static("same-origin"));
    if !is_public {
        absent(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    }
    if let Some(quota) = quota {
        rate_limit(headers, quota);
    }
}

/// The fields of draft-ietf-httpapi-ratelimit-headers.
fn rate_limit(headers: &mut HeaderMap, quota: QuotaLeft) {
    let fields = [
        ("ratelimit-policy", format!("\"second\";q={};w=1", quota.per_second)),
        ("ratelimit", format!("\"second\";r={};t={}", quota.requests, quota.full_in_secs)),
    ];
    for (name, value) in fields {
        if let Ok(value) = HeaderValue::try_from(value) {
            headers.insert(HeaderName::from_static(name), value);
        }
    }
}
