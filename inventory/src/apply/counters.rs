//! The counters of every night. Only this file changes them.

use super::free::{kept_on, rooms_on};
use super::ledger::{Counter, RoomNights};
use super::shard::Shard;
use crate::rows::page_mut;
use crate::{BookedRoom, Booking, Cell, Fault, Key, Night, Property, Rows, Stay};

impl<R: Rows + ?Sized> Shard<'_, R> {
    /// Sells rooms that [`Shard::check_free`] found free with the same `had`.
    pub(super) fn sell(
        &mut self,
        property: &Property,
        rooms: &[BookedRoom],
        stay: Stay,
        had: Option<&Booking>,
    ) -> Result<(), Fault> {
        self.count(Counter::Sold, Change::Take, rooms, stay, |room, night, cell| {
            assert_within_limit(property, (rooms, stay), had, (room, night, cell));
        })
    }

    /// Counts rooms as sold that are already taken: by a hold that becomes a booking, or by a booking whose amendment
    /// is refused.
    pub(super) fn sell_kept(&mut self, rooms: &[BookedRoom], stay: Stay) -> Result<(), Fault> {
        self.count(Counter::Sold, Change::Take, rooms, stay, |_, _, _| {})
    }

    pub(super) fn give_back_sold(&mut self, rooms: &[BookedRoom], stay: Stay) -> Result<(), Fault> {
        self.count(Counter::Sold, Change::GiveBack, rooms, stay, |_, _, _| {})
    }

    /// Holds rooms that [`Shard::check_free`] found free.
    pub(super) fn hold(&mut self, property: &Property, rooms: &[BookedRoom], stay: Stay) -> Result<(), Fault> {
        self.count(Counter::Held, Change::Take, rooms, stay, |room, night, cell| {
            assert_within_limit(property, (rooms, stay), None, (room, night, cell));
        })
    }

    pub(super) fn give_back_held(&mut self, rooms: &[BookedRoom], stay: Stay) -> Result<(), Fault> {
        self.count(Counter::Held, Change::GiveBack, rooms, stay, |_, _, _| {})
    }

    /// Changes a counter of every night of every room by the room's quantity. Calls `changed` with each changed cell.
    fn count(
        &mut self,
        counter: Counter,
        change: Change,
        rooms: &[BookedRoom],
        stay: Stay,
        changed: impl Fn(&BookedRoom, Night, &Cell),
    ) -> Result<(), Fault> {
        let mut nights = 0;
        for room in rooms {
            let numbers = RoomNights::of(self.property, room.room_type);
            let mut night = room.span(stay).arrival();
            for (month, span) in room.span(stay).months() {
                let key = Key::Page(self.property, room.room_type, month);
                let page = page_mut(self.rows.for_counters(), &key)?;
                for cell in &mut page.cells[span] {
                    let before = *counter.of(cell);
                    let after = match change {
                        Change::Take => before.checked_add(room.quantity).ok_or_else(|| overflow(key))?,
                        Change::GiveBack => before.checked_sub(room.quantity).ok_or(Fault::Counter(key))?,
                    };
                    *counter.of(cell) = after;
                    self.ledger.cell(counter, numbers, night, i64::from(after) - i64::from(before));
                    changed(room, night, cell);
                    night = night.next();
                    nights += 1;
                }
            }
        }
        let all: u32 = rooms.iter().map(|room| room.span(stay).len()).sum();
        assert_eq!(nights, all, "each night of each room is counted exactly once");
        Ok(())
    }
}

/// Whether rooms are taken or given back.
#[derive(Clone, Copy, Debug)]
enum Change {
    Take,
    GiveBack,
}

fn overflow(key: Key) -> Fault {
    Fault::Corrupt(key, "a counter would overflow".into())
}

impl Counter {
    fn of(self, cell: &mut Cell) -> &mut u32 {
        match self {
            Counter::Sold => &mut cell.sold,
            Counter::Held => &mut cell.held,
        }
    }
}

/// Asserts that a night is not taken past its limit, unless the amended booking already had that many rooms of the type
/// on it.
fn assert_within_limit(
    property: &Property,
    (rooms, stay): (&[BookedRoom], Stay),
    had: Option<&Booking>,
    (room, night, cell): (&BookedRoom, Night, &Cell),
) {
    let count = cell.count(&property.room_types[usize::from(room.room_type.0)]);
    let same = |other: &BookedRoom| other.room_type == room.room_type;
    let quantity = || rooms_on(rooms, stay, night, same);
    assert!(count.available >= 0 || quantity() <= kept_on(had, night, same), "sold past the limit on {night}: {count:?}");
}
