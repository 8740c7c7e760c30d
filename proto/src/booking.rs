//! Bookings, holds, rooms.

use std::sync::Arc;

use bytes::Bytes;
use keyrack_inventory::{
    BookedRoom, Booking, BookingId, BookingState, ConfirmationNumber, FeeKind, FeeLedger, FeeLine, Hold, HoldId, HoldState,
    Night, RatePlanIx, RoomTypeIx, Sealed, Stay,
};

use crate::catalog::{policy_from_pb, policy_to_pb};
use crate::fields::{Malformed, array, code, currency, narrow, stay};
use crate::internal as pb;

impl From<&Booking> for pb::BookingRow {
    fn from(booking: &Booking) -> Self {
        pb::BookingRow {
            id: Bytes::copy_from_slice(&booking.id.0),
            state: state_number(booking.state),
            revision: booking.revision,
            arrival: booking.stay.arrival().0,
            departure: booking.stay.departure().0,
            rooms: booking.rooms.iter().map(Into::into).collect(),
            currency: booking.currency.as_str().into(),
            guest: sealed_to_pb(&booking.guest),
            channel_ref: booking.channel_ref.clone(),
            payment_token: booking.payment_token.clone(),
            created_at_ms: booking.created_at_ms,
            updated_at_ms: booking.updated_at_ms,
            cancellation_fee: booking.cancellation_fee,
            leaf: booking.leaf,
            guest_erased: booking.guest_erased,
            seller: booking.seller,
            number: booking.number.map(|number| number.0),
            line: booking.line,
            fees: booking.fees.lines.iter().map(fee_to_pb).collect(),
            fee_rest: booking.fees.rest,
            given_up_on: booking.fees.given_up_on.map(|night| night.0),
            checked_in_on: booking.checked_in_on.map(|night| night.0),
            moved_at_ms: booking.moved_at_ms,
        }
    }
}

impl TryFrom<pb::BookingRow> for Arc<Booking> {
    type Error = Malformed;

    fn try_from(row: pb::BookingRow) -> Result<Self, Malformed> {
        Ok(Arc::new(Booking {
            id: BookingId(array(&row.id, "booking id")?),
            number: row.number.map(ConfirmationNumber::new),
            state: state_from_number(row.state)?,
            revision: row.revision,
            stay: stay(row.arrival, row.departure)?,
            rooms: row.rooms.into_iter().map(TryInto::try_into).collect::<Result<_, _>>()?,
            currency: currency(&row.currency)?,
            guest: sealed_from_pb(row.guest),
            channel_ref: row.channel_ref,
            payment_token: row.payment_token,
            created_at_ms: row.created_at_ms,
            updated_at_ms: row.updated_at_ms,
            cancellation_fee: row.cancellation_fee,
            leaf: row.leaf,
            guest_erased: row.guest_erased,
            seller: row.seller,
            line: row.line,
            fees: FeeLedger {
                lines: row.fees.into_iter().map(fee_from_pb).collect::<Result<_, _>>()?,
                rest: row.fee_rest,
                given_up_on: row.given_up_on.map(Night),
            },
            checked_in_on: row.checked_in_on.map(Night),
            moved_at_ms: row.moved_at_ms,
        }))
    }
}

impl From<&BookedRoom> for pb::RoomLine {
    fn from(room: &BookedRoom) -> Self {
        pb::RoomLine {
            room_type: room.room_type.0.into(),
            rate_plan: room.rate_plan.0.into(),
            room_type_code: room.room_type_code.as_str().into(),
            rate_plan_code: room.rate_plan_code.as_str().into(),
            quantity: room.quantity,
            adults: room.adults.into(),
            children_ages: Bytes::copy_from_slice(&room.children_ages),
            nightly: room.nightly.clone(),
            policy: policy_to_pb(room.policy),
            from: room.nights.map(|nights| nights.arrival().0),
            to: room.nights.map(|nights| nights.departure().0),
            late_from: room.late.map(|nights| nights.arrival().0),
            late_to: room.late.map(|nights| nights.departure().0),
            seller_nightly: room.seller_nightly.iter().map(|price| price.map_or(0, |price| price.saturating_add(1))).collect(),
        }
    }
}

impl TryFrom<pb::RoomLine> for BookedRoom {
    type Error = Malformed;

