//! Later states of a booking, and closing the business date.

use std::sync::Arc;

use super::{Decided, Model, Sight};
use keyrack_inventory::*;

impl Model {
    pub(super) fn booking_in(&mut self, place: usize, id: BookingId) -> Result<&mut Booking, Reject> {
        let (number, sight) = (self.hotels[place].number, self.sight);
        let found = self.bookings.iter_mut().find(|b| b.id == id && id.property() == number && sight.finds_booking(b));
        found.ok_or(Reject::NotFound)
    }

    /// Rule 8: a second cancel gets the same answer.
    pub(super) fn cancel(&mut self, place: usize, id: BookingId, expected_revision: Option<u32>) -> Decided {
        let today = self.hotels[place].property.business_date;
        let now_ms = self.now_ms;
        let booking = self.booking_in(place, id)?;
        if booking.state == BookingState::Cancelled {
            return Ok((JournalEvent::Nothing, Reply::Booking(Arc::new(booking.clone()))));
        }
        if expected_revision.is_some_and(|r| r != booking.revision) {
            return Err(Reject::RevisionMismatch { current: booking.revision });
        }
        if booking.state != BookingState::Confirmed {
            return Err(Reject::WrongState(booking.state));
        }
        booking.cancellation_fee = Some(fee(booking, today));
        booking.state = BookingState::Cancelled;
        booking.revision += 1;
        booking.updated_at_ms = now_ms;
        Ok((JournalEvent::Cancelled, Reply::Booking(self.tell(place, id, LeafKind::Cancel))))
    }

    /// Rule 13: a second erasure gets the same answer.
    pub(super) fn erase(&mut self, place: usize, id: BookingId) -> Decided {
        let now_ms = self.now_ms;
        let booking = self.booking_in(place, id)?;
        if booking.guest_erased {
            return Ok((JournalEvent::Nothing, Reply::Booking(Arc::new(booking.clone()))));
        }
        forget_guest(booking);
        booking.revision += 1;
        booking.updated_at_ms = now_ms;
        self.secrets.remove(&id);
        for line in &mut self.lines {
            if let Reply::Booking(told) = &mut line.reply
                && told.id == id
            {
                forget_guest(Arc::make_mut(told));
            }
        }
        for answer in &mut self.answers {
            if let Reply::Booking(told) = &mut answer.reply
                && told.id == id
            {
                forget_guest(Arc::make_mut(told));
            }
        }
        Ok((JournalEvent::GuestErased, Reply::Booking(self.tell(place, id, LeafKind::Erase))))
    }

    pub(super) fn check_in(&mut self, place: usize, id: BookingId, expected: Option<u32>) -> Decided {
        self.step(
            place,
            (id, expected),
            [BookingState::Confirmed, BookingState::CheckedIn],
            (JournalEvent::CheckedIn, LeafKind::CheckIn),
        )
    }

    pub(super) fn check_out(&mut self, place: usize, id: BookingId, expected: Option<u32>) -> Decided {
        self.step(
            place,
            (id, expected),
            [BookingState::CheckedIn, BookingState::CheckedOut],
            (JournalEvent::CheckedOut, LeafKind::CheckOut),
        )
    }

    pub(super) fn no_show(&mut self, place: usize, id: BookingId, expected: Option<u32>) -> Decided {
        self.step(
            place,
            (id, expected),
            [BookingState::Confirmed, BookingState::NoShow],
            (JournalEvent::NoShow, LeafKind::NoShow),
        )
    }

    /// A second step of the same kind is refused, because it may be for another person. No step is possible before the
    /// arrival date.
    fn step(
        &mut self,
        place: usize,
        (id, expected_revision): (BookingId, Option<u32>),
        [from, to]: [BookingState; 2],
        (happened, kind): (JournalEvent, LeafKind),
    ) -> Decided {
        let today = self.hotels[place].property.business_date;
        let now_ms = self.now_ms;
        let booking = self.booking_in(place, id)?;
        if expected_revision.is_some_and(|r| r != booking.revision) {
            return Err(Reject::RevisionMismatch { current: booking.revision });
        }
        if booking.state != from {
            return Err(Reject::WrongState(booking.state));
        }
        if booking.stay.arrival() > today {
            return Err(Reject::NotDue { business_date: today });
        }
        booking.state = to;
        booking.revision += 1;
        booking.updated_at_ms = now_ms;
        Ok((happened, Reply::Booking(self.tell(place, id, kind))))
    }

    /// Rule 10.
    pub(super) fn close_business_date(&mut self, place: usize, expected_from: Night) -> Decided {
        let number = self.hotels[place].number;
        let property = &mut self.hotels[place].property;
        if property.business_date != expected_from {
            return Err(Reject::WrongBusinessDate { business_date: property.business_date });
        }
        property.business_date = Night(expected_from.0 + 1);
        if property.details.no_show_on_close {
            let missing = |b: &&Booking| {
                b.id.property() == number && b.state == BookingState::Confirmed && b.stay.arrival() == expected_from
            };
            let mut missing: Vec<(Night, BookingId)> =
                self.bookings.iter().filter(missing).map(|b| (b.stay.arrival(), b.id)).collect();
            missing.sort();
            // The day ends for the bookings of all sellers.
            self.sight = Sight::All;
            for (_, id) in missing {
                let (happened, reply) = self.no_show(place, id, None)?;
                self.line(number, None, happened, reply);
            }
        }
        Ok((JournalEvent::BusinessDateClosed, Reply::BusinessDate(Night(expected_from.0 + 1))))
    }
}

/// Free while the arrival is far enough away, else the fee of each room's own frozen policy.
fn fee(booking: &Booking, today: Night) -> Minor {
    let days_left = i64::from(booking.stay.arrival().0) - i64::from(today.0);
    let room_fee = |room: &BookedRoom| {
        let free = days_left >= i64::from(room.policy.free_until_days) && days_left > 0;
        let rooms = u128::from(room.quantity);
        let all: u128 = room.nightly.iter().map(|n| u128::from(*n) * rooms).sum();
        let fee = match room.policy.fee {
            _ if free => 0,
            Fee::None => 0,
            Fee::FirstNight => room.nightly.first().map_or(0, |n| u128::from(*n) * rooms),
            Fee::BasisPoints(points) => all * u128::from(points) / 10_000,
        };
        fee as Minor
    };
    booking.rooms.iter().map(room_fee).sum()
}

/// Rule 13: what an erasure removes from a booking.
fn forget_guest(booking: &mut Booking) {
    booking.guest = Sealed::default();
    booking.guest_erased = true;
    booking.channel_ref.clear();
    booking.payment_token.clear();
    booking.rooms.iter_mut().for_each(|room| room.children_ages.clear());
}
