//! Why a call has no result.

use std::error::Error;

use keyrack_proto::v1;
use tonic::{Code, Status};
use tonic_types::StatusExt;

use crate::connection::ConnectError;

/// What is wrong when one side does not trust the other.
const UNTRUSTED: &str = "untrusted";

/// A refusal or failure, with the same stable code as in HTTP.
#[derive(Clone, Debug, thiserror::Error)]
#[error("{code}: {detail}")]
pub struct ClientError {
    /// `sold_out`, `outcome_unknown`, ...; `unreachable` when no node answered, `untrusted` when TLS failed.
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

    /// Whether one side does not trust the other, which waiting will not change.
    pub(crate) fn is_untrusted(&self) -> bool {
        self.code == UNTRUSTED
    }

    /// Whether another node, or the same one later, may answer: nothing was refused.
    pub(crate) fn is_passing(&self) -> bool {
        matches!(
            self.code.as_str(),
            "unreachable" | UNTRUSTED | "unavailable" | "overloaded" | "outcome_unknown" | "request_in_flight"
        )
    }
}

impl From<Status> for ClientError {
    fn from(status: Status) -> Self {
        let details = status.get_error_details();
        let Some(info) = details.error_info() else {
            if let Some(error) = connecting(&status) {
                return error;
            }
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

/// What went wrong with the connection, in its own words: those of gRPC are "transport error".
fn connecting(status: &Status) -> Option<ClientError> {
    let mut cause = status.source();
    while let Some(error) = cause {
        let inner = error.downcast_ref::<std::io::Error>().and_then(std::io::Error::get_ref);
        let found = inner.and_then(|inner| inner.downcast_ref()).or_else(|| error.downcast_ref());
        if let Some(error) = found {
            return Some(ClientError { retryable: true, ..ClientError::from(error) });
        }
        cause = error.source();
    }
    None
}

impl From<&ConnectError> for ClientError {
    fn from(error: &ConnectError) -> Self {
        let code = match error {
            ConnectError::Address(_) => "invalid_field",
            ConnectError::Unreachable { .. } => "unreachable",
            ConnectError::Tls { .. } => UNTRUSTED,
        };
        ClientError::new(code, error.to_string())
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
