//! Callers: invalid, expired and revoked tokens, keys and links; quotas; the audit trail.

// In a test a failed unwrap is the failure report.
#![allow(clippy::unwrap_used)]

mod audit_trail;
mod guests;
mod own_bookings;
mod quota;
mod revoke;
mod scripted_actions;
mod tokens;
mod trail;

use std::collections::BTreeMap;

use keyrack_tests::{Answer, Hotel, refusal};
use serde_json::Value;

/// An answer without the parts that differ in every answer: its trace id and the time.
#[track_caller]
fn bare(answer: &Answer) -> (u16, BTreeMap<String, String>, String) {
    let trace = answer.json()["traceId"].as_str().expect("a trace id").to_string();
    assert_eq!(answer.header("Keyrack-Trace-Id"), Some(trace.as_str()), "{answer:?}");
    let header = |(name, value): (&reqwest::header::HeaderName, &reqwest::header::HeaderValue)| {
        (name.to_string(), String::from_utf8_lossy(value.as_bytes()).into_owned())
    };
    let mut headers: BTreeMap<String, String> = answer.headers.iter().map(header).collect();
    ["date", "keyrack-trace-id"].iter().for_each(|name| drop(headers.remove(*name)));
    (answer.status, headers, answer.text().replace(&trace, ""))
}

/// Refused credentials get the same words as `known`, independent of the fault.
#[track_caller]
fn assert_same_401(what: &str, answer: &Answer, known: &Answer) {
    refusal(answer, 401, "unauthenticated");
    assert_eq!(bare(answer), bare(known), "{what}: the refusal shows the fault");
}

/// The id in a booking's answer.
fn id_of(booking: &Value) -> &str {
    booking["bookingId"].as_str().expect("a booking id")
}

/// `/v1/bookings/{id}` of a booking.
fn path_of(booking: &Value) -> String {
    format!("/v1/bookings/{}", id_of(booking))
}

/// A list of a hotel's bookings.
fn list_of(hotel: &Hotel) -> String {
    format!("/v1/bookings?propertyId={}", hotel.id)
}
