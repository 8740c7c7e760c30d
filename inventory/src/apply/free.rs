//! Whether the requested rooms are free.

use alloc::vec::Vec;

use super::shard::Shard;
use super::stop::Decision;
use crate::property_total::rooms_taken;
use crate::rows;
use crate::{BookedRoom, Booking, Cell, Fault, Key, Night, Property, RefusedNight, Reject, RoomTypeIx, Rows, Stay};

impl<R: Rows + ?Sized> Shard<'_, R> {
    /// Refuses, with the list of nights, when a night has too few free rooms or the house limit is reached. Checks the nights `asked` of
    /// the stay. An amended booking (`had`) may keep the rooms it has on a night, even if capacity was cut below the rooms taken.
    pub(super) fn check_free(
        &mut self,
        property: &Property,
        (stay, asked): (Stay, Stay),
        rooms: &[BookedRoom],
        had: Option<&Booking>,
    ) -> Decision<()> {
        let mut refused = Vec::new();
        for room_type in types(rooms) {
            let kind = &property.room_types[usize::from(room_type.0)];
            let of_type = |room: &BookedRoom| room.room_type == room_type;
            let mut night = asked.arrival();
            for (month, span) in asked.months() {
                let page = rows::page(&mut self.rows, Key::Page(self.property, room_type, month))?;
                for place in span {
                    let cell = page.map_or_else(Cell::default, |p| p.cells[place]);
                    let available = cell.count(kind).available;
                    let quantity = rooms_on(rooms, stay, night, of_type);
                    if available < i64::from(quantity) && quantity > kept_on(had, night, of_type) {
                        refused.push(RefusedNight { night, room_type: kind.code, available, restriction: None });
                    }
                    night = night.next();
                }
            }
        }
        if let Some(limit) = property.details.house_limit {
            self.check_house(property, (stay, asked), limit, rooms, had, &mut refused)?;
        }
        if refused.is_empty() { Ok(()) } else { Err(Reject::SoldOut(self.named_nights(refused)).into()) }
    }

    /// Checks the house limit. It counts all room types together, so this reads the pages of every type.
    fn check_house(
        &mut self,
        property: &Property,
        (stay, asked): (Stay, Stay),
        limit: u32,
        rooms: &[BookedRoom],
        had: Option<&Booking>,
        refused: &mut Vec<RefusedNight>,
    ) -> Result<(), Fault> {
        for (night, taken) in rooms_taken(&mut self.rows, self.property, property, asked)? {
            let available = i64::from(limit) - taken;
            let wanted = rooms_on(rooms, stay, night, |_| true);
            let lacking = available < i64::from(wanted) && wanted > kept_on(had, night, |_| true);
            let named = rooms.iter().find(|room| room.span(stay).contains(night)).map(|room| room.room_type_code);
            if let (true, Some(room_type)) = (lacking && !refused.iter().any(|r| r.night == night), named) {
                refused.push(RefusedNight { night, room_type, available, restriction: None });
            }
        }
        Ok(())
    }
}

/// How many of these rooms match `counts` and have the night.
pub(super) fn rooms_on(rooms: &[BookedRoom], stay: Stay, night: Night, counts: impl Fn(&BookedRoom) -> bool) -> u32 {
    let on_night = |room: &&BookedRoom| room.span(stay).contains(night) && counts(room);
    rooms.iter().filter(on_night).map(|room| room.quantity).sum()
}

/// The rooms of the amended booking on a night that match `counts`, and that it may keep; none if there is no booking.
pub(super) fn kept_on(had: Option<&Booking>, night: Night, counts: impl Fn(&BookedRoom) -> bool) -> u32 {
    had.map_or(0, |booking| rooms_on(&booking.rooms, booking.stay, night, counts))
}

/// Each requested type once. Two lines of one type compete for the same rooms.
fn types(rooms: &[BookedRoom]) -> Vec<RoomTypeIx> {
    let mut types: Vec<RoomTypeIx> = Vec::with_capacity(rooms.len());
    for room in rooms {
        if !types.contains(&room.room_type) {
            types.push(room.room_type);
        }
    }
    types
}
