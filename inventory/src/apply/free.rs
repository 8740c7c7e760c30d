//! Whether the rooms that are asked for are there.

use alloc::vec::Vec;

use super::shard::Shard;
use super::stop::Decision;
use crate::house::house_taken;
use crate::rows;
use crate::{BookedRoom, Booking, Cell, Fault, Key, Night, Property, RefusedNight, Reject, RoomTypeIx, Rows, Stay};

impl<R: Rows + ?Sized> Shard<'_, R> {
    /// Refuses, naming the nights, when any night has too few rooms left or the house is full. What `had`
    /// already had on a night it may keep, even where capacity was cut below what is taken.
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
        if refused.is_empty() { Ok(()) } else { Err(Reject::SoldOut(refused).into()) }
    }

    /// The house limit counts all types together, so it reads every type's page.
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
        for (night, taken) in house_taken(&mut self.rows, self.property, property, stay)? {
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

/// What a booking that is amended had of the rooms that `counts` tells; nothing where there is none.
pub(super) fn kept_of(booking: Option<&Booking>, counts: impl Fn(&BookedRoom) -> bool) -> Kept {
    let quantity = booking.map_or(0, |b| b.rooms.iter().filter(|room| counts(room)).map(|room| room.quantity).sum());
    Kept { nights: booking.map(|b| b.stay), quantity }
}

/// Rooms wanted of each type: two lines of one type compete for the same rooms.
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
