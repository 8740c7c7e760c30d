//! Every refusal code, caused once from outside. Checks the status, the code, the form of the problem, the nights if
//! there are any, and that nothing changed.

// In a test a failed unwrap is the failure report.
#![allow(clippy::unwrap_used)]

mod cut_off;
mod fixture;
mod limits;
mod table;

use std::collections::BTreeSet;

use keyrack_tests::{Cluster, refusal};

use fixture::Fixture;
use table::{Case, cases};

/// Codes that need a cluster under stress, or a request that no HTTP library sends. Each has its own test in `limits`
/// or `cut_off`.
const TESTED_ALONE: [&str; 7] = [
    "currency_mismatch",
    "outcome_unknown",
    "overloaded",
    "payload_too_large",
    "quota_exceeded",
    "request_in_flight",
    "unavailable",
];

const ALL_CODES: [&str; 37] = [
    "arrival_in_past",
    "capacity_too_large",
    "currency_mismatch",
    "cursor_ahead",
    "forbidden",
    "hold_expired",
    "idempotency_key_required",
    "idempotency_key_reused",
    "invalid_cursor",
    "invalid_date",
    "invalid_field",
    "invalid_idempotency_key",
    "invalid_json",
    "invalid_stay",
    "invalid_utf8",
    "method_not_allowed",
    "no_rooms",
    "not_found",
    "occupancy_exceeded",
    "outcome_unknown",
    "overloaded",
    "payload_too_large",
    "precondition_failed",
    "quota_exceeded",
    "request_in_flight",
    "restricted",
    "sold_out",
    "stay_too_long",
    "too_many_rooms",
    "unauthenticated",
    "unavailable",
    "unknown_field",
    "unknown_property",
    "unknown_rate_plan",
    "unknown_room_type",
    "unsupported_media_type",
    "wrong_state",
];

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_refusal_has_its_code_and_changes_nothing() {
    let cluster = Cluster::start();
    let fixture = Fixture::set_up(&cluster).await;
    let mut seen: BTreeSet<&str> = TESTED_ALONE.into();
    for Case { what, status, code, retryable, dates, call } in cases(&fixture) {
        let before = fixture.hotel.everything().await;
        let answer = call.send().await;
        println!("{what}: {answer:?}");
        let refusal = refusal(&answer, status, code);
        assert_eq!(refusal.retryable, retryable, "{what}: retryable");
        assert_eq!(refusal.dates(), dates, "{what}: the nights at fault");
        assert_eq!(fixture.hotel.everything().await, before, "{what}: the refusal changed something");
        seen.insert(code);
    }
    assert_eq!(seen, ALL_CODES.into(), "every code is tested, and no other");
}
