//! Stable error codes, the same over HTTP, over gRPC and in the client.
//!
//! A code's name, its status and `retryable` are promises to callers: they never change, and a new meaning gets a new code.
//! Titles and details are texts and may change; they are in `keyrack-texts`. The client adds its own codes for requests
//! that no node answered; those are not here.

use keyrack_inventory::Reject;

macro_rules! codes {
    ($($name:ident $text:literal $status:literal $retryable:literal,)*) => {
        /// A stable code with its HTTP status, and whether a retry of the same request can help.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        pub enum Code { $(#[doc = concat!("`", $text, "`.")] $name,)* }

        impl Code {
            /// All codes.
            pub const ALL: &'static [Code] = &[$(Code::$name),*];

            /// The code's text on the wire.
            pub const fn as_str(self) -> &'static str {
                match self { $(Code::$name => $text,)* }
            }

            /// The code with this text; `None` for a code of a newer version or one that only the client has.
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
        }
    };
}

codes! {
    InvalidJson "invalid_json" 400 false,
    UnknownField "unknown_field" 400 false,
    InvalidField "invalid_field" 400 false,
    InvalidUtf8 "invalid_utf8" 400 false,
    InvalidDate "invalid_date" 400 false,
    InvalidStay "invalid_stay" 400 false,
    StayTooLong "stay_too_long" 400 false,
    NoRooms "no_rooms" 400 false,
    TooManyRooms "too_many_rooms" 400 false,
    CardNumber "card_number" 400 false,
    IdempotencyKeyRequired "idempotency_key_required" 400 false,
    InvalidIdempotencyKey "invalid_idempotency_key" 400 false,
    InvalidCursor "invalid_cursor" 400 false,
    CursorAhead "cursor_ahead" 400 false,
    Unauthenticated "unauthenticated" 401 false,
    Forbidden "forbidden" 403 false,
    NotFound "not_found" 404 false,
    UnknownProperty "unknown_property" 404 false,
    MethodNotAllowed "method_not_allowed" 405 false,
    RequestTimeout "request_timeout" 408 true,
    SoldOut "sold_out" 409 false,
    Restricted "restricted" 409 false,
    NotCosigned "not_cosigned" 202 true,
    RequestInFlight "request_in_flight" 409 true,
    WrongState "wrong_state" 409 false,
    StayOver "stay_over" 409 false,
    TooLateToRevert "too_late_to_revert" 409 false,
    PriceChanged "price_changed" 409 false,
    DuplicateReference "duplicate_reference" 409 false,
    Retired "retired" 409 false,
    DepartureInPast "departure_in_past" 422 false,
    HoldExpired "hold_expired" 410 false,
    PreconditionFailed "precondition_failed" 412 false,
    PayloadTooLarge "payload_too_large" 413 false,
    UriTooLong "uri_too_long" 414 false,
    UnsupportedMediaType "unsupported_media_type" 415 false,
    IdempotencyKeyReused "idempotency_key_reused" 422 false,
    UnknownRoomType "unknown_room_type" 422 false,
    UnknownRatePlan "unknown_rate_plan" 422 false,
    ArrivalInPast "arrival_in_past" 422 false,
    OccupancyExceeded "occupancy_exceeded" 422 false,
    CurrencyMismatch "currency_mismatch" 422 false,
    CapacityTooLarge "capacity_too_large" 422 false,
    AmountTooLarge "amount_too_large" 422 false,
    QuotaExceeded "quota_exceeded" 429 true,
    Overloaded "overloaded" 503 true,
    Unavailable "unavailable" 503 true,
    OutcomeUnknown "outcome_unknown" 504 true,
    Internal "internal" 500 true,
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
            Reject::StayOver { .. } => Code::StayOver,
            Reject::TooLateToRevert { .. } => Code::TooLateToRevert,
            Reject::PriceChanged { .. } => Code::PriceChanged,
            Reject::DuplicateReference(_) => Code::DuplicateReference,
            Reject::Retired(_) => Code::Retired,
            Reject::DepartureInPast { .. } => Code::DepartureInPast,
            Reject::SellerPrices { .. } | Reject::GuestsMissing { .. } => Code::InvalidField,
            Reject::GuestChanged => Code::RequestInFlight,
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
    fn exactly_these_codes_are_retryable() {
        let retryable: Vec<&str> = Code::ALL.iter().filter(|code| code.retryable()).map(|code| code.as_str()).collect();
        let known = ["request_timeout", "not_cosigned", "request_in_flight", "quota_exceeded", "overloaded", "unavailable"];
        assert_eq!(retryable, [&known[..], &["outcome_unknown", "internal"]].concat());
    }
}