    fn try_from(line: pb::RoomLine) -> Result<Self, Malformed> {
        Ok(BookedRoom {
            room_type: RoomTypeIx(narrow(line.room_type, "room type")?),
            rate_plan: RatePlanIx(narrow(line.rate_plan, "rate plan")?),
            room_type_code: code(&line.room_type_code)?,
            rate_plan_code: code(&line.rate_plan_code)?,
            quantity: line.quantity,
            adults: narrow(line.adults, "adults")?,
            children_ages: line.children_ages.to_vec(),
            nightly: line.nightly,
            policy: policy_from_pb(line.policy)?,
            nights: some_nights(line.from, line.to)?,
            late: some_nights(line.late_from, line.late_to)?,
            seller_nightly: line.seller_nightly.into_iter().map(|price| price.checked_sub(1)).collect(),
        })
    }
}

fn some_nights(from: Option<u32>, to: Option<u32>) -> Result<Option<Stay>, Malformed> {
    match (from, to) {
        (None, None) => Ok(None),
        (Some(from), Some(to)) => stay(from, to).map(Some),
        _ => Err(Malformed("nights of a room")),
    }
}

fn fee_to_pb(line: &FeeLine) -> pb::FeeLine {
    let kind = match line.kind {
        FeeKind::Amended => 1,
        FeeKind::Cancelled => 2,
        FeeKind::NoShow => 3,
        FeeKind::LeftEarly => 4,
        FeeKind::Reinstated => 5,
    };
    pb::FeeLine { date: line.date.0, kind, amount: line.amount }
}

fn fee_from_pb(line: pb::FeeLine) -> Result<FeeLine, Malformed> {
    let kind = match line.kind {
        1 => FeeKind::Amended,
        2 => FeeKind::Cancelled,
        3 => FeeKind::NoShow,
        4 => FeeKind::LeftEarly,
        5 => FeeKind::Reinstated,
        _ => return Err(Malformed("fee")),
    };
    Ok(FeeLine { date: Night(line.date), kind, amount: line.amount })
}

impl From<&Hold> for pb::HoldRow {
    fn from(hold: &Hold) -> Self {
        let (state, booking) = match &hold.state {
            HoldState::Open => (1, Bytes::new()),
            HoldState::Confirmed(id) => (2, Bytes::copy_from_slice(&id.0)),
            HoldState::Released => (3, Bytes::new()),
            HoldState::Expired => (4, Bytes::new()),
        };
        pb::HoldRow {
            id: Bytes::copy_from_slice(&hold.id.0),
            state,
            booking,
            arrival: hold.stay.arrival().0,
            departure: hold.stay.departure().0,
            rooms: hold.rooms.iter().map(Into::into).collect(),
            currency: hold.currency.as_str().into(),
            expires_at_ms: hold.expires_at_ms,
            seller: hold.seller,
            charge_ms: hold.charge_ms,
        }
    }
}

impl TryFrom<pb::HoldRow> for Arc<Hold> {
    type Error = Malformed;

    fn try_from(row: pb::HoldRow) -> Result<Self, Malformed> {
        let state = match row.state {
            1 => HoldState::Open,
            2 => HoldState::Confirmed(BookingId(array(&row.booking, "booking id")?)),
            3 => HoldState::Released,
            4 => HoldState::Expired,
            _ => return Err(Malformed("hold state")),
        };
        Ok(Arc::new(Hold {
            id: HoldId(array(&row.id, "hold id")?),
            state,
            stay: stay(row.arrival, row.departure)?,
            rooms: row.rooms.into_iter().map(TryInto::try_into).collect::<Result<_, _>>()?,
            currency: currency(&row.currency)?,
            expires_at_ms: row.expires_at_ms,
            seller: row.seller,
            charge_ms: row.charge_ms,
        }))
    }
}

pub(crate) fn sealed_to_pb(guest: &Sealed) -> Option<pb::Sealed> {
    (guest != &Sealed::default()).then(|| pb::Sealed {
        ciphertext: Bytes::copy_from_slice(&guest.ciphertext),
        wrapped_key: Bytes::copy_from_slice(&guest.wrapped_key),
    })
}

pub(crate) fn sealed_from_pb(guest: Option<pb::Sealed>) -> Sealed {
    guest.map_or_else(Sealed::default, |g| Sealed { ciphertext: g.ciphertext.to_vec(), wrapped_key: g.wrapped_key.to_vec() })
}

pub(crate) fn state_number(state: BookingState) -> u32 {
    match state {
        BookingState::Confirmed => 1,
        BookingState::CheckedIn => 2,
        BookingState::CheckedOut => 3,
        BookingState::Cancelled => 4,
        BookingState::NoShow => 5,
    }
}

pub(crate) fn state_from_number(number: u32) -> Result<BookingState, Malformed> {
    Ok(match number {
        1 => BookingState::Confirmed,
        2 => BookingState::CheckedIn,
        3 => BookingState::CheckedOut,
        4 => BookingState::Cancelled,
        5 => BookingState::NoShow,
        _ => return Err(Malformed("booking state")),
    })
}
