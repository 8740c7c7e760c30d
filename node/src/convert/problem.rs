//! Everything that can be answered instead of what was asked, and the sentence that says so.

use keyrack_cluster::{AsOf, ClusterError};
use keyrack_inventory::{RefusedNight, Reject};
use keyrack_proto::Code;

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
    /// What is left of the quota, for a request beyond it.
    pub quota: Option<QuotaLeft>,
}

/// A quota after a request was taken off it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct QuotaLeft {
    /// Requests per second.
    pub per_second: u64,
    /// Requests that are left now.
    pub requests: u64,
    /// Seconds until all of them are available again.
    pub full_in_secs: u64,
}

impl Problem {
    /// A problem with a sentence about this case.
    pub fn new(code: Code, detail: impl Into<String>) -> Problem {
        Problem { code, detail: detail.into(), nights: Vec::new(), trace_id: None, replayed: false, as_of: None, quota: None }
    }

    /// A field that is missing or not what is needed.
    pub fn field(name: &str, need: &str) -> Problem {
        Problem::new(Code::InvalidField, format!("{name}: {need}"))
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
        let code = Code::from(&reject);
        let detail = match &reject {
            Reject::UnknownProperty => "there is no such property".into(),
            Reject::UnknownRoomType(code) => format!("there is no room type {code}"),
            Reject::UnknownRatePlan(code) => format!("there is no rate plan {code}"),
            Reject::NotFound => "there is no such booking or hold".into(),
            Reject::ArrivalInPast { business_date } => format!("the business date is {business_date}"),
            Reject::InvalidStay => "departure must be after arrival".into(),
            Reject::StayTooLong => "at most 366 nights".into(),
            Reject::NoRooms => "rooms: at least one room, each with a quantity of at least 1".into(),
            Reject::TooManyRooms => "rooms: at most 50 in one booking".into(),
            Reject::OccupancyExceeded { room_type, occupancy } => {
                format!("{room_type} takes {occupancy} guests a room")
            }
            Reject::CurrencyMismatch => "the rate plans have different currencies".into(),
            Reject::CapacityTooLarge => "at most 100000 rooms and 10000 basis points".into(),
            Reject::AmountTooLarge => "the rate or the fee is too large".into(),
            Reject::RateWithoutPlan => "ratePlan: needed with a rate".into(),
            Reject::Restricted(nights) => night_text("is restricted", nights),
            Reject::SoldOut(nights) => night_text("has too few rooms", nights),
            Reject::WrongState(state) => format!("the booking is {}", state.name()),
            Reject::WrongBusinessDate { business_date } => format!("the business date is {business_date}"),
            Reject::NotDue { business_date } => {
                format!("the guest is not due yet: the business date is {business_date}")
            }
            Reject::HoldExpired => "the hold ran out; its rooms are free again".into(),
            Reject::HoldClosed => "the hold was confirmed or released".into(),
            Reject::RevisionMismatch { current } => format!("the revision is {current}"),
            Reject::Forbidden => "these credentials do not allow this".into(),
            Reject::HoldQuota { room_minutes } => {
                format!("your open holds of this property may take {room_minutes} room-minutes at a time")
            }
            Reject::KeyReused => "take a new key for a new request".into(),
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
