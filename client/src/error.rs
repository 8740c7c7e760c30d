//! Why a call has no result.

use keyrack_proto::v1;
use tonic::{Code, Status};
use tonic_types::StatusExt;

/// A refusal or failure, with the same stable code as in HTTP.
#[derive(Clone, Debug, thiserror::Error)]
#[error("{code}: {detail}")]
pub struct ClientError {
    /// `sold_out`, `outcome_unknown`, ...; `unreachable` when no node answered.
    pub code: String,
    /// This case, in a sentence.
    pub detail: String,
    /// Whether the same request may succeed later.
    pub retryable: bool,
    /// The nights that stood in the way: date, room type, rooms available and why.
    pub nights: Vec<String>,
}

impl ClientError {
    pub(crate) fn new(code: &str, detail: impl Into<String>) -> ClientError {
        ClientError { code: code.into(), detail: detail.into(), retryable: false, nights: Vec::new() }
    }

    /// Whether another node, or the same one later, may answer: nothing was refused.
    pub(crate) fn is_passing(&self) -> bool {
        matches!(self.code.as_str(), "unreachable" | "unavailable" | "overloaded" | "outcome_unknown" | "request_in_flight")
    }
}

impl From<Status> for ClientError {
    fn from(status: Status) -> Self {
        let details = status.get_error_details();
        let Some(info) = details.error_info() else {
            let code = match status.code() {
                Code::DeadlineExceeded | Code::Cancelled => "outcome_unknown",
                _ => "unreachable",
            };
            return ClientError { retryable: true, ..ClientError::new(code, status.message()) };
        };
        let mut nights: Vec<(usize, String)> = Vec::new();
        for (key, value) in &info.metadata {
            if let Some(place) = key.strip_prefix("night.").and_then(|place| place.parse().ok()) {
                nights.push((place, value.clone()));
            }
        }
        nights.sort();
        ClientError {
            code: info.reason.clone(),
            detail: status.message().to_owned(),
            retryable: info.metadata.get("retryable").is_some_and(|text| text == "true"),
            nights: nights.into_iter().map(|(_, night)| night.trim_end().to_owned()).collect(),
        }
    }
}

impl From<v1::Refusal> for ClientError {
    fn from(refusal: v1::Refusal) -> Self {
        let night =
            |n: v1::RefusedNight| format!("{} {} {} {}", n.date, n.room_type, n.available, n.reason).trim_end().to_owned();
        ClientError {
            code: refusal.code,
            detail: refusal.detail,
            retryable: refusal.retryable,
            nights: refusal.nights.into_iter().map(night).collect(),
        }
    }
}
