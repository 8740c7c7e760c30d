//! Whether the requested rooms are free.

use alloc::vec::Vec;

use super::shard::Shard;
use super::stop::Decision;
use crate::property_total::rooms_taken;
use crate::rows;
use crate::{BookedRoom, Booking, Cell, Fault, Key, Night, Property, RefusedNight, Reject, RoomTypeIx, Rows, Stay};

impl<R: Rows + ?Sized> Shard<'_, R> {
    /// Refuses, with the list of nights, when a night has too few free rooms or the house limit is reached. An amended
    /// booking (`had`) may keep the rooms it has on a night, even if capacity was cut below the rooms taken.
    pub(super) fn check_free(
        &mut self,
        property: &Property,
        stay: Stay,
        rooms: &[BookedRoom],
        had: Option<&Booking>,
    ) -> Decision<()> {
        let mut refused = Vec::new();
        for (room_type, quantity) in quantity_by_type(rooms) {
            let kind = &property.room_types[usize::from(room_type.0)];
            let kept = kept_of(had, |room| room.room_type == room_type);
            let mut night = stay.arrival();
            for (month, span) in stay.months() {
                let page = rows::page(&mut self.rows, Key::Page(self.property, room_type, month))?;
                for place in span {
                    let cell = page.map_or_else(Cell::default, |p| p.cells[place]);
                    let available = cell.count(kind).available;
                    if available < i64::from(quantity) && quantity > kept.on(night) {
                        refused.push(RefusedNight { night, room_type: kind.code, available, restriction: None });
                    }
                    night = night.next();
                }
            }
        }
        if let Some(limit) = property.details.house_limit {
            self.check_house(property, stay, limit, rooms, had, &mut refused)?;
        }
        if refused.is_empty() { Ok(()) } else { Err(Reject::SoldOut(self.named_nights(refused)).into()) }
    }

    /// Checks the house limit. It counts all room types together, so this reads the pages of every type.
    fn check_house(
        &mut self,
        property: &Property,
        stay: Stay,
        limit: u32,
        rooms: &[BookedRoom],
        had: Option<&Booking>,
        refused: &mut Vec<RefusedNight>,
    ) -> Result<(), Fault> {
        let Some(named) = rooms.first().map(|room| room.room_type_code) else { return Ok(()) };
        let wanted: u32 = rooms.iter().map(|r| r.quantity).sum();
        let kept = kept_of(had, |_| true);
        for (night, taken) in rooms_taken(&mut self.rows, self.property, property, stay)? {
            let available = i64::from(limit) - taken;
            let lacking = available < i64::from(wanted) && wanted > kept.on(night);
            if lacking && !refused.iter().any(|r| r.night == night) {
                refused.push(RefusedNight { night, room_type: named, available, restriction: None });
            }
        }
        Ok(())
    }
}

/// The rooms that a booking had on the nights of its stay, and may keep.
pub(super) struct Kept {
    nights: Option<Stay>,
    quantity: u32,
}

impl Kept {
    pub(super) fn on(&self, night: Night) -> u32 {
        let covers = |stay: Stay| night >= stay.arrival() && night < stay.departure();
        if self.nights.is_some_and(covers) { self.quantity } else { 0 }
    }
}

/// The rooms of the amended booking that match `counts`; none if there is no booking.
pub(super) fn kept_of(booking: Option<&Booking>, counts: impl Fn(&BookedRoom) -> bool) -> Kept {
    let quantity = booking.map_or(0, |b| b.rooms.iter().filter(|room| counts(room)).map(|room| room.quantity).sum());
    Kept { nights: booking.map(|b| b.stay), quantity }
}

/// The requested rooms of each type. Two lines of one type compete for the same rooms.
fn quantity_by_type(rooms: &[BookedRoom]) -> Vec<(RoomTypeIx, u32)> {
    let mut sums: Vec<(RoomTypeIx, u32)> = Vec::with_capacity(rooms.len());
    for room in rooms {
        match sums.iter_mut().find(|(room_type, _)| *room_type == room.room_type) {
            Some((_, sum)) => *sum += room.quantity,
            None => sums.push((room.room_type, room.quantity)),
        }
    }
    sums
}
