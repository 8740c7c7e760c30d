//! Why a call has no result.

use std::error::Error;
use std::fmt;
use std::time::Duration;

use keyrack_proto::{Code, v1};
use tonic::Status;
use tonic_types::{ErrorInfo, StatusExt};

use crate::connection::{ConnectError, Fault};

/// The kind of a refusal or failure. It is displayed as the stable code.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ErrorCode {
    /// A stable code of the service, the same as in HTTP.
    Service(Code),
    /// No node answered: `unreachable`.
    Unreachable,
    /// TLS failed, because one side does not trust the other: `untrusted`.
    Untrusted,
    /// A code of a newer service that this client does not know.
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
    /// The nights that cannot be booked.
    pub nights: Vec<v1::RefusedNight>,
}

impl ClientError {
    pub(crate) fn new(code: impl Into<ErrorCode>, detail: impl Into<String>) -> ClientError {
        ClientError { code: code.into(), detail: detail.into(), retryable: false, nights: Vec::new() }
    }

    /// A refusal by the service over HTTP. `has_key` says whether the request had an API key.
    pub fn of_problem(code: &str, detail: &str, retryable: bool, has_key: bool) -> ClientError {
        let code = ErrorCode::of_service(code);
        let detail = with_remedy(&code, detail, has_key);
        ClientError { retryable, ..ClientError::new(code, detail) }
    }

    /// Whether one side does not trust the other. A retry does not change that.
    pub(crate) fn is_untrusted(&self) -> bool {
        self.code == ErrorCode::Untrusted
    }

    /// Whether the call may be repeated: another node, or the same one later, may answer. The service refused nothing.
    pub(crate) fn is_transient(&self) -> bool {
        match self.code {
            ErrorCode::Unreachable | ErrorCode::Untrusted => true,
            ErrorCode::Service(code) => {
                matches!(code, Code::Unavailable | Code::Overloaded | Code::OutcomeUnknown | Code::RequestInFlight)
            }
            ErrorCode::Unknown(_) => false,
        }
    }
}

/// One attempt at a call.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Attempt {
    /// Its time limit.
    pub timeout: Duration,
    /// Whether the request had an API key.
    pub has_key: bool,
}

impl ClientError {
    /// The error of an attempt at the node with this address. `fault` is that of its connection.
    pub(crate) fn of_attempt(status: &Status, address: &str, fault: &Fault, limits: Attempt) -> ClientError {
        let details = status.get_error_details();
        let Some(info) = details.error_info() else {
            if let Some(error) = connecting(status).or_else(|| fault.get().as_ref().map(ClientError::from)) {
                return ClientError { retryable: true, ..error };
            }
            return ClientError { retryable: true, ..without_answer(status, address, Some(limits.timeout)) };
        };
        let error = ClientError::of_service(status, info);
        ClientError { detail: with_remedy(&error.code, &error.detail, limits.has_key), ..error }
    }

    fn of_service(status: &Status, info: &ErrorInfo) -> ClientError {
        let mut nights: Vec<(usize, v1::RefusedNight)> = Vec::new();
        for (key, value) in &info.metadata {
            if let Some(place) = key.strip_prefix("night.").and_then(|place| place.parse().ok()) {
                nights.push((place, night(value)));
            }
        }
        nights.sort_by_key(|(place, _)| *place);
        ClientError {
            code: ErrorCode::of_service(&info.reason),
            detail: status.message().to_owned(),
            retryable: info.metadata.get("retryable").is_some_and(|text| text == "true"),
            nights: nights.into_iter().map(|(_, night)| night).collect(),
        }
    }
}

/// The error of a stream, which has no deadline.
impl From<Status> for ClientError {
    fn from(status: Status) -> Self {
        let details = status.get_error_details();
        match details.error_info() {
            Some(info) => ClientError::of_service(&status, info),
            None => {
                let error = connecting(&status).unwrap_or_else(|| without_answer(&status, "the node", None));
                ClientError { retryable: true, ..error }
            }
        }
    }
}

/// The detail of a refusal, with a remedy for missing credentials or rights.
fn with_remedy(code: &ErrorCode, detail: &str, has_key: bool) -> String {
    match code {
        ErrorCode::Service(Code::Unauthenticated) if has_key => {
            "the node refused the key: it is unknown, revoked or expired. Check --key or KEYRACK_API_KEY.".to_owned()
        }
        ErrorCode::Service(Code::Unauthenticated) => {
            "no API key was given. Give one with --key or KEYRACK_API_KEY, or a certificate that signs in with \
             --cert."
                .to_owned()
        }
        ErrorCode::Service(Code::Forbidden) => format!(
            "{}. The role and the scope of the caller decide this; an operator can change them with `keyrack principal put`.",
            detail.trim_end_matches('.')
        ),
        _ => detail.to_owned(),
    }
}

/// Parses a night of the metadata of a status: date, room type, rooms available, and the restriction, if any.
fn night(text: &str) -> v1::RefusedNight {
    let mut parts = text.split(' ').map(str::to_owned);
    let mut next = || parts.next().unwrap_or_default();
    v1::RefusedNight { date: next(), room_type: next(), available: next().parse().unwrap_or_default(), reason: next() }
}

