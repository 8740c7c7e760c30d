//! Every night's counters equal its bookings and open holds, and no night is above its limit.

use std::collections::BTreeMap;

use keyrack_inventory::{BookedRoom, HoldState, Key, MemRows, Month, PropertyNumber, RoomTypeIx, Row, Stay};

use super::Check;

type Cells = BTreeMap<(PropertyNumber, RoomTypeIx, Month, usize), (u32, u32)>;

pub fn check(rows: &MemRows) -> Check {
    let mut taken = Cells::new();
    let mut properties = BTreeMap::new();
    let mut take = |property, stay: Stay, rooms: &[BookedRoom], held: bool| {
        for room in rooms {
            for night in room.span(stay).nights() {
                let (month, day) = night.in_month();
                let (sold, holds) = taken.entry((property, room.room_type, month, day)).or_default();
                *(if held { holds } else { sold }) += room.quantity;
            }
        }
    };
    for (key, row) in rows.iter() {
        match (key, row) {
            (Key::Property(number), Row::Property(property)) => drop(properties.insert(*number, property)),
            (Key::Booking(id), Row::Booking(booking)) if booking.state.holds_rooms() => {
                take(id.property(), booking.stay, &booking.rooms, false);
            }
            (Key::Hold(id), Row::Hold(hold)) if hold.state == HoldState::Open => {
                take(id.property(), hold.stay, &hold.rooms, true)
            }
            _ => {}
        }
    }
    for (key, row) in rows.iter() {
        let (Key::Page(property, room_type, month), Row::Page(page)) = (key, row) else { continue };
        let catalogue = properties.get(property).and_then(|row| row.room_types.get(usize::from(room_type.0)));
        let Some(catalogue) = catalogue else { return Err(format!("{key:?} has an unknown room type")) };
        for (day, cell) in page.cells.iter().enumerate() {
            let counted = taken.remove(&(*property, *room_type, *month, day)).unwrap_or_default();
            if counted != (cell.sold, cell.held) {
                return Err(format!(
                    "{key:?} day {day} has {:?} sold and held, bookings and holds have {counted:?}",
                    (cell.sold, cell.held)
                ));
            }
            if cell.count(catalogue).available < 0 {
                return Err(format!("{key:?} day {day} is above its limit: {cell:?}"));
            }
        }
    }
    taken.first_key_value().map_or(Ok(()), |(cell, counted)| Err(format!("{cell:?} has {counted:?} sold and held, and no page")))
}
