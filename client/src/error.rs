//! Why a call has no result.

use std::error::Error;
use std::fmt;
use std::time::Duration;

use keyrack_proto::{Code, v1};
use tonic::Status;
use tonic_types::{ErrorInfo, StatusExt};

use crate::connection::{ConnectError, Fault};
use crate::tls::Tls;

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

    /// A refusal by the service over HTTP. `sign_in` is how the request signed in.
    pub fn of_problem(code: &str, detail: &str, retryable: bool, sign_in: SignIn) -> ClientError {
        let code = ErrorCode::of_service(code);
        let detail = with_remedy(&code, detail, sign_in);
        ClientError { retryable, ..ClientError::new(code, detail) }
    }

    /// The error of a request that only reads: it has no outcome that can be unknown. `host` is that of the node.
    pub fn of_read(self, host: &str) -> ClientError {
        if self.code != Code::OutcomeUnknown.into() {
            return self;
        }
        // The time limit of the client is in the detail, that of the node is not.
        let late = if self.detail.starts_with(host) { self.detail } else { format!("{host} did not answer in time") };
        let detail = format!("{late}. A node answers only while it reaches a majority of the nodes.");
        ClientError { code: Code::Unavailable.into(), detail, ..self }
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
    /// How the request signed in.
    pub sign_in: SignIn,
    /// Whether the request only reads.
    pub is_read: bool,
}

/// How a request signs in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SignIn {
    /// With an API key. The node ignores the certificate of a desk then.
    Key,
    /// With a certificate.
    Certificate,
    /// Not at all.
    Nothing,
}

impl SignIn {
    /// How a request to this address signs in. Only `https://` presents a certificate.
    pub fn of(has_key: bool, tls: &Tls, address: &str) -> SignIn {
        match (has_key, tls.has_certificate() && address.starts_with("https://")) {
            (true, _) => SignIn::Key,
            (false, true) => SignIn::Certificate,
            (false, false) => SignIn::Nothing,
        }
    }
}

impl ClientError {
    /// The error of an attempt at the node with this address. `fault` is that of its connection.
    pub(crate) fn of_attempt(status: &Status, address: &str, fault: &Fault, limits: Attempt) -> ClientError {
        let details = status.get_error_details();
        let error = match details.error_info() {
            Some(info) => {
                let error = ClientError::of_service(status, info);
                ClientError { detail: with_remedy(&error.code, &error.detail, limits.sign_in), ..error }
            }
            None => {
                let broken = connecting(status).or_else(|| fault.get().as_ref().map(ClientError::from));
                let error = broken.unwrap_or_else(|| without_answer(status, address, Some(limits.timeout)));
                ClientError { retryable: true, ..error }
            }
        };
        match limits.is_read {
            true if details.error_info().is_some() || is_late(status) => error.of_read(host_of(address)),
            true if error.code == Code::OutcomeUnknown.into() => ClientError { code: ErrorCode::Unreachable, ..error },
            _ => error,
        }
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
fn with_remedy(code: &ErrorCode, detail: &str, sign_in: SignIn) -> String {
    match code {
        ErrorCode::Service(Code::Unauthenticated) if sign_in == SignIn::Key => {
            "the node refused the key: it is unknown, revoked or expired. Check --key or KEYRACK_API_KEY.".to_owned()
        }
        ErrorCode::Service(Code::Unauthenticated) if sign_in == SignIn::Certificate => {
            "the certificate signs nobody in: no principal with its id has --certificate. Create one with `keyrack principal \
             put ID --certificate`, or give an API key with --key."
                .to_owned()
        }
        ErrorCode::Service(Code::Unauthenticated) => {
            "no API key was given. Give one with --key or KEYRACK_API_KEY, or a certificate that signs in with \
             --cert."
                .to_owned()
        }
        ErrorCode::Service(Code::Forbidden) => {
            // The remedy of the API is less exact than the one below.
            let remedies = [" Use a key with another role.", " An operator can extend the rights.", " Send an auditor's key."];
            let detail = remedies.iter().find_map(|remedy| detail.strip_suffix(remedy)).unwrap_or(detail);
            let caller = match sign_in {
                SignIn::Key => {
                    "The caller is the owner of the API key (--key or KEYRACK_API_KEY), also if a certificate is given."
                }
                SignIn::Certificate | SignIn::Nothing => "",
            };
            let detail = detail.trim_end_matches('.');
            format!("{detail}. An operator can change the role and the scope of a caller with `keyrack principal put`. {caller}")
                .trim_end()
                .to_owned()
        }
        _ => detail.to_owned(),
    }
}

/// Parses a night of the metadata of a status: date, room type, rooms available, and the restriction, if any.
fn night(text: &str) -> v1::RefusedNight {
    let mut parts = text.split(' ').map(str::to_owned);
    let mut next = || parts.next().unwrap_or_default();
    v1::RefusedNight { date: next(), room_type: next(), available: next().parse().unwrap_or_default(), reason: next() }
}

/// Host and port of an address.
fn host_of(address: &str) -> &str {
    address.split_once("://").map_or(address, |(_, host)| host).trim_end_matches('/')
}

/// The error of a request that the service did not answer.
fn without_answer(status: &Status, address: &str, timeout: Option<Duration>) -> ClientError {
    let host = host_of(address);
    let closed = || {
        let hint = if address.starts_with("http://") { ". If the port speaks TLS, use https://" } else { "" };
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
            ConnectError::UnknownHost { .. }
            | ConnectError::Unreachable { .. }
            | ConnectError::TimedOut { .. }
            | ConnectError::NotANode { .. } => ErrorCode::Unreachable,
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
        let detail = |code: &str, sign_in| ClientError::of_problem(code, "send a header", false, sign_in).detail;
        assert!(detail("unauthenticated", SignIn::Key).contains("refused the key"));
        assert!(detail("unauthenticated", SignIn::Certificate).contains("keyrack principal put ID --certificate"));
        assert!(detail("unauthenticated", SignIn::Nothing).contains("no API key was given"));
        assert!(
            detail("forbidden", SignIn::Key).contains("KEYRACK_API_KEY")
                && !detail("forbidden", SignIn::Certificate).contains("API")
        );
        assert_eq!(detail("not_found", SignIn::Key), "send a header");
        let forbidden = ClientError::of_problem("forbidden", "No. Use a key with another role.", false, SignIn::Key).detail;
        assert!(forbidden.starts_with("No. An operator can change"), "one remedy is enough: {forbidden}");
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
        let timeout = Duration::from_secs(5);
        let (fault, limits) = (Fault::default(), Attempt { timeout, sign_in: SignIn::Nothing, is_read: false });
        let error = |status: Status| ClientError::of_attempt(&status, "http://a:7110/", &fault, limits);
        let late = error(Status::cancelled("Timeout expired"));
        assert_eq!((late.code, late.detail.as_str()), (Code::OutcomeUnknown.into(), "a:7110 did not answer within 5 s"));
        let reads = Attempt { is_read: true, ..limits };
        let read = ClientError::of_attempt(&Status::cancelled("Timeout expired"), "http://a:7110/", &fault, reads);
        assert_eq!(read.code, Code::Unavailable.into(), "a read has no outcome");
        assert!(read.detail.starts_with("a:7110 did not answer within 5 s. A node answers only while"), "{read}");
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
