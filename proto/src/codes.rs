//! Stable error codes: what a caller is told, over HTTP, over gRPC and in the client, when it does not get what it asked for.
//!
//! Texts, statuses and `retryable` are promises to callers: a code keeps its meaning for ever, a new meaning gets a new code.
//! Titles may change; the edge has them in other languages, too. A client adds codes of its own for what no node has
//! answered; those are not here.

use keyrack_inventory::Reject;

macro_rules! codes {
    ($($name:ident $text:literal $status:literal $retryable:literal $title:literal,)*) => {
        /// A stable code with its HTTP status, whether a retry of the same request can help, and its title.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        pub enum Code { $(#[doc = $title] $name,)* }

        impl Code {
            /// All of them.
            pub const ALL: &'static [Code] = &[$(Code::$name),*];

            /// The code as it is sent.
            pub const fn as_str(self) -> &'static str {
                match self { $(Code::$name => $text,)* }
            }

            /// The code of a text as it is sent; `None` for a code of a newer version, or of the client's own.
            pub fn from_text(text: &str) -> Option<Code> {
                match text { $($text => Some(Code::$name),)* _ => None }
            }

            /// The HTTP status.
            pub const fn status(self) -> u16 {
                match self { $(Code::$name => $status,)* }
            }

            /// Whether the same request may succeed later.
            pub const fn retryable(self) -> bool {
                match self { $(Code::$name => $retryable,)* }
            }

            /// What it means, in English.
            pub const fn title(self) -> &'static str {
                match self { $(Code::$name => $title,)* }
            }
        }
    };
}

codes! {
    InvalidJson "invalid_json" 400 false "The body is not JSON",
    UnknownField "unknown_field" 400 false "The body has a field that does not exist",
    InvalidField "invalid_field" 400 false "A field or parameter is missing or not what is needed",
    InvalidUtf8 "invalid_utf8" 400 false "The body is not UTF-8",
    InvalidDate "invalid_date" 400 false "A date does not exist",
    InvalidStay "invalid_stay" 400 false "The departure is not after the arrival",
    StayTooLong "stay_too_long" 400 false "The stay has more than 366 nights",
    NoRooms "no_rooms" 400 false "No rooms were asked for",
    TooManyRooms "too_many_rooms" 400 false "More than 50 rooms were asked for",
    CardNumber "card_number" 400 false "A text has a card number in it",
    IdempotencyKeyRequired "idempotency_key_required" 400 false "The Idempotency-Key header is missing",
    InvalidIdempotencyKey "invalid_idempotency_key" 400 false "The Idempotency-Key is not 1 to 200 visible ASCII characters",
    InvalidCursor "invalid_cursor" 400 false "The cursor is not one of ours",
    Unauthenticated "unauthenticated" 401 false "No valid credentials",
    Forbidden "forbidden" 403 false "These credentials do not allow this",
    NotFound "not_found" 404 false "There is no such thing",
    UnknownProperty "unknown_property" 404 false "There is no such property",
    MethodNotAllowed "method_not_allowed" 405 false "This path does not know this method",
    RequestTimeout "request_timeout" 408 true "The request did not arrive in time",
    SoldOut "sold_out" 409 false "There are not enough rooms on every night",
    Restricted "restricted" 409 false "A restriction forbids this stay",
    NotCosigned "not_cosigned" 202 true "The receipt is not cosigned yet",
    RequestInFlight "request_in_flight" 409 true "The first request with this key is still under way",
    WrongState "wrong_state" 409 false "The state it is in does not allow this",
    HoldExpired "hold_expired" 410 false "The hold has run out",
    PreconditionFailed "precondition_failed" 412 false "It was changed meanwhile",
    PayloadTooLarge "payload_too_large" 413 false "The body is too large",
    UriTooLong "uri_too_long" 414 false "The path with its query is too long",
    UnsupportedMediaType "unsupported_media_type" 415 false "The body is not declared as application/json",
    IdempotencyKeyReused "idempotency_key_reused" 422 false "The key was used for another request",
    UnknownRoomType "unknown_room_type" 422 false "The property has no such room type",
    UnknownRatePlan "unknown_rate_plan" 422 false "The property has no such rate plan",
    ArrivalInPast "arrival_in_past" 422 false "The arrival lies before the hotel's business date",
    OccupancyExceeded "occupancy_exceeded" 422 false "The room does not take so many guests",
    CurrencyMismatch "currency_mismatch" 422 false "The currencies differ",
    CapacityTooLarge "capacity_too_large" 422 false "There cannot be so many rooms",
    AmountTooLarge "amount_too_large" 422 false "The amount is too large",
    QuotaExceeded "quota_exceeded" 429 true "Too many requests",
    Overloaded "overloaded" 503 true "Too much is waiting already; nothing was done",
    Unavailable "unavailable" 503 true "No majority can be reached; nothing was done",
    OutcomeUnknown "outcome_unknown" 504 true "Whether it was done is unknown; retry with the same key to learn it",
    Internal "internal" 500 true "This node has failed",
}

impl From<&Reject> for Code {
    fn from(reject: &Reject) -> Self {
        match reject {
            Reject::UnknownProperty => Code::UnknownProperty,
            Reject::UnknownRoomType(_) => Code::UnknownRoomType,
            Reject::UnknownRatePlan(_) => Code::UnknownRatePlan,
            Reject::NotFound => Code::NotFound,
            Reject::ArrivalInPast { .. } => Code::ArrivalInPast,
            Reject::InvalidStay => Code::InvalidStay,
            Reject::StayTooLong => Code::StayTooLong,
            Reject::NoRooms => Code::NoRooms,
            Reject::TooManyRooms => Code::TooManyRooms,
            Reject::OccupancyExceeded { .. } => Code::OccupancyExceeded,
            Reject::CurrencyMismatch => Code::CurrencyMismatch,
            Reject::CapacityTooLarge => Code::CapacityTooLarge,
            Reject::AmountTooLarge => Code::AmountTooLarge,
            Reject::RateWithoutPlan => Code::InvalidField,
            Reject::Restricted(_) => Code::Restricted,
            Reject::SoldOut(_) => Code::SoldOut,
            Reject::WrongState(_) | Reject::WrongBusinessDate { .. } | Reject::NotDue { .. } | Reject::HoldClosed => {
                Code::WrongState
            }
            Reject::HoldExpired => Code::HoldExpired,
            Reject::RevisionMismatch { .. } => Code::PreconditionFailed,
            Reject::KeyReused => Code::IdempotencyKeyReused,
            Reject::Forbidden => Code::Forbidden,
            Reject::HoldQuota { .. } => Code::QuotaExceeded,
        }
    }
}

impl std::fmt::Display for Code {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_code_is_read_back_from_its_text() {
        for code in Code::ALL {
            assert_eq!(Code::from_text(code.as_str()), Some(*code));
        }
        for text in ["", "Sold_Out", "unreachable", "untrusted"] {
            assert_eq!(Code::from_text(text), None, "{text}");
        }
    }

    #[test]
    fn what_was_not_done_may_be_tried_again() {
        let retryable: Vec<&str> = Code::ALL.iter().filter(|code| code.retryable()).map(|code| code.as_str()).collect();
        let known = ["request_timeout", "not_cosigned", "request_in_flight", "quota_exceeded", "overloaded", "unavailable"];
        assert_eq!(retryable, [&known[..], &["outcome_unknown", "internal"]].concat());
    }
}
