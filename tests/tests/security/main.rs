//! Nobody gets in, and nobody sees or does what is not theirs: every route for every caller, requests that no library
//! would send, and the borders between properties and sellers.

// In a test a failed unwrap is the failure report.
#![allow(clippy::unwrap_used)]

mod callers;
mod malformed;
mod matrix;
mod requests;
mod routes;
mod scopes;
mod streams;

use keyrack_tests::Answer;
use serde_json::Value;

/// A problem without what is each one's own: two that are equal here tell a caller nothing apart.
fn words(answer: &Answer) -> (u16, Value) {
    let mut problem = answer.json();
    let trace = problem.as_object_mut().unwrap().remove("traceId");
    assert!(trace.is_some_and(|id| id.as_str().is_some_and(|id| id.len() == 32)), "{answer:?}");
    (answer.status, problem)
}
