//! Everything that can be answered instead of what was asked. Codes are stable; texts are not.

use crate::rates::Left;
use keyrack_cluster::{AsOf, ClusterError};
use keyrack_inventory::{RefusedNight, Reject, Restriction};

/// A refusal or failure on its way to the caller, over HTTP or gRPC.
#[derive(Clone, Debug)]
pub struct Problem {
    /// What it is.
    pub code: Code,
    /// This case, in a sentence.
    pub detail: String,
    /// The nights that stood in the way.
    pub nights: Vec<RefusedNight>,
    /// Finds the request in the logs; the same for every retry of one request.
    pub trace_id: Option<[u8; 16]>,
    /// Whether the answer is the stored one.
    pub replayed: bool,
    /// Where in the log it was decided, for a refusal by the state machine.
    pub as_of: Option<Box<AsOf>>,
    /// What is left of the quota, where that is the trouble.
    pub left: Option<Left>,
}

macro_rules! codes {
    ($($name:ident $text:literal $status:literal $retryable:literal $title:literal,)*) => {
        /// A stable code with its HTTP status, whether a retry of the same request can help, and its title.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub enum Code { $(#[doc = $title] $name,)* }

        impl Code {
            /// The code as it is sent.
            pub fn as_str(self) -> &'static str {
                match self { $(Code::$name => $text,)* }
            }

            /// The HTTP status.
            pub fn status(self) -> u16 {
                match self { $(Code::$name => $status,)* }
            }

            /// Whether the same request may succeed later.
            pub fn retryable(self) -> bool {
                match self { $(Code::$name => $retryable,)* }
            }

            /// What it means, in English.
            pub fn title(self) -> &'static str {
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

impl Problem {
    /// A problem with a sentence about this case.
    pub fn new(code: Code, detail: impl Into<String>) -> Problem {
        Problem { code, detail: detail.into(), nights: Vec::new(), trace_id: None, replayed: false, as_of: None, left: None }
    }

    /// A field that is missing or not what is needed.
    pub fn field(name: &str, need: &str) -> Problem {
        Problem::new(Code::InvalidField, format!("{name}: {need}"))
    }

    /// Seconds after which a retry makes sense.
    pub fn retry_after(&self) -> Option<u32> {
        if let Some(left) = self.left {
            return Some(left.full_in.clamp(1, 60) as u32);
        }
        matches!(
            self.code,
            Code::Overloaded | Code::Unavailable | Code::QuotaExceeded | Code::RequestInFlight | Code::NotCosigned
        )
        .then_some(1)
    }
}

impl From<ClusterError> for Problem {
    fn from(error: ClusterError) -> Self {
        let code = match &error {
            ClusterError::Overloaded { .. } => Code::Overloaded,
            ClusterError::Unavailable { .. } => Code::Unavailable,
            ClusterError::UnknownOutcome { .. } => Code::OutcomeUnknown,
            ClusterError::Storage(_)
            | ClusterError::WrongTree { .. }
            | ClusterError::OtherReply { .. }
            | ClusterError::Malformed(_) => {
                tracing::error!(cause = %error, "storage failed under a request");
                return Problem::new(Code::Internal, "the node's storage failed");
            }
        };
        Problem::new(code, error.to_string())
    }
}

impl From<Reject> for Problem {
    fn from(reject: Reject) -> Self {
        let (code, detail) = match &reject {
            Reject::UnknownProperty => (Code::UnknownProperty, "there is no such property".into()),
            Reject::UnknownRoomType(code) => (Code::UnknownRoomType, format!("there is no room type {code}")),
            Reject::UnknownRatePlan(code) => (Code::UnknownRatePlan, format!("there is no rate plan {code}")),
            Reject::NotFound => (Code::NotFound, "there is no such booking or hold".into()),
            Reject::ArrivalInPast { business_date } => (Code::ArrivalInPast, format!("the business date is {business_date}")),
            Reject::InvalidStay => (Code::InvalidStay, "departure must be after arrival".into()),
            Reject::StayTooLong => (Code::StayTooLong, "at most 366 nights".into()),
            Reject::NoRooms => (Code::NoRooms, "rooms: at least one room, each with a quantity of at least 1".into()),
            Reject::TooManyRooms => (Code::TooManyRooms, "rooms: at most 50 in one booking".into()),
            Reject::OccupancyExceeded { room_type, occupancy } => {
                (Code::OccupancyExceeded, format!("{room_type} takes {occupancy} guests a room"))
            }
            Reject::CurrencyMismatch => (Code::CurrencyMismatch, "the rate plans have different currencies".into()),
            Reject::CapacityTooLarge => (Code::CapacityTooLarge, "at most 100000 rooms and 10000 basis points".into()),
            Reject::AmountTooLarge => (Code::AmountTooLarge, "the rate or the fee is too large".into()),
            Reject::RateWithoutPlan => (Code::InvalidField, "ratePlan: needed with a rate".into()),
            Reject::Restricted(nights) => (Code::Restricted, night_text("is restricted", nights)),
            Reject::SoldOut(nights) => (Code::SoldOut, night_text("has too few rooms", nights)),
            Reject::WrongState(state) => (Code::WrongState, format!("the booking is {}", crate::answers::state_text(*state))),
            Reject::WrongBusinessDate { business_date } => (Code::WrongState, format!("the business date is {business_date}")),
            Reject::NotDue { business_date } => {
                (Code::WrongState, format!("the guest is not due yet: the business date is {business_date}"))
            }
            Reject::HoldExpired => (Code::HoldExpired, "the hold ran out; its rooms are free again".into()),
            Reject::HoldClosed => (Code::WrongState, "the hold was confirmed or released".into()),
            Reject::RevisionMismatch { current } => (Code::PreconditionFailed, format!("the revision is {current}")),
            Reject::Forbidden => (Code::Forbidden, "these credentials do not allow this".into()),
            Reject::HoldQuota { room_minutes } => {
                (Code::QuotaExceeded, format!("your open holds of this property may take {room_minutes} room-minutes at a time"))
            }
            Reject::KeyReused => (Code::IdempotencyKeyReused, "take a new key for a new request".into()),
        };
        let nights = match reject {
            Reject::Restricted(nights) | Reject::SoldOut(nights) => nights,
            _ => Vec::new(),
        };
        Problem { nights, ..Problem::new(code, detail) }
    }
}

fn night_text(what: &str, nights: &[RefusedNight]) -> String {
    match nights {
        [] => format!("the stay {what}"),
        [only] => format!("{} {} {what}", only.room_type, only.night),
        [first, rest @ ..] => format!("{} {} {what}, and {} more", first.room_type, first.night, rest.len()),
    }
}

/// A restriction by the name of its ARI field.
pub fn restriction_text(restriction: Restriction) -> &'static str {
    match restriction {
        Restriction::StopSell => "stopSell",
        Restriction::ClosedToArrival => "closedToArrival",
        Restriction::ClosedToDeparture => "closedToDeparture",
        Restriction::MinStayArrival => "minStayArrival",
        Restriction::MinStayThrough => "minStayThrough",
        Restriction::MaxStay => "maxStay",
        Restriction::NoRate => "noRate",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Callers take 503 for "nothing was done" and go elsewhere.
    #[test]
    fn only_what_was_not_done_is_said_not_to_be_done() {
        let code = |error: ClusterError| Problem::from(error).code;
        assert!(matches!(code(ClusterError::UnknownOutcome { shard: 1 }), Code::OutcomeUnknown));
        assert!(matches!(code(ClusterError::Unavailable { shard: 1 }), Code::Unavailable));
        assert!(matches!(code(ClusterError::Overloaded { shard: 1 }), Code::Overloaded));
        assert!(matches!(code(ClusterError::Storage(keyrack_inventory::Fault::Storage("broken".into()))), Code::Internal));
    }
}
