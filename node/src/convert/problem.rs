//! A refusal or failure on its way to the caller. Its texts are in `keyrack-texts`.

use keyrack_cluster::{AsOf, ClusterError};
use keyrack_inventory::{BookingId, MAX_CAPACITY, MAX_ROOMS, MAX_STAY_NIGHTS, Price, RefusedNight, Reject};
use keyrack_proto::Code;
use keyrack_texts::{Detail, Language};

use super::quoted::quoted;
use crate::budget::Owner;

/// A refusal or failure on its way to the caller, over HTTP or gRPC.
#[derive(Clone, Debug)]
pub struct Problem {
    /// The stable code.
    pub code: Code,
    /// This case. It becomes a sentence when the caller's language is known.
    pub detail: Box<Detail>,
    /// The part of the request that the sentence is about; `None` for all of it.
    pub part: Option<Box<Part>>,
    /// The nights that prevent the stay.
    pub nights: Vec<RefusedNight>,
    /// The present price, if the caller expected another one.
    pub total: Option<Box<Price>>,
    /// The booking that exists already.
    pub booking: Option<Box<BookingId>>,
    /// Finds the request in the logs. All retries of a request have the same one.
    pub trace_id: Option<[u8; 16]>,
    /// Whether this is the stored answer to an earlier request.
    pub replayed: bool,
    /// The log position of a refusal by the state machine.
    pub as_of: Option<Box<AsOf>>,
    /// The rest of the quota, if the request exceeds it.
    pub quota: Option<QuotaLeft>,
}

/// A part of a request, such as `updates[3]`.
#[derive(Clone, Debug)]
pub struct Part(String);

/// The rest of a quota after a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct QuotaLeft {
    /// Requests per second.
    pub per_second: u64,
    /// Requests that are allowed now.
    pub requests: u64,
    /// Seconds until all of them are available again.
    pub full_in_secs: u64,
}

impl Problem {
    /// The problem that `detail` describes.
    pub fn new(detail: Detail) -> Problem {
        let code = detail.code();
        Problem {
            code,
            detail: Box::new(detail),
            part: None,
            nights: Vec::new(),
            total: None,
            booking: None,
            trace_id: None,
            replayed: false,
            as_of: None,
            quota: None,
        }
    }

    /// The same problem, in one part of the request.
    pub fn within(self, part: &str) -> Problem {
        Problem { part: Some(Box::new(Part(part.to_owned()))), ..self }
    }

    /// The sentence in a language, with the part of the request before it.
    pub fn text(&self, language: Language) -> String {
        let text = self.detail.text(language);
        match &self.part {
            Some(part) => format!("{}: {text}", part.0),
            None => text,
        }
    }

