//! The whole schema of a shard on one screen. Keys sort like their bytes: a tag, then big-endian fields.
//!
//! Tags never change. A new kind of row gets a new tag. `0x80` and above belong to the storage.

use alloc::vec::Vec;

use crate::{BookingId, HoldId, Month, Night, PropertyNumber, RatePlanIx, RoomTypeIx};

/// The key of one row.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Key {
    /// `01`: the shard's clock and cursors; one row.
    Meta,
    /// `02 node`: the keys with which a replica signs checkpoints.
    ReplicaKeys(u64),
    /// `03 principal`: what a principal may do.
    Grant(u32),
    /// `04 principal`: how many commands of a principal were refused today.
    Refusals(u32),
    /// `10 property`: the property with its catalogue.
    Property(PropertyNumber),
    /// `11 property room_type month`: a calendar page, all nights of a month.
    Page(PropertyNumber, RoomTypeIx, Month),
    /// `12 property room_type rate_plan month`: a rate page, all nights of a month.
    Rates(PropertyNumber, RoomTypeIx, RatePlanIx, Month),
    /// `20 booking`: a booking; its id begins with its property.
    Booking(BookingId),
    /// `21 property arrival booking`: bookings by arrival; no value.
    Arrival(PropertyNumber, Night, BookingId),
    /// `22 property digest booking`: bookings by the seller's reference (its FNV-1a digest); no value.
    ChannelRef(PropertyNumber, u64, BookingId),
    /// `23 booking`: the wrapped key and salts of a guest's data; deleted when the guest is erased.
    Guest(BookingId),
    /// `24 booking sequence`: a journal line that has this booking; no value.
    BookingLine(BookingId, u64),
    /// `25 number booking`: bookings by confirmation number; no value.
    Number(u64, BookingId),
    /// `26 property lookup booking`: bookings by a keyed digest of the guest's name or e-mail; no value.
    Lookup(PropertyNumber, [u8; 16], BookingId),
    /// `30 hold`: a hold; its id begins with its property.
    Hold(HoldId),
    /// `31 deadline hold`: open holds by deadline; no value.
    Deadline(u64, HoldId),
    /// `32 principal property`: the quota that a principal's open holds use of a property.
    HoldUsage(u32, PropertyNumber),
    /// `40 digest`: an idempotency record.
    Request([u8; 16]),
    /// `41 sequence`: a line of the journal.
    Journal(u64),
    /// `50 index`: a leaf of the receipts log.
    Leaf(u64),
    /// `51 size`: a checkpoint of the receipts log that enough replicas signed.
    Checkpoint(u64),
}

/// The bytes are not a valid key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct KeyError;

impl Key {
    /// Appends the key's bytes.
    pub fn encode(&self, out: &mut Vec<u8>) {
        match self {
            Key::Meta => put(out, 0x01, &[]),
            Key::ReplicaKeys(node) => put(out, 0x02, &[&node.to_be_bytes()]),
            Key::Grant(principal) => put(out, 0x03, &[&principal.to_be_bytes()]),
            Key::Refusals(principal) => put(out, 0x04, &[&principal.to_be_bytes()]),
            Key::Property(property) => put(out, 0x10, &[&property.0.to_be_bytes()]),
            Key::Page(property, room_type, month) => {
                put(out, 0x11, &[&property.0.to_be_bytes(), &room_type.0.to_be_bytes(), &month.0.to_be_bytes()]);
            }
            Key::Rates(property, room_type, rate_plan, month) => {
                let (room_type, rate_plan) = (room_type.0.to_be_bytes(), rate_plan.0.to_be_bytes());
                put(out, 0x12, &[&property.0.to_be_bytes(), &room_type, &rate_plan, &month.0.to_be_bytes()]);
            }
            Key::Booking(id) => put(out, 0x20, &[&id.0]),
            Key::Arrival(property, night, id) => put(out, 0x21, &[&property.0.to_be_bytes(), &night.0.to_be_bytes(), &id.0]),
            Key::ChannelRef(property, digest, id) => {
                put(out, 0x22, &[&property.0.to_be_bytes(), &digest.to_be_bytes(), &id.0]);
            }
            Key::Guest(id) => put(out, 0x23, &[&id.0]),
            Key::Number(number, id) => put(out, 0x25, &[&number.to_be_bytes(), &id.0]),
            Key::Lookup(property, lookup, id) => put(out, 0x26, &[&property.0.to_be_bytes(), lookup, &id.0]),
            Key::BookingLine(id, sequence) => put(out, 0x24, &[&id.0, &sequence.to_be_bytes()]),
            Key::Hold(id) => put(out, 0x30, &[&id.0]),
            Key::Deadline(deadline_ms, id) => put(out, 0x31, &[&deadline_ms.to_be_bytes(), &id.0]),
            Key::HoldUsage(principal, property) => put(out, 0x32, &[&principal.to_be_bytes(), &property.0.to_be_bytes()]),
            Key::Request(digest) => put(out, 0x40, &[digest]),
            Key::Journal(sequence) => put(out, 0x41, &[&sequence.to_be_bytes()]),
            Key::Leaf(index) => put(out, 0x50, &[&index.to_be_bytes()]),
            Key::Checkpoint(size) => put(out, 0x51, &[&size.to_be_bytes()]),
        }
    }

