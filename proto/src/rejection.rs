//! The stored form of refusals, which nodes also send to each other.
//!
//! A stored refusal answers every retry, so its number and fields must stay readable. A new kind needs an arm in both
//! directions. The compiler demands the first; for the second, `proto/tests/drawn/row.rs` must generate the new kind.

use bytes::Bytes;
use keyrack_inventory::{BookingId, Night, RefusedNight, Reject, Restriction};

use crate::booking::{state_from_number, state_number};
use crate::fields::{Malformed, array, code, currency, narrow};
use crate::internal as pb;

impl From<&Reject> for pb::Rejection {
    fn from(reject: &Reject) -> Self {
        let plain = pb::Rejection { kind: reject.number(), ..Default::default() };
        let numbered = |number| pb::Rejection { number, ..plain.clone() };
        match reject {
            Reject::UnknownRoomType(code) | Reject::UnknownRatePlan(code) | Reject::Retired(code) => {
                pb::Rejection { code: code.as_str().into(), ..plain.clone() }
            }
            Reject::OccupancyExceeded { room_type, occupancy } => {
                pb::Rejection { code: room_type.as_str().into(), ..numbered((*occupancy).into()) }
            }
            Reject::ArrivalInPast { business_date }
            | Reject::WrongBusinessDate { business_date }
            | Reject::NotDue { business_date }
            | Reject::StayOver { business_date }
            | Reject::DepartureInPast { business_date }
            | Reject::TooLateToRevert { business_date } => numbered(business_date.0),
            Reject::SellerPrices { nights: number } | Reject::GuestsMissing { lines: number } => numbered(*number),
            Reject::PriceChanged { total, currency } => {
                pb::Rejection { amount: *total, currency: currency.as_str().into(), ..plain.clone() }
            }
            Reject::DuplicateReference(booking) => pb::Rejection { booking: Bytes::copy_from_slice(&booking.0), ..plain.clone() },
            Reject::WrongState(state) => numbered(state_number(*state)),
            Reject::RevisionMismatch { current } => numbered(*current),
            Reject::HoldQuota { room_minutes } => numbered(*room_minutes),
            Reject::Restricted(nights) | Reject::SoldOut(nights) => {
                pb::Rejection { nights: nights.iter().map(night_to_pb).collect(), ..plain.clone() }
            }
            Reject::UnknownProperty
            | Reject::NotFound
            | Reject::NoRooms
            | Reject::TooManyRooms
            | Reject::CurrencyMismatch
            | Reject::CapacityTooLarge
            | Reject::RateWithoutPlan
            | Reject::HoldExpired
            | Reject::HoldClosed
            | Reject::KeyReused
            | Reject::AmountTooLarge
            | Reject::InvalidStay
            | Reject::StayTooLong
            | Reject::Forbidden
            | Reject::GuestChanged => plain.clone(),
        }
    }
}

impl TryFrom<pb::Rejection> for Reject {
    type Error = Malformed;

    fn try_from(rejection: pb::Rejection) -> Result<Self, Malformed> {
        let date = Night(rejection.number);
        let nights = || rejection.nights.iter().map(night_from_pb).collect::<Result<Vec<_>, _>>();
        Ok(match rejection.kind {
            1 => Reject::UnknownProperty,
            2 => Reject::UnknownRoomType(code(&rejection.code)?),
            3 => Reject::UnknownRatePlan(code(&rejection.code)?),
            4 => Reject::NotFound,
            5 => Reject::ArrivalInPast { business_date: date },
            6 => Reject::NoRooms,
            7 => Reject::TooManyRooms,
            8 => {
                Reject::OccupancyExceeded { room_type: code(&rejection.code)?, occupancy: narrow(rejection.number, "occupancy")? }
            }
            9 => Reject::CurrencyMismatch,
            10 => Reject::CapacityTooLarge,
            11 => Reject::RateWithoutPlan,
            12 => Reject::Restricted(nights()?),
            13 => Reject::SoldOut(nights()?),
            14 => Reject::WrongState(state_from_number(rejection.number)?),
            15 => Reject::WrongBusinessDate { business_date: date },
            16 => Reject::NotDue { business_date: date },
            17 => Reject::HoldExpired,
            18 => Reject::HoldClosed,
            19 => Reject::RevisionMismatch { current: rejection.number },
            20 => Reject::KeyReused,
            21 => Reject::AmountTooLarge,
            22 => Reject::InvalidStay,
            23 => Reject::StayTooLong,
            24 => Reject::Forbidden,
            25 => Reject::HoldQuota { room_minutes: rejection.number },
            26 => Reject::StayOver { business_date: date },
            27 => Reject::DepartureInPast { business_date: date },
            28 => Reject::TooLateToRevert { business_date: date },
            29 => Reject::PriceChanged { total: rejection.amount, currency: currency(&rejection.currency)? },
            30 => Reject::DuplicateReference(BookingId(array(&rejection.booking, "booking id")?)),
            31 => Reject::Retired(code(&rejection.code)?),
            32 => Reject::SellerPrices { nights: rejection.number },
            33 => Reject::GuestsMissing { lines: rejection.number },
            34 => Reject::GuestChanged,
            _ => return Err(Malformed("rejection")),
        })
    }
}

fn night_to_pb(refused: &RefusedNight) -> pb::NightLine {
    pb::NightLine {
        night: refused.night.0,
        room_type: refused.room_type.as_str().into(),
        available: refused.available,
        restriction: refused.restriction.map_or(0, restriction_number),
    }
}

fn night_from_pb(line: &pb::NightLine) -> Result<RefusedNight, Malformed> {
    Ok(RefusedNight {
        night: Night(line.night),
        room_type: code(&line.room_type)?,
        available: line.available,
        restriction: restriction_from_number(line.restriction)?,
    })
}

fn restriction_number(restriction: Restriction) -> u32 {
    match restriction {
        Restriction::StopSell => 1,
        Restriction::ClosedToArrival => 2,
        Restriction::ClosedToDeparture => 3,
        Restriction::MinStayArrival => 4,
        Restriction::MinStayThrough => 5,
        Restriction::MaxStay => 6,
        Restriction::NoRate => 7,
    }
}

fn restriction_from_number(number: u32) -> Result<Option<Restriction>, Malformed> {
    Ok(Some(match number {
        0 => return Ok(None),
        1 => Restriction::StopSell,
        2 => Restriction::ClosedToArrival,
        3 => Restriction::ClosedToDeparture,
        4 => Restriction::MinStayArrival,
        5 => Restriction::MinStayThrough,
        6 => Restriction::MaxStay,
        7 => Restriction::NoRate,
        _ => return Err(Malformed("restriction")),
    }))
}
