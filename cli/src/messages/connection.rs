//! Refusals of the nodes, and answers that cannot be used.

use std::time::Duration;

use keyrack_client::{ClientError, Code, ErrorCode, v1};

use crate::terminal::part_of;

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
    #[error("{}", late(.cause, .look))]
    OutcomeUnknown {
        /// Why there is no answer.
        cause: Box<AnswerError>,
        /// The command that shows whether the change was made.
        look: String,
    },
    /// The node does not know whether a change was made.
    #[error("{}: {}", .cause.code, without_answer(.cause, .look))]
    ChangeUnknown {
        /// The answer of the node.
        cause: ClientError,
        /// The command that shows whether the change was made.
        look: String,
    },
    /// A port without the operators' API.
    #[error("not_found: {0} has no operators' commands. Use the operators' port (7113 by default) with --cert and --cert-key.")]
    NotForOperators(String),
    /// A body that is too long or was cut off.
    #[error("the answer of {host} cannot be read: {cause}. Try again, or another node with --endpoint.")]
    Body {
        /// Host and port.
        host: String,
        /// The cause.
        cause: String,
    },
    /// An answer without a problem document.
    #[error("{host} answered with the HTTP status {status} and no explanation. Check that --endpoint is a Keyrack node.")]
    Status {
        /// Host and port.
        host: String,
        /// The HTTP status.
        status: u16,
    },
    /// JSON of another shape.
    #[error("the node's answer cannot be understood: {0}. Use the `keyrack` of the cluster's version.")]
    Shape(String),
    /// A request that HTTP cannot carry.
    #[error("the request cannot be sent: {0}. Check --key and the ids.")]
    Request(String),
}

/// How sentences begin that the hints of the command line replace, because a person sends no headers.
const AGAINS: [&str; 3] = ["Try again", "Ask again", "Use another node"];
const REPEATS: [&str; 5] = [
    "Repeat the request with the same Idempotency-Key",
    "Repeat this request",
    "The change may or may not have happened",
    "The first request with this Idempotency-Key",
    "Nothing was changed",
];
/// Sentences about parts of an answer that the command line prints without their names.
const PARTS: [&str; 2] = ["See nights for", "The RateLimit headers"];

/// Names of the API and of the command line. A detail begins with the name of the field.
const NAMES: [(&str, &str); 13] = [
    ("ttlSeconds:", "--ttl-seconds:"),
    ("expiresInSeconds:", "--expires-in-seconds:"),
    ("overlapSeconds:", "--overlap-seconds:"),
    ("timeZone:", "--time-zone:"),
    ("ratePlan:", "--rate-plan:"),
    ("propertyId:", "PROPERTY:"),
    ("propertyId is", "PROPERTY is"),
    ("dateTo must not be before dateFrom", "DATE_TO must not be before DATE_FROM"),
    ("departure must be after arrival", "DEPARTURE must be after ARRIVAL"),
    ("to must be after from", "TO must be after FROM"),
    ("Send an Idempotency-Key header, with", "--idempotency-key: give"),
    ("An Idempotency-Key has", "--idempotency-key:"),
    ("This Idempotency-Key was", "This --idempotency-key was"),
];

/// The text without the sentences that begin with one of these words.
fn without(openings: &[&str], text: &str) -> String {
    let sentences = text.split_inclusive(". ").filter(|sentence| !openings.iter().any(|opening| sentence.starts_with(opening)));
    sentences.collect::<String>().trim_end().to_owned()
}

/// Why a change has no answer, what is unknown then, and the command that shows it.
fn unknown(cause: &str, look: &str) -> String {
    format!(
        "{cause} It is unknown whether the change was made. Look with `{look}` first, then repeat the command if the change is missing."
    )
}

fn late(cause: &AnswerError, look: &str) -> String {
    unknown(&without(&AGAINS, &cause.to_string()), look)
}

fn without_answer(cause: &ClientError, look: &str) -> String {
    unknown(&without(&REPEATS, &cause.detail), look)
}

/// A refusal in words, with the refused nights on lines of their own. `key` is the idempotency key of a change.
pub fn explain(error: &ClientError, key: Option<&str>) -> String {
    let detail = part_of(&error.detail, 1_000);
    // The command line sends one update at a time.
    let mut detail = without(&PARTS, detail.strip_prefix("updates[0]: ").unwrap_or(&detail));
    if let Some((field, option)) = NAMES.iter().find(|(field, _)| detail.starts_with(field)) {
        detail.replace_range(..field.len(), option);
    }
    let hint = hint(error, key);
    if hint.is_some() {
        detail = without(&AGAINS, &detail);
        // Without a key the hint does not say whether something was changed.
        if key.is_some() || error.code == Code::OutcomeUnknown.into() {
            detail = without(&REPEATS, &detail);
        }
    }
    let mut text = match error.code {
        ErrorCode::Unreachable | ErrorCode::Untrusted => detail,
        _ if detail.is_empty() => part_of(&error.code.to_string(), 64),
        _ => format!("{}: {detail}", part_of(&error.code.to_string(), 64)),
    };
    if let Some(hint) = hint {
        text = format!("{}. {hint}", text.trim_end_matches('.'));
    }
    error.nights.iter().for_each(|night| text += &format!("\n  {}", night_in_words(night)));
    text
}

