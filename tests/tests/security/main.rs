//! Access control: every route for every kind of caller, requests that no library would send, and the borders between
//! properties and sellers.

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

/// A problem without its trace id. If two are equal here, a caller cannot distinguish them.
fn words(answer: &Answer) -> (u16, Value) {
    let mut problem = answer.json();
    let trace = problem.as_object_mut().unwrap().remove("traceId");
    assert!(trace.is_some_and(|id| id.as_str().is_some_and(|id| id.len() == 32)), "{answer:?}");
    // A detail repeats the id that the caller sent, in quotes.
    let detail = problem["detail"].as_str().unwrap().to_owned();
    let masked: Vec<&str> = detail.split('"').enumerate().map(|(at, part)| if at % 2 == 0 { part } else { "ID" }).collect();
    problem["detail"] = masked.join("\"").into();
    (answer.status, problem)
}
