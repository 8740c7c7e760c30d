//! Free rooms, night by night.

use alloc::vec::Vec;

use crate::rows;
use crate::{Cell, Fault, Key, Night, NightCount, Property, PropertyNumber, Read, ShortCode, Stay};

/// The nights of one room type.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Availability {
    /// The room type.
    pub room_type: ShortCode,
    /// Every night of the span, ascending.
    pub nights: Vec<(Night, NightCount)>,
}

/// Counts the nights of `span` for one room type, or for all of them. The result is empty if the room type is unknown.
pub fn availability<R: Read + ?Sized>(
    rows: &mut R,
    number: PropertyNumber,
    property: &Property,
    span: Stay,
    room_type: Option<ShortCode>,
) -> Result<Vec<Availability>, Fault> {
    let mut answer = Vec::new();
    for (place, kind) in property.room_types.iter().enumerate() {
        if room_type.is_some_and(|code| code != kind.code) {
            continue;
        }
        let mut nights = Vec::with_capacity(span.len() as usize);
        let mut night = span.arrival();
        for (month, places) in span.months() {
            let page = rows::page(rows, Key::Page(number, crate::RoomTypeIx(place as u16), month))?;
            for place in places {
                let cell = page.map_or_else(Cell::default, |p| p.cells[place]);
                nights.push((night, cell.count(kind)));
                night = night.next();
            }
        }
        assert_eq!(nights.len(), span.len() as usize, "every night of the span is counted");
        answer.push(Availability { room_type: kind.code, nights });
    }
    Ok(answer)
}
