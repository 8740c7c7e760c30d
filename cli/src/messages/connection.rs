//! Refusals of the nodes, and answers that cannot be used.

use std::time::Duration;

use keyrack_client::{ClientError, Code, ErrorCode, v1};

/// A change without an answer that confirms it.
#[derive(Debug, thiserror::Error)]
#[error("{}", explain(.cause, Some(.key)))]
pub struct ChangeError {
    /// The idempotency key of the request.
    pub key: String,
    /// The refusal or the failure.
    pub cause: ClientError,
}

const AGAIN: &str = "Try again, or another node with --endpoint.";
const AGAIN_OR_TLS: &str = "Try again, or another node with --endpoint. If the port speaks TLS, use https://.";

/// A node's answer that cannot be used, or none.
#[derive(Debug, thiserror::Error)]
pub enum AnswerError {
    /// No node gave an answer that can be used.
    #[error("no node answers:{}", .0.iter().map(|cause| format!("\n  {cause}")).collect::<String>())]
    NoNode(Vec<String>),
    /// A request had no answer.
    #[error("{host} did not answer within {} s. Try again, or another node with --endpoint.", .limit.as_secs())]
    Late {
        /// Host and port.
        host: String,
        /// The time limit.
        limit: Duration,
    },
    /// A connection ended before the answer.
    #[error("{host} closed the connection before it answered. {}", if *.is_tls { AGAIN } else { AGAIN_OR_TLS })]
    Closed {
        /// Host and port.
        host: String,
        /// Whether the connection had TLS.
        is_tls: bool,
    },
    /// A change was sent and not answered.
    #[error(
        "{cause} It is unknown whether the change was made: look with `keyrack principal show` or `keyrack node list` before you \
         repeat it."
    )]
    OutcomeUnknown {
        /// Why there is no answer.
        cause: Box<AnswerError>,
    },
    /// A body that is too long or was cut off.
    #[error("the answer of {host} cannot be read: {cause}. Try again, or another node with --endpoint.")]
    Body {
        /// Host and port.
        host: String,
        /// The cause.
        cause: String,
    },
    /// An answer without a problem document.
    #[error("the node answered with the HTTP status {0} and no explanation. Check that --endpoint is a Keyrack node.")]
    Status(u16),
    /// JSON of another shape.
    #[error("the node's answer cannot be understood: {0}. Use the `keyrack` of the cluster's version.")]
    Shape(String),
    /// A request that HTTP cannot carry.
    #[error("the request cannot be sent: {0}. Check --key and the ids.")]
    Request(String),
}

/// A refusal in words, with the refused nights on lines of their own. `key` is the idempotency key of a change.
pub fn explain(error: &ClientError, key: Option<&str>) -> String {
    let detail = &error.detail;
    let mut text = match error.code {
        ErrorCode::Unreachable | ErrorCode::Untrusted => detail.clone(),
        _ => format!("{}: {detail}", error.code),
    };
    if let Some(hint) = hint(error, key) {
        text = format!("{}. {hint}", text.trim_end_matches('.'));
    }
    error.nights.iter().for_each(|night| text += &format!("\n  {}", night_in_words(night)));
    text
}

fn hint(error: &ClientError, key: Option<&str>) -> Option<String> {
    let repeat = |key| format!("run the same command again with --idempotency-key {key}");
    match (&error.code, key) {
        (ErrorCode::Service(Code::OutcomeUnknown), Some(key)) => Some(format!(
            "It is unknown whether the change was made. To find out, {}: the change is made once at most.",
            repeat(key)
        )),
        (ErrorCode::Service(Code::OutcomeUnknown), None) => Some("Run the same command again.".to_owned()),
        (ErrorCode::Service(Code::RequestInFlight), Some(key)) => {
            Some(format!("The first request with this key is not finished. In a few seconds {}.", repeat(key)))
        }
        (ErrorCode::Unreachable, Some(key)) => {
            Some(format!("When a node answers, {}: the change is made once at most.", repeat(key)))
        }
        (ErrorCode::Service(Code::Unavailable | Code::Overloaded), _) => {
            Some("Nothing was changed. Try again in a few seconds.".to_owned())
        }
        (ErrorCode::Service(Code::QuotaExceeded), _) => Some("Wait a few seconds and try again.".to_owned()),
        _ => None,
    }
}

fn night_in_words(night: &v1::RefusedNight) -> String {
    let v1::RefusedNight { date, room_type, available, reason } = night;
    let why = match reason.as_str() {
        "" if *available < 0 => format!("{room_type} is {} rooms above its sell limit", available.unsigned_abs()),
        "" => format!("{room_type} has {available} rooms left"),
        "stopSell" => format!("{room_type} is not sold (stop sell)"),
        "closedToArrival" => format!("no stay in {room_type} may begin (closed to arrival)"),
        "closedToDeparture" => format!("no stay in {room_type} may end (closed to departure)"),
        "minStayArrival" => format!("a stay in {room_type} that begins here must be longer (minimum stay)"),
        "minStayThrough" => format!("a stay in {room_type} over this night must be longer (minimum stay through)"),
        "maxStay" => format!("a stay in {room_type} that begins here must be shorter (maximum stay)"),
        "noRate" => format!("{room_type} has no rate"),
        other => format!("{room_type}: {other}"),
    };
    format!("{date}: {why}")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn error(code: impl Into<ErrorCode>, nights: Vec<v1::RefusedNight>) -> ClientError {
        ClientError { code: code.into(), detail: "a detail".into(), retryable: false, nights }
    }

    fn night(available: i64, reason: &str) -> v1::RefusedNight {
        v1::RefusedNight { date: "2027-03-01".into(), room_type: "DBL".into(), available, reason: reason.into() }
    }

    #[test]
    fn refused_nights_are_on_lines_of_their_own() {
        let nights = vec![night(0, ""), night(-2, ""), night(3, "closedToArrival"), night(1, "aRuleOfTomorrow")];
        assert_eq!(
            explain(&error(Code::SoldOut, nights), Some("k")),
            "sold_out: a detail\n  2027-03-01: DBL has 0 rooms left\n  2027-03-01: DBL is 2 rooms above its sell limit\n  \
             2027-03-01: no \
             stay in DBL may begin (closed to arrival)\n  2027-03-01: DBL: aRuleOfTomorrow"
        );
    }

    #[test]
    fn an_unknown_outcome_shows_how_to_repeat_the_command() {
        let text = explain(&error(Code::OutcomeUnknown, Vec::new()), Some("order-4711"));
        assert!(text.starts_with("outcome_unknown: a detail. It is unknown"), "{text}");
        assert!(text.contains("--idempotency-key order-4711"), "{text}");
        assert!(explain(&error(ErrorCode::Unreachable, Vec::new()), Some("k")).starts_with("a detail. When a node answers"));
        assert_eq!(explain(&error(ErrorCode::Untrusted, Vec::new()), Some("k")), "a detail");
    }
}
