//! Refusals: normal replies that state the reason. A refusal changes nothing.

use alloc::vec::Vec;

use crate::{BookingId, BookingState, Currency, Minor, Night, Restriction, ShortCode};

/// Why a command was refused.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Reject {
    /// The property is not in this shard.
    UnknownProperty,
    /// The property has no such room type.
    UnknownRoomType(ShortCode),
    /// The property has no such rate plan.
    UnknownRatePlan(ShortCode),
    /// No such booking or hold.
    NotFound,
    /// The arrival lies before the business date.
    ArrivalInPast {
        /// The business date.
        business_date: Night,
    },
    /// With the kept date, the departure is not after the arrival, or it is after the last valid date.
    InvalidStay,
    /// With the kept date, the stay has more than [`crate::MAX_STAY_NIGHTS`] nights.
    StayTooLong,
    /// The request has no rooms.
    NoRooms,
    /// The request has more than [`crate::MAX_ROOMS`] rooms.
    TooManyRooms,
    /// The request has more guests than the room type allows.
    OccupancyExceeded {
        /// The room type.
        room_type: ShortCode,
        /// The most guests in one room.
        occupancy: u16,
    },
    /// The requested rate plans have different currencies, or a change would mix currencies.
    CurrencyMismatch,
    /// More than [`crate::MAX_CAPACITY`] rooms, more than 100 % overbooking, or a full catalogue.
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
    /// The property has another business date.
    WrongBusinessDate {
        /// The business date.
        business_date: Night,
    },
    /// The guest is not due yet.
    NotDue {
        /// The business date.
        business_date: Night,
    },
    /// The hold has expired.
    HoldExpired,
    /// The hold was already confirmed or released.
    HoldClosed,
    /// The expected revision (`If-Match`) is not the current one.
    RevisionMismatch {
        /// The current revision; 0 if the record does not exist.
        current: u32,
    },
    /// The idempotency key was used for another request.
    KeyReused,
    /// The caller has no right to this operation on this property.
    Forbidden,
    /// The caller's open holds would exceed its quota of the property.
    HoldQuota {
        /// The quota, in room-minutes.
        room_minutes: u32,
    },
    /// The stay is over: its last night lies before the business date.
    StayOver {
        /// The business date.
        business_date: Night,
    },
    /// The new departure lies before the business date, and the booking had later nights: nights that are over cannot be given back.
    DepartureInPast {
        /// The business date.
        business_date: Night,
    },
    /// The guest was checked in on an earlier business date.
    TooLateToRevert {
        /// The business date.
        business_date: Night,
    },
    /// The rooms cost something else than the caller expected.
    PriceChanged {
        /// The current price; `None` if a plan has no rates.
        total: Option<Minor>,
        /// Its currency.
        currency: Currency,
    },
    /// The seller has made a booking with this reference already.
    DuplicateReference(BookingId),
    /// The room type or rate plan is no longer sold.
    Retired(ShortCode),
    /// The seller's own prices are not one for each night.
    SellerPrices {
        /// The nights of the stay.
        nights: u32,
    },
    /// A room has no adult, or the hold has another number of lines.
    GuestsMissing {
        /// The lines of the hold's rooms.
        lines: u32,
    },
    /// Another amendment came between reading the guest and changing it.
    GuestChanged,
}

impl Reject {
    /// The refusal's number in rows and in the audit trail. It never changes.
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
            Reject::StayOver { .. } => 26,
            Reject::DepartureInPast { .. } => 27,
            Reject::TooLateToRevert { .. } => 28,
            Reject::PriceChanged { .. } => 29,
            Reject::DuplicateReference(_) => 30,
            Reject::Retired(_) => 31,
            Reject::SellerPrices { .. } => 32,
            Reject::GuestsMissing { .. } => 33,
            Reject::GuestChanged => 34,
        }
    }

    /// Whether the reason is the caller or the moment, not the request. Then the idempotency key stays unused.
    pub fn leaves_key_unused(&self) -> bool {
        matches!(self, Reject::Forbidden | Reject::HoldQuota { .. } | Reject::GuestChanged)
    }
}

/// A night for which a request was refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RefusedNight {
    /// The date.
    pub night: Night,
    /// The room type.
    pub room_type: ShortCode,
    /// Available rooms; may be negative.
    pub available: i64,
    /// The restriction that forbids the stay; `None` if rooms are lacking.
    pub restriction: Option<Restriction>,
}

impl RefusedNight {
    /// The most nights of one refusal.
    pub const MOST: usize = 31;
}
