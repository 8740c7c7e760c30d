//! The shape of a refusal: RFC 9457 problem details with Keyrack's members.

use serde_json::Value;

use crate::Answer;

/// A refusal whose form is correct.
pub struct Refusal {
    pub code: String,
    pub retryable: bool,
    /// `[{"date","roomType","available"}]`; empty when the problem has no nights.
    pub nights: Vec<Value>,
}

impl Refusal {
    /// The dates of `nights`, in the order given.
    pub fn dates(&self) -> Vec<&str> {
        self.nights.iter().map(|night| night["date"].as_str().expect("a date")).collect()
    }

    pub fn reasons(&self) -> Vec<&str> {
        self.nights.iter().filter_map(|night| night["reason"].as_str()).collect()
    }
}

/// Reads a refusal; panics unless it is a complete problem document with this status and code.
#[track_caller]
pub fn refusal(answer: &Answer, status: u16, code: &str) -> Refusal {
    assert_eq!(answer.status, status, "expected {status} {code}, got {answer:?}");
    let content_type = answer.header("Content-Type").unwrap_or_default();
    assert!(
        content_type.starts_with("application/problem+json"),
        "a refusal is application/problem+json, not {content_type:?}: {answer:?}"
    );
    let problem = answer.json();
    assert_eq!(problem["code"], code, "{problem}");
    assert_eq!(problem["status"], status, "{problem}");
    for member in ["type", "title", "detail", "traceId"] {
        let text = problem[member].as_str().unwrap_or_default();
        assert!(!text.is_empty(), "{member} is missing or empty: {problem}");
    }
    let nights = match &problem["nights"] {
        Value::Null => Vec::new(),
        Value::Array(nights) => nights.clone(),
        other => panic!("nights is not a list: {other}"),
    };
    for night in &nights {
        assert!(night["date"].is_string() && night["roomType"].is_string(), "{problem}");
        assert!(night["available"].is_i64(), "available is a number: {problem}");
    }
    let retryable = problem["retryable"].as_bool().expect("retryable is true or false");
    Refusal { code: code.to_string(), retryable, nights }
}