    /// Reads a key. It must use all bytes.
    pub fn decode(bytes: &[u8]) -> Result<Key, KeyError> {
        let (tag, rest) = bytes.split_first().ok_or(KeyError)?;
        let mut fields = Fields(rest);
        let key = match tag {
            0x01 => Key::Meta,
            0x02 => Key::ReplicaKeys(fields.u64()?),
            0x03 => Key::Grant(fields.u32()?),
            0x04 => Key::Refusals(fields.u32()?),
            0x10 => Key::Property(fields.property()?),
            0x11 => Key::Page(fields.property()?, RoomTypeIx(fields.u16()?), Month(fields.u16()?)),
            0x12 => Key::Rates(fields.property()?, RoomTypeIx(fields.u16()?), RatePlanIx(fields.u16()?), Month(fields.u16()?)),
            0x20 => Key::Booking(BookingId(fields.take()?)),
            0x21 => Key::Arrival(fields.property()?, Night(fields.u32()?), BookingId(fields.take()?)),
            0x22 => Key::ChannelRef(fields.property()?, fields.u64()?, BookingId(fields.take()?)),
            0x23 => Key::Guest(BookingId(fields.take()?)),
            0x24 => Key::BookingLine(BookingId(fields.take()?), fields.u64()?),
            0x25 => Key::Number(fields.u64()?, BookingId(fields.take()?)),
            0x26 => Key::Lookup(fields.property()?, fields.take()?, BookingId(fields.take()?)),
            0x30 => Key::Hold(HoldId(fields.take()?)),
            0x31 => Key::Deadline(fields.u64()?, HoldId(fields.take()?)),
            0x32 => Key::HoldUsage(fields.u32()?, fields.property()?),
            0x40 => Key::Request(fields.take()?),
            0x41 => Key::Journal(fields.u64()?),
            0x50 => Key::Leaf(fields.u64()?),
            0x51 => Key::Checkpoint(fields.u64()?),
            _ => return Err(KeyError),
        };
        if fields.0.is_empty() { Ok(key) } else { Err(KeyError) }
    }

    /// The key of a seller's reference.
    pub fn channel_ref(property: PropertyNumber, reference: &str, id: BookingId) -> Key {
        // FNV-1a, http://www.isthe.com/chongo/tech/comp/fnv/. Digests may collide, so readers also compare the
        // reference itself.
        let digest = reference
            .bytes()
            .fold(0xcbf2_9ce4_8422_2325u64, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3));
        Key::ChannelRef(property, digest, id)
    }
}

#[inline]
fn put(out: &mut Vec<u8>, tag: u8, fields: &[&[u8]]) {
    out.push(tag);
    fields.iter().for_each(|field| out.extend_from_slice(field));
}

struct Fields<'a>(&'a [u8]);

impl Fields<'_> {
    fn take<const N: usize>(&mut self) -> Result<[u8; N], KeyError> {
        let (field, rest) = self.0.split_first_chunk::<N>().ok_or(KeyError)?;
        self.0 = rest;
        Ok(*field)
    }

    fn u16(&mut self) -> Result<u16, KeyError> {
        self.take().map(u16::from_be_bytes)
    }

    fn u32(&mut self) -> Result<u32, KeyError> {
        self.take().map(u32::from_be_bytes)
    }

    fn u64(&mut self) -> Result<u64, KeyError> {
        self.take().map(u64::from_be_bytes)
    }

    fn property(&mut self) -> Result<PropertyNumber, KeyError> {
        self.u32().map(PropertyNumber)
    }
}
