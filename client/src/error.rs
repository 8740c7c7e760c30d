//! Why a call has no result.

use std::error::Error;
use std::fmt;

use keyrack_proto::{Code, v1};
use tonic::Status;
use tonic_types::StatusExt;

use crate::connection::ConnectError;

/// The kind of a refusal or failure. It is displayed as the stable code.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ErrorCode {
    /// A stable code of the service, the same as in HTTP.
    Service(Code),
    /// No node answered: `unreachable`.
    Unreachable,
    /// TLS failed, because one side does not trust the other: `untrusted`.
    Untrusted,
    /// A code that this client does not know: the service is newer.
    Unknown(String),
}

impl ErrorCode {
    /// The code of a refusal by the service.
    pub fn of_service(text: &str) -> ErrorCode {
        Code::from_text(text).map_or_else(|| ErrorCode::Unknown(text.to_owned()), ErrorCode::Service)
    }
}

impl From<Code> for ErrorCode {
    fn from(code: Code) -> ErrorCode {
        ErrorCode::Service(code)
    }
}

impl fmt::Display for ErrorCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            ErrorCode::Service(code) => code.as_str(),
            ErrorCode::Unreachable => "unreachable",
            ErrorCode::Untrusted => "untrusted",
            ErrorCode::Unknown(text) => text,
        })
    }
}

/// A refusal or failure.
#[derive(Clone, Debug, thiserror::Error)]
#[error("{code}: {detail}")]
pub struct ClientError {
    /// Its kind.
    pub code: ErrorCode,
    /// A sentence about this case.
    pub detail: String,
    /// Whether the same request may succeed later.
    pub retryable: bool,
    /// The nights that stood in the way: date, room type, rooms available and why.
    pub nights: Vec<String>,
}

impl ClientError {
    pub(crate) fn new(code: impl Into<ErrorCode>, detail: impl Into<String>) -> ClientError {
        ClientError { code: code.into(), detail: detail.into(), retryable: false, nights: Vec::new() }
    }

    /// Whether one side does not trust the other. Waiting does not change that.
    pub(crate) fn is_untrusted(&self) -> bool {
        self.code == ErrorCode::Untrusted
    }

    /// Whether another node, or the same one later, may answer: nothing was refused.
    pub(crate) fn is_passing(&self) -> bool {
        match self.code {
            ErrorCode::Unreachable | ErrorCode::Untrusted => true,
            ErrorCode::Service(code) => {
                matches!(code, Code::Unavailable | Code::Overloaded | Code::OutcomeUnknown | Code::RequestInFlight)
            }
            ErrorCode::Unknown(_) => false,
        }
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
                tonic::Code::DeadlineExceeded | tonic::Code::Cancelled => Code::OutcomeUnknown.into(),
                _ => ErrorCode::Unreachable,
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
            code: ErrorCode::of_service(&info.reason),
            detail: status.message().to_owned(),
            retryable: info.metadata.get("retryable").is_some_and(|text| text == "true"),
            nights: nights.into_iter().map(|(_, night)| night.trim_end().to_owned()).collect(),
        }
    }
}

/// The connection's own error, if that is the cause: gRPC only says "transport error".
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
            ConnectError::Address(_) => Code::InvalidField.into(),
            ConnectError::Unreachable { .. } => ErrorCode::Unreachable,
            ConnectError::Tls { .. } => ErrorCode::Untrusted,
        };
        ClientError::new(code, error.to_string())
    }
}

impl From<v1::Refusal> for ClientError {
    fn from(refusal: v1::Refusal) -> Self {
        let night =
            |n: v1::RefusedNight| format!("{} {} {} {}", n.date, n.room_type, n.available, n.reason).trim_end().to_owned();
        ClientError {
            code: ErrorCode::of_service(&refusal.code),
            detail: refusal.detail,
            retryable: refusal.retryable,
            nights: refusal.nights.into_iter().map(night).collect(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_are_displayed_as_they_are_sent() {
        let sent = ["sold_out", "outcome_unknown", "a_code_of_tomorrow"];
        assert_eq!(sent.map(|text| ErrorCode::of_service(text).to_string()), sent);
        assert_eq!(ErrorCode::of_service("sold_out"), ErrorCode::Service(Code::SoldOut));
        assert_eq!(ClientError::new(ErrorCode::Unreachable, "no node answered").to_string(), "unreachable: no node answered");
        assert_eq!(ErrorCode::Untrusted.to_string(), "untrusted");
    }

    #[test]
    fn only_what_was_not_refused_is_tried_again() {
        let passes = |code: ErrorCode| ClientError::new(code, "").is_passing();
        for code in [Code::Unavailable, Code::Overloaded, Code::OutcomeUnknown, Code::RequestInFlight] {
            assert!(passes(code.into()), "{code:?}");
        }
        assert!(passes(ErrorCode::Unreachable) && passes(ErrorCode::Untrusted));
        assert!(!passes(Code::SoldOut.into()) && !passes(Code::Internal.into()) && !passes(ErrorCode::Unknown("new".into())));
    }
}
