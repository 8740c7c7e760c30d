//! Writing a leaf: the bytes that are hashed into the tree.

use alloc::vec::Vec;

use super::claim::LEAF_DIGESTS;
use super::content::{BookingLeaf, Leaf, LeafBody, LeafRooms};
use super::format::{AUDIT_SEAL, KEY_CHANGE, LEAF_VERSION};
use crate::cbor::Writer;

impl Leaf {
    /// The bytes that are hashed into the tree.
    pub fn encode(&self) -> Vec<u8> {
        let mut out = Writer::with_capacity(640);
        match &self.body {
            LeafBody::Booking(booking) => {
                out.map(12 + usize::from(booking.has_runs()));
                self.head(&mut out, booking.kind.number());
                booking.write(&mut out);
                self.place(&mut out);
                out.uint(12);
                out.array(LEAF_DIGESTS);
                booking.digests.iter().for_each(|digest| out.bytes(digest));
                if booking.has_runs() {
                    booking.write_runs(&mut out);
                }
            }
            LeafBody::KeyChange(keys) => {
                out.map(5);
                self.head(&mut out, KEY_CHANGE);
                self.place(&mut out);
                out.uint(13);
                out.array(3);
                out.uint(keys.node);
                out.bytes(&keys.log);
                out.bytes(&keys.cosigner);
            }
            LeafBody::AuditSeal { count, link } => {
                out.map(5);
                self.head(&mut out, AUDIT_SEAL);
                self.place(&mut out);
                out.uint(14);
                out.array(2);
                out.uint(*count);
                out.bytes(link);
            }
        }
        out.into_bytes()
    }

    fn head(&self, out: &mut Writer, kind: u64) {
        out.uint(1);
        out.uint(LEAF_VERSION);
        out.uint(2);
        out.uint(kind);
    }

    fn place(&self, out: &mut Writer) {
        out.uint(10);
        out.uint(self.at_ms);
        out.uint(11);
        out.array(2);
        out.uint(self.term);
        out.uint(self.index);
    }
}

impl BookingLeaf {
    /// Writes keys 3 to 9.
    fn write(&self, out: &mut Writer) {
        out.uint(3);
        out.text(&self.property);
        out.uint(4);
        self.of_each_type(out, |out, rooms| out.text(rooms.room_type.as_str()));
        out.uint(5);
        out.array(2);
        out.uint(self.arrival.0.into());
        out.uint(self.departure.0.into());
        out.uint(6);
        self.of_each_type(out, |out, rooms| out.uint(rooms.quantity.into()));
        out.uint(7);
        out.bytes(&self.booking.0);
        out.uint(8);
        match self.previous {
            Some(index) => out.uint(index),
            None => out.null(),
        }
        out.uint(9);
        if self.rooms.iter().all(|rooms| rooms.nights.is_empty()) {
            return out.null();
        }
        self.of_each_type(out, |out, rooms| {
            out.array(rooms.nights.len());
            for (limit, remaining) in &rooms.nights {
                out.array(2);
                out.uint((*limit).into());
                out.int(*remaining);
            }
        });
    }

    /// Whether the number of rooms of a type differs from night to night.
    fn has_runs(&self) -> bool {
        self.rooms.iter().any(|rooms| !rooms.runs.is_empty())
    }

    /// Writes key 15.
    fn write_runs(&self, out: &mut Writer) {
        out.uint(15);
        out.array(self.rooms.len());
        for rooms in &self.rooms {
            out.array(rooms.runs.len());
            for (nights, quantity) in &rooms.runs {
                out.array(2);
                out.uint((*nights).into());
                out.uint((*quantity).into());
            }
        }
    }

    /// Writes the plain value of one room type, or a list for several.
    fn of_each_type(&self, out: &mut Writer, value: impl Fn(&mut Writer, &LeafRooms)) {
        if self.rooms.len() != 1 {
            out.array(self.rooms.len());
        }
        self.rooms.iter().for_each(|rooms| value(out, rooms));
    }
}
