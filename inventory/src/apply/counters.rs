//! The counters of every night: the one place that changes them.

use super::shard::Shard;
use crate::rows::page_mut;
use crate::{BookedRoom, Cell, Fault, Key, Rows, Stay};

impl<R: Rows + ?Sized> Shard<'_, R> {
    pub(super) fn sell(&mut self, rooms: &[BookedRoom], stay: Stay) -> Result<(), Fault> {
        self.count(rooms, stay, |cell, quantity| {
            cell.sold += quantity;
            true
        })
    }

    pub(super) fn give_back_sold(&mut self, rooms: &[BookedRoom], stay: Stay) -> Result<(), Fault> {
        self.count(rooms, stay, |cell, quantity| take_off(&mut cell.sold, quantity))
    }

    pub(super) fn hold(&mut self, rooms: &[BookedRoom], stay: Stay) -> Result<(), Fault> {
        self.count(rooms, stay, |cell, quantity| {
            cell.held += quantity;
            true
        })
    }

    pub(super) fn give_back_held(&mut self, rooms: &[BookedRoom], stay: Stay) -> Result<(), Fault> {
        self.count(rooms, stay, |cell, quantity| take_off(&mut cell.held, quantity))
    }

    /// Changes the cells of every night of every room; `change` answers false when that cannot be.
    fn count(&mut self, rooms: &[BookedRoom], stay: Stay, change: fn(&mut Cell, u32) -> bool) -> Result<(), Fault> {
        for room in rooms {
            for (month, span) in stay.months() {
                let key = Key::Page(self.property, room.room_type, month);
                let page = page_mut(self.rows, &key)?;
                if !page.cells[span].iter_mut().all(|cell| change(cell, room.quantity)) {
                    return Err(Fault::Counter(key));
                }
            }
        }
        Ok(())
    }
}

fn take_off(counter: &mut u32, quantity: u32) -> bool {
    counter.checked_sub(quantity).map(|rest| *counter = rest).is_some()
}