/// The error of a request that the service did not answer.
fn without_answer(status: &Status, address: &str, timeout: Option<Duration>) -> ClientError {
    let (scheme, host) = address.split_once("://").unwrap_or(("", address));
    let host = host.trim_end_matches('/');
    let closed = || {
        let hint = if scheme == "http" { ". If the port speaks TLS, use https://" } else { "" };
        format!("{host} closed the connection before it answered{hint}")
    };
    match (status.code(), timeout) {
        (tonic::Code::DeadlineExceeded | tonic::Code::Cancelled, Some(timeout)) if is_late(status) => {
            let detail = format!("{host} did not answer within {} s", timeout.as_secs_f32());
            ClientError::new(Code::OutcomeUnknown, detail)
        }
        (tonic::Code::DeadlineExceeded | tonic::Code::Cancelled, _) => ClientError::new(Code::OutcomeUnknown, closed()),
        _ if status.source().is_some() => ClientError::new(ErrorCode::Unreachable, closed()),
        (code, _) => {
            let message = status.message();
            let detail = format!(
                "{host} answered with the gRPC status {code:?}: {message:?}. Check that it is a Keyrack \
                                  node."
            );
            ClientError::new(ErrorCode::Unreachable, detail)
        }
    }
}

/// Whether the deadline of the attempt passed, here or at the node.
fn is_late(status: &Status) -> bool {
    status.code() == tonic::Code::DeadlineExceeded || status.message().contains("Timeout expired")
}

/// The connection's own error, if that is the cause: tonic only reports "transport error".
fn connecting(status: &Status) -> Option<ClientError> {
    let mut cause = status.source();
    while let Some(error) = cause {
        let inner = error.downcast_ref::<std::io::Error>().and_then(std::io::Error::get_ref);
        let found: Option<&ConnectError> = inner.and_then(|inner| inner.downcast_ref()).or_else(|| error.downcast_ref());
        if let Some(error) = found {
            return Some(ClientError::from(error));
        }
        cause = error.source();
    }
    None
}

impl From<&ConnectError> for ClientError {
    fn from(error: &ConnectError) -> Self {
        let code = match error {
            ConnectError::Address(_) => Code::InvalidField.into(),
            ConnectError::UnknownHost { .. } | ConnectError::Unreachable { .. } | ConnectError::TimedOut { .. } => {
                ErrorCode::Unreachable
            }
            ConnectError::Tls { .. } => ErrorCode::Untrusted,
        };
        ClientError::new(code, error.to_string())
    }
}

impl From<v1::Refusal> for ClientError {
    fn from(refusal: v1::Refusal) -> Self {
        ClientError {
            code: ErrorCode::of_service(&refusal.code),
            detail: refusal.detail,
            retryable: refusal.retryable,
            nights: refusal.nights,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn missing_credentials_and_rights_come_with_a_remedy() {
        let detail = |code: &str, has_key| ClientError::of_problem(code, "send a header", false, has_key).detail;
        assert!(detail("unauthenticated", true).contains("refused the key"));
        assert!(detail("unauthenticated", false).contains("no API key was given"));
        assert!(detail("forbidden", true).starts_with("send a header. The role"));
        assert_eq!(detail("not_found", true), "send a header");
    }

    #[test]
    fn nights_are_read_from_the_metadata() {
        let full = v1::RefusedNight { date: "2027-03-01".into(), room_type: "DBL".into(), available: -2, reason: String::new() };
        assert_eq!(night("2027-03-01 DBL -2 "), full);
        assert_eq!(night("2027-03-01 DBL 0 stopSell").reason, "stopSell");
        assert_eq!(night(""), v1::RefusedNight::default());
    }

    #[test]
    fn a_request_without_an_answer_names_the_node_and_the_cause() {
        let (fault, limits) = (Fault::default(), Attempt { timeout: Duration::from_secs(5), has_key: false });
        let error = |status: Status| ClientError::of_attempt(&status, "http://a:7110/", &fault, limits);
        let late = error(Status::cancelled("Timeout expired"));
        assert_eq!((late.code, late.detail.as_str()), (Code::OutcomeUnknown.into(), "a:7110 did not answer within 5 s"));
        let lost = error(Status::cancelled("operation was canceled"));
        assert_eq!(
            (lost.code, lost.detail.as_str()),
            (
                Code::OutcomeUnknown.into(),
                "a:7110 closed the connection before it answered. If the port speaks TLS, use https://"
            )
        );
        let other = error(Status::unimplemented("no such path"));
        assert!(other.code == ErrorCode::Unreachable && other.detail.contains("no such path"), "{other}");
    }

    #[test]
    fn codes_are_displayed_as_they_are_sent() {
        let sent = ["sold_out", "outcome_unknown", "a_code_of_tomorrow"];
        assert_eq!(sent.map(|text| ErrorCode::of_service(text).to_string()), sent);
        assert_eq!(ErrorCode::of_service("sold_out"), ErrorCode::Service(Code::SoldOut));
        assert_eq!(ClientError::new(ErrorCode::Unreachable, "no node answered").to_string(), "unreachable: no node answered");
        assert_eq!(ErrorCode::Untrusted.to_string(), "untrusted");
    }

    #[test]
    fn refusals_are_final_and_failures_are_retried() {
        let passes = |code: ErrorCode| ClientError::new(code, "").is_transient();
        for code in [Code::Unavailable, Code::Overloaded, Code::OutcomeUnknown, Code::RequestInFlight] {
            assert!(passes(code.into()), "{code:?}");
        }
        assert!(passes(ErrorCode::Unreachable) && passes(ErrorCode::Untrusted));
        assert!(!passes(Code::SoldOut.into()) && !passes(Code::Internal.into()) && !passes(ErrorCode::Unknown("new".into())));
    }
}
