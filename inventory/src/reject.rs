//! Refusals: normal replies that say what was wrong and leave nothing behind.

use alloc::vec::Vec;

use crate::{BookingState, Code, Night, Restriction};

/// Why a command was refused.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Reject {
    /// The property is not in this shard.
    UnknownProperty,
    /// The property has no such room type.
    UnknownRoomType(Code),
    /// The property has no such rate plan.
    UnknownRatePlan(Code),
    /// No such booking or hold.
    NotFound,
    /// The arrival lies before the business date.
    ArrivalInPast {
        /// The business date.
        business_date: Night,
    },
    /// With the date that was kept, the departure is not after the arrival.
    InvalidStay,
    /// With the date that was kept, more than [`crate::MAX_STAY_NIGHTS`] nights.
    StayTooLong,
    /// No rooms were asked for.
    NoRooms,
    /// More than [`crate::MAX_ROOMS`].
    TooManyRooms,
    /// More guests than the room type takes.
    OccupancyExceeded {
        /// The room type.
        room_type: Code,
        /// What it takes.
        occupancy: u16,
    },
    /// The rate plans asked for have different currencies, or a change would mix them.
    CurrencyMismatch,
    /// More than [`crate::MAX_CAPACITY`] units, or more than 100 % overbooking.
    CapacityTooLarge,
    /// A rate above [`crate::MAX_MINOR`], or a fee above the whole price.
    AmountTooLarge,
    /// An ARI update has a rate and no rate plan.
    RateWithoutPlan,
    /// A restriction forbids the stay.
    Restricted(Vec<RefusedNight>),
    /// Some nights have too few rooms.
    SoldOut(Vec<RefusedNight>),
    /// The booking is not in a state that allows this.
    WrongState(BookingState),
    /// The business date is another one.
    WrongBusinessDate {
        /// The business date.
        business_date: Night,
    },
    /// The guest is not due yet.
    NotDue {
        /// The business date.
        business_date: Night,
    },
    /// The hold ran out.
    HoldExpired,
    /// The hold was confirmed or released.
    HoldClosed,
    /// `If-Match` named another revision.
    RevisionMismatch {
        /// The revision there is; 0 when there is nothing.
        current: u32,
    },
    /// The idempotency key was used for something else.
    KeyReused,
    /// Whoever asked may not do this here.
    Forbidden,
    /// Whoever asked holds too many rooms of the property already.
    HoldQuota {
        /// Room-minutes that may be held at a time.
        room_minutes: u32,
    },
}

impl Reject {
    /// Its number, in rows and in the audit trail; for ever.
    pub fn number(&self) -> u32 {
        match self {
            Reject::UnknownProperty => 1,
            Reject::UnknownRoomType(_) => 2,
            Reject::UnknownRatePlan(_) => 3,
            Reject::NotFound => 4,
            Reject::ArrivalInPast { .. } => 5,
            Reject::NoRooms => 6,
            Reject::TooManyRooms => 7,
            Reject::OccupancyExceeded { .. } => 8,
            Reject::CurrencyMismatch => 9,
            Reject::CapacityTooLarge => 10,
            Reject::RateWithoutPlan => 11,
            Reject::Restricted(_) => 12,
            Reject::SoldOut(_) => 13,
            Reject::WrongState(_) => 14,
            Reject::WrongBusinessDate { .. } => 15,
            Reject::NotDue { .. } => 16,
            Reject::HoldExpired => 17,
            Reject::HoldClosed => 18,
            Reject::RevisionMismatch { .. } => 19,
            Reject::KeyReused => 20,
            Reject::AmountTooLarge => 21,
            Reject::InvalidStay => 22,
            Reject::StayTooLong => 23,
            Reject::Forbidden => 24,
            Reject::HoldQuota { .. } => 25,
        }
    }

    /// Whether it says something about the caller rather than the request: then the idempotency key stays free.
    pub fn is_about_the_caller(&self) -> bool {
        matches!(self, Reject::Forbidden | Reject::HoldQuota { .. })
    }
}

/// A night that stood in the way.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RefusedNight {
    /// The date.
    pub night: Night,
    /// The room type.
    pub room_type: Code,
    /// Rooms there still are, signed.
    pub available: i64,
    /// The restriction, when it was one.
    pub restriction: Option<Restriction>,
}
