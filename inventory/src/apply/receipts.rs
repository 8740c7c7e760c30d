//! Leaves. They are written in the same step as the booking.

use alloc::boxed::Box;
use alloc::vec::Vec;

use super::expire::RECORD_TTL_MS;
use super::free::rooms_on;
use super::shard::{Rules, Shard};
use super::stop::Decision;
use crate::booking_claims::{GuestDigests, leaf_digests};
use crate::rows;
use crate::{
    BookedRoom, Booking, BookingLeaf, Cell, Fault, GuestSecrets, JournalEvent, Key, Leaf, LeafBody, LeafKind, LeafRooms,
    MAX_LEAF_CELLS, Property, Read, ReplicaKeys, Reply, RoomTypeIx, Row, Rows, Stay, StoredCheckpoint,
};

/// The most old checkpoints that one new checkpoint removes.
const CHECKPOINT_STEPS: usize = 4;

impl<R: Rows + ?Sized> Shard<'_, R> {
    /// Appends the leaf of a booking's change. The counters must already have the new values.
    pub(super) fn append_leaf(
        &mut self,
        property: &Property,
        booking: &mut Booking,
        kind: LeafKind,
        secrets: Option<&GuestSecrets>,
        is_new_guest: bool,
    ) -> Result<(), Fault> {
        // The digests of the guest would be the same in every leaf, and show that there is a guest and whether it changed. So only the
        // leaf of a new guest has them; other leaves have decoys in their places.
        let guest = if is_new_guest || self.at.rules < Rules::BOUNDED { GuestDigests::Claimed } else { GuestDigests::Hidden };
        let digests = leaf_digests(booking, secrets, self.meta.next_leaf, guest);
        assert!(digests.is_sorted(), "digests are sorted, so that their order reveals nothing");
        let leaf = BookingLeaf {
            kind,
            property: property.id.clone(),
            booking: booking.id,
            previous: booking.leaf,
            arrival: booking.stay.arrival(),
            departure: booking.stay.departure(),
            rooms: self.leaf_rooms(property, &booking.rooms, booking.stay)?,
            digests,
        };
        booking.leaf = Some(self.meta.next_leaf);
        self.put_leaf(LeafBody::Booking(leaf));
        Ok(())
    }

    pub(super) fn put_replica_keys(&mut self, keys: &ReplicaKeys) -> Decision<(JournalEvent, Reply)> {
        if rows::replica_keys(&mut self.rows, keys.node)? != Some(keys) {
            self.rows.put(Key::ReplicaKeys(keys.node), Row::ReplicaKeys(*keys));
            self.put_leaf(LeafBody::KeyChange(*keys));
        }
        Ok((JournalEvent::Nothing, Reply::Done))
    }

    /// Stores a newer checkpoint and removes old ones that no idempotency record can refer to any more.
    pub(super) fn put_checkpoint(&mut self, size: u64, note: &str) -> Decision<(JournalEvent, Reply)> {
        let now = self.meta.last_at_ms;
        if size > self.meta.last_checkpoint && size <= self.meta.next_leaf {
            let checkpoint = StoredCheckpoint { at_ms: now, note: note.into() };
            self.rows.put(Key::Checkpoint(size), Row::Checkpoint(Box::new(checkpoint)));
            self.meta.last_checkpoint = size;
            let (from, to) = (Key::Checkpoint(self.meta.first_checkpoint), Key::Checkpoint(size));
            for key in self.rows.scan(&from, &to, CHECKPOINT_STEPS)? {
                let Key::Checkpoint(old) = key else { continue };
                let due =
                    rows::checkpoint(&mut self.rows, old)?.is_some_and(|old| old.at_ms.saturating_add(RECORD_TTL_MS) <= now);
                if !due {
                    break;
                }
                self.rows.delete(&key);
                self.meta.first_checkpoint = old + 1;
            }
        }
        Ok((JournalEvent::Nothing, Reply::Done))
    }

    pub(super) fn put_leaf(&mut self, body: LeafBody) {
        let leaf = Leaf { at_ms: self.meta.last_at_ms, term: self.at.term, index: self.at.index, body };
        self.rows.put(Key::Leaf(self.meta.next_leaf), Row::Leaf(leaf.encode()));
        self.meta.next_leaf += 1;
    }

    /// A line for each room type, with its current limits and remaining rooms.
    fn leaf_rooms(&mut self, property: &Property, rooms: &[BookedRoom], stay: Stay) -> Result<Vec<LeafRooms>, Fault> {
        let mut lines: Vec<LeafRooms> = Vec::with_capacity(rooms.len());
        for room in rooms {
            if lines.iter().any(|line| line.room_type == room.room_type_code) {
                continue;
            }
            let Some(kind) = property.room_types.get(usize::from(room.room_type.0)) else {
                return Err(Fault::Corrupt(Key::Property(self.property), "a booking has a room type the property lacks".into()));
            };
            let mut nights = Vec::with_capacity(stay.len() as usize);
            for (month, span) in stay.months() {
                let page = rows::page(&mut self.rows, Key::Page(self.property, room.room_type, month))?;
                for place in span {
                    let count = page.map_or_else(Cell::default, |page| page.cells[place]).count(kind);
                    nights.push((count.limit, count.available));
                }
            }
            assert_eq!(nights.len(), stay.len() as usize, "a leaf has the limits of every night");
            let runs = runs(rooms, stay, room.room_type);
            let quantity = runs.iter().map(|(_, rooms)| *rooms).max().unwrap_or(0);
            let runs = if runs.len() > 1 { runs } else { Vec::new() };
            lines.push(LeafRooms { room_type: room.room_type_code, quantity, runs, nights });
        }
        if lines.len() * stay.len() as usize > MAX_LEAF_CELLS {
            lines.iter_mut().for_each(|line| line.nights.clear());
        }
        Ok(lines)
    }
}

/// How many rooms of a type there are on each night, as runs of `(nights, rooms)`.
fn runs(rooms: &[BookedRoom], stay: Stay, room_type: RoomTypeIx) -> Vec<(u32, u32)> {
    let of_type = |room: &BookedRoom| room.room_type == room_type;
    if rooms.iter().filter(|room| of_type(room)).all(|room| room.nights.is_none()) {
        return alloc::vec![(stay.len(), rooms_on(rooms, stay, stay.arrival(), of_type))];
    }
    let mut runs: Vec<(u32, u32)> = Vec::new();
    for night in stay.nights() {
        let quantity = rooms_on(rooms, stay, night, of_type);
        match runs.last_mut() {
            Some((nights, same)) if *same == quantity => *nights += 1,
            _ => runs.push((1, quantity)),
        }
    }
    runs
}