fn hint(error: &ClientError, key: Option<&str>) -> Option<String> {
    let repeat = |key| format!("run the same command again with --idempotency-key {key}");
    match (&error.code, key) {
        // A node may fail after it has stored a change, so its fault does not say whether the change was made.
        (ErrorCode::Service(Code::OutcomeUnknown | Code::Internal), Some(key)) => Some(format!(
            "It is unknown whether the change was made. To find out, {}: the change is made once at most.",
            repeat(key)
        )),
        (ErrorCode::Service(Code::OutcomeUnknown), None) => Some("It is unknown whether the change was made.".to_owned()),
        (ErrorCode::Service(Code::RequestInFlight), Some(key)) => {
            Some(format!("The first request with this key is not finished. In a few seconds {}.", repeat(key)))
        }
        (ErrorCode::Unreachable, Some(key)) => {
            Some(format!("When a node answers, {}: the change is made once at most.", repeat(key)))
        }
        (ErrorCode::Service(Code::Unavailable | Code::Overloaded), Some(_)) => {
            Some("Nothing was changed. Try again in a few seconds.".to_owned())
        }
        (ErrorCode::Service(Code::Unavailable | Code::Overloaded), None) => Some("Try again in a few seconds.".to_owned()),
        _ => None,
    }
}

fn night_in_words(night: &v1::RefusedNight) -> String {
    let v1::RefusedNight { date, room_type, available, reason } = night;
    let (date, room_type) = (part_of(date, 64), part_of(room_type, 64));
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
        other => format!("{room_type}: {}", part_of(other, 64)),
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

    #[test]
    fn an_answer_adds_no_line_and_is_cut() {
        let nights = vec![v1::RefusedNight { date: "a\nb".into(), ..night(0, "") }];
        let hostile =
            ClientError { detail: format!("x\n{}", "y".repeat(3_000)), ..error(ErrorCode::Unknown("c\nd".into()), nights) };
        let text = explain(&hostile, None);
        assert!(text.starts_with("c\\nd: x\\ny") && text.len() < 1_200, "{text}");
        assert!(text.ends_with("...\n  a\\nb: DBL has 0 rooms left"), "{text}");
    }

    #[test]
    fn a_fault_of_the_node_leaves_a_change_unknown() {
        let text = explain(&error(Code::Internal, Vec::new()), Some("order-4711"));
        assert!(text.contains("It is unknown whether") && text.contains("--idempotency-key order-4711"), "{text}");
        assert_eq!(explain(&error(Code::Internal, Vec::new()), None), "internal: a detail");
    }

    #[test]
    fn a_message_has_one_hint_and_the_names_of_the_command_line() {
        let text =
            |code: Code, detail: &str, key| explain(&ClientError { detail: detail.into(), ..error(code, Vec::new()) }, key);
        let late = "Shard 1 did not answer in time. The change may or may not have happened. Repeat the request with the same \
                    Idempotency-Key to find out.";
        assert!(text(Code::OutcomeUnknown, late, Some("k")).starts_with(
            "outcome_unknown: Shard 1 did not answer in time. It is unknown whether the change was made. To find out, run"
        ));
        assert_eq!(
            text(Code::Unavailable, "Shard 1 has no leader. Nothing was changed. Try again.", Some("k")),
            "unavailable: Shard 1 has no leader. Nothing was changed. Try again in a few seconds."
        );
        assert_eq!(text(Code::InvalidField, "ttlSeconds: 1 to 600.", None), "invalid_field: --ttl-seconds: 1 to 600.");
        assert_eq!(
            text(Code::SoldOut, "DBL has too few rooms. See nights for the rooms that are left.", Some("k")),
            "sold_out: DBL has too few rooms."
        );
        let lost = AnswerError::Late { host: "a:7113".into(), limit: Duration::from_secs(9) };
        let text = AnswerError::OutcomeUnknown { cause: Box::new(lost), look: "keyrack node list".into() }.to_string();
        assert!(text.starts_with("a:7113 did not answer within 9 s. It is unknown whether"), "{text}");
        let cause = ClientError { detail: late.into(), ..error(Code::OutcomeUnknown, Vec::new()) };
        assert_eq!(
            AnswerError::ChangeUnknown { cause, look: "keyrack node list".into() }.to_string(),
            "outcome_unknown: Shard 1 did not answer in time. It is unknown whether the change was made. Look with `keyrack node \
             list` first, then repeat the command if the change is missing."
        );
    }
}