    /// Seconds after which a retry makes sense.
    pub fn retry_after(&self) -> Option<u32> {
        if let Some(quota) = self.quota {
            return Some(quota.full_in_secs.clamp(1, 60) as u32);
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
        Problem::new(match error {
            ClusterError::Overloaded { shard } => Detail::ShardOverloaded { shard: shard.into() },
            ClusterError::Unavailable { shard } => Detail::ShardUnavailable { shard: shard.into() },
            ClusterError::CommandTooLarge { limit_bytes } => Detail::BodyTooLarge { limit_bytes },
            ClusterError::TooManyProperties => Detail::TooManyProperties,
            ClusterError::NoSuchShard { shard, last } => Detail::ShardMissing { shard: shard.into(), last: last.into() },
            ClusterError::UnknownOutcome { shard } => Detail::OutcomeUnknown { shard: shard.into() },
            ClusterError::Storage(_)
            | ClusterError::WrongTree { .. }
            | ClusterError::OtherReply { .. }
            | ClusterError::Malformed(_) => {
                tracing::error!(event = "storage_failed", cause = %error, "a request failed because storage failed");
                Detail::StorageFailed
            }
        })
    }
}

/// No room for the bytes of a request or its answer.
impl From<Owner> for Problem {
    fn from(owner: Owner) -> Self {
        Problem::new(match owner {
            Owner::Connection => Detail::ConnectionFull,
            Owner::Address => Detail::AddressFull,
            Owner::Principal => Detail::PrincipalFull,
            Owner::Node => Detail::NodeFull,
        })
    }
}

impl From<Reject> for Problem {
    fn from(reject: Reject) -> Self {
        let detail = match &reject {
            Reject::UnknownProperty => Detail::UnnamedUnknownProperty,
            Reject::UnknownRoomType(code) => Detail::UnknownRoomType { room_type: quoted(code.as_str()) },
            Reject::UnknownRatePlan(code) => Detail::UnknownRatePlan { rate_plan: quoted(code.as_str()) },
            Reject::NotFound => Detail::UnnamedUnknownRecord,
            Reject::ArrivalInPast { business_date } => Detail::ArrivalInPast { business_date: business_date.to_string() },
            Reject::InvalidStay => Detail::DatesOrder { start: "arrival".into(), end: "departure".into() },
            Reject::StayTooLong => Detail::StayTooLong { limit: MAX_STAY_NIGHTS.into() },
            Reject::NoRooms => Detail::NoRooms,
            Reject::TooManyRooms => Detail::TooManyRooms { limit: MAX_ROOMS.into() },
            Reject::OccupancyExceeded { room_type, occupancy } => {
                Detail::OccupancyExceeded { room_type: room_type.to_string(), occupancy: (*occupancy).into() }
            }
            Reject::CurrencyMismatch => Detail::CurrencyMismatch,
            Reject::CapacityTooLarge => Detail::CapacityTooLarge { limit: MAX_CAPACITY.into() },
            Reject::AmountTooLarge => Detail::AmountTooLarge,
            Reject::RateWithoutPlan => Detail::RateWithoutPlan,
            Reject::Restricted(nights) => match nights.as_slice() {
                [] => Detail::RestrictedStay,
                [first, rest @ ..] => {
                    let (room_type, night) = (first.room_type.to_string(), first.night.to_string());
                    Detail::Restricted { room_type, night, more: rest.len() as u64 }
                }
            },
            Reject::SoldOut(nights) => match nights.as_slice() {
                [] => Detail::SoldOutStay,
                [first, rest @ ..] => {
                    let (room_type, night) = (first.room_type.to_string(), first.night.to_string());
                    Detail::SoldOut { room_type, night, more: rest.len() as u64 }
                }
            },
            Reject::WrongState(state) => Detail::WrongState { state: state.name() },
            Reject::WrongBusinessDate { business_date } => Detail::WrongBusinessDate { business_date: business_date.to_string() },
            Reject::NotDue { business_date } => Detail::NotDue { business_date: business_date.to_string() },
            Reject::StayOver { business_date } => Detail::StayOver { business_date: business_date.to_string() },
            Reject::DepartureInPast { business_date } => Detail::DepartureInPast { business_date: business_date.to_string() },
            Reject::TooLateToRevert { business_date } => Detail::TooLateToRevert { business_date: business_date.to_string() },
            Reject::PriceChanged { total: None, .. } => Detail::PriceAgreedElsewhere,
            Reject::PriceChanged { total: Some(total), currency } => {
                Detail::PriceChanged { total: format!("{} {}", currency.format_amount(*total), currency.as_str()) }
            }
            Reject::DuplicateReference(booking) => Detail::DuplicateReference { booking: booking.to_string() },
            Reject::Retired(code) => Detail::Retired { code: code.to_string() },
            Reject::SellerPrices { nights } => Detail::SellerPrices { nights: (*nights).into() },
            Reject::GuestsMissing { lines } => Detail::HoldGuests { lines: (*lines).into() },
            Reject::GuestChanged => Detail::GuestChanged,
            Reject::HoldExpired => Detail::HoldExpired,
            Reject::HoldClosed => Detail::HoldClosed,
            Reject::RevisionMismatch { current: 0 } => Detail::RecordMissing,
            Reject::RevisionMismatch { current } => Detail::RevisionMismatch { current: (*current).into() },
            Reject::Forbidden => Detail::RightMissing,
            Reject::HoldQuota { room_minutes } => Detail::HoldQuota { room_minutes: (*room_minutes).into() },
            Reject::KeyReused => Detail::IdempotencyKeyReused,
        };
        let mut problem = Problem::new(detail);
        debug_assert_eq!(problem.code, Code::from(&reject), "the detail belongs to the refusal's code");
        match reject {
            Reject::Restricted(nights) | Reject::SoldOut(nights) => problem.nights = nights,
            Reject::PriceChanged { total: Some(amount), currency } => problem.total = Some(Box::new(Price { amount, currency })),
            Reject::DuplicateReference(booking) => problem.booking = Some(Box::new(booking)),
            _ => {}
        }
        problem
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Callers read 503 as "nothing was changed" and ask another node.
    #[test]
    fn an_unknown_outcome_is_never_reported_as_nothing_changed() {
        let code = |error: ClusterError| Problem::from(error).code;
        assert!(matches!(code(ClusterError::UnknownOutcome { shard: 1 }), Code::OutcomeUnknown));
        assert!(matches!(code(ClusterError::Unavailable { shard: 1 }), Code::Unavailable));
        assert!(matches!(code(ClusterError::Overloaded { shard: 1 }), Code::Overloaded));
        assert!(matches!(code(ClusterError::Storage(keyrack_inventory::Fault::Storage("broken".into()))), Code::Internal));
    }
}
