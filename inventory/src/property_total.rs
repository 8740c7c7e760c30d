//! The rooms taken of all room types of a property together.

use alloc::vec::Vec;

use crate::rows;
use crate::{Fault, Key, Night, Property, PropertyNumber, Read, RoomTypeIx, Stay};

/// The rooms of all types that are taken on each night of a stay.
pub(crate) fn rooms_taken<R: Read + ?Sized>(
    rows: &mut R,
    number: PropertyNumber,
    property: &Property,
    stay: Stay,
) -> Result<Vec<(Night, i64)>, Fault> {
    let mut nights: Vec<(Night, i64)> = stay.nights().map(|night| (night, 0)).collect();
    for room_type in 0..property.room_types.len() {
        let mut at = 0;
        for (month, span) in stay.months() {
            let page = rows::page(rows, Key::Page(number, RoomTypeIx(room_type as u16), month))?;
            for place in span {
                nights[at].1 += page.map_or(0, |p| i64::from(p.cells[place].taken()));
                at += 1;
            }
        }
    }
    Ok(nights)
}
