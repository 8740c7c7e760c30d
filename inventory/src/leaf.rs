//! Leaves of the receipts' log: one for each booking event, as deterministic CBOR.
//!
//! A leaf tells an auditor what was decided (rooms, nights, what was left of them) and hides who booked:
//! names, contact and price stand in it as salted digests only. Whoever holds a salt and a value can show
//! that one claim and keep the others to himself ([`Disclosure`]).
//!
//! The map's keys are integers (RFC 8949 section 4.2.1, core deterministic encoding): 1 version, 2 kind,
//! 3 property, 4 room type, 5 `[arrival, departure]` in days since 1970-01-01, 6 rooms, 7 booking, 8 the
//! index of this booking's leaf before, 9 `[sell limit, remaining]` of each night after the event, 10 time in ms,
//! 11 `[term, index]` in the Raft log, 12 sorted digests, 13 `[node, log key, cosigner key]`.
//!
//! A booking of one room type has its code, number and nights plainly in 4, 6 and 9; of several, a list
//! of each. A booking of more than [`MAX_LEAF_CELLS`] nights times room types has null in 9. A key change has
//! only 1, 2, 10, 11 and 13; a seal of the audit trail 1, 2, 10, 11 and 14 `[records, newest link]`.

pub(crate) mod cbor;
mod claim;
mod read;

use alloc::string::String;
use alloc::vec::Vec;

use crate::{BookingId, Code, Night};
use cbor::Writer;

pub(crate) use claim::leaf_digests;
pub use claim::{Digest, Disclosure, GUEST_DIGESTS, LEAF_DIGESTS, LeafSeeds, Salt, TermSalts, claim_digest};
pub use read::LeafError;

/// The version of the format that is written.
pub const LEAF_VERSION: u64 = 1;
/// Nights times room types that a leaf tells the limits of: a leaf must fit the 64 KiB of an entry bundle.
pub const MAX_LEAF_CELLS: usize = 4_096;

/// One leaf.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Leaf {
    /// When it was decided: log time, ms since 1970.
    pub at_ms: u64,
    /// The Raft entry that decided it: its term
    pub term: u64,
    /// and its index.
    pub index: u64,
    /// What it says.
    pub body: LeafBody,
}

/// What a leaf says.
#[derive(Clone, Debug, PartialEq, Eq)]
#[allow(clippy::large_enum_variant, reason = "nearly every leaf is a booking's: the large one")]
pub enum LeafBody {
    /// Something happened to a booking.
    Booking(BookingLeaf),
    /// A replica signs with these keys from here on.
    KeyChange(ReplicaKeys),
    /// The audit trail of this shard, up to here.
    AuditSeal {
        /// How many records it has.
        count: u64,
        /// The newest link of its chain.
        link: [u8; 32],
    },
}

/// A booking as an event left it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BookingLeaf {
    /// What happened.
    pub kind: LeafKind,
    /// The property's id.
    pub property: String,
    /// The booking.
    pub booking: BookingId,
    /// The index of its leaf before this one.
    pub previous: Option<u64>,
    /// The first night.
    pub arrival: Night,
    /// The day of leaving.
    pub departure: Night,
    /// Its rooms, a line for each type, no type twice; at least one.
    pub rooms: Vec<LeafRooms>,
    /// Sorted; what they are of is known to who holds the salts.
    pub digests: [Digest; LEAF_DIGESTS],
}

/// Rooms of one type.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LeafRooms {
    /// The type.
    pub room_type: Code,
    /// How many.
    pub quantity: u32,
    /// Sell limit and what remains of it (below 0 in a deficit), night by night, after the event; empty in
    /// every line of a booking with more than [`MAX_LEAF_CELLS`].
    pub nights: Vec<(u32, i64)>,
}

/// What happened to a booking.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum LeafKind {
    /// It was taken.
    Book,
    /// It was changed.
    Amend,
    /// It was given up.
    Cancel,
    /// The guest came.
    CheckIn,
    /// The guest left.
    CheckOut,
    /// The guest never came.
    NoShow,
    /// The guest's data were erased.
    Erase,
}

/// The public keys with which one replica signs checkpoints.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ReplicaKeys {
    /// The node.
    pub node: u64,
    /// Its Ed25519 key as the log.
    pub log: [u8; 32],
    /// Its Ed25519 key as a cosigner.
    pub cosigner: [u8; 32],
}

const KEY_CHANGE: u64 = 8;
const AUDIT_SEAL: u64 = 9;

impl LeafKind {
    /// All of them.
    pub const ALL: [LeafKind; 7] =
        [Self::Book, Self::Amend, Self::Cancel, Self::CheckIn, Self::CheckOut, Self::NoShow, Self::Erase];

    /// Its number in a leaf.
    pub fn number(self) -> u64 {
        match self {
            Self::Book => 1,
            Self::Amend => 2,
            Self::Cancel => 3,
            Self::CheckIn => 4,
            Self::CheckOut => 5,
            Self::NoShow => 6,
            Self::Erase => 7,
        }
    }

    /// Its name.
    pub fn name(self) -> &'static str {
        match self {
            Self::Book => "book",
            Self::Amend => "amend",
            Self::Cancel => "cancel",
            Self::CheckIn => "check-in",
            Self::CheckOut => "check-out",
            Self::NoShow => "no-show",
            Self::Erase => "erase",
        }
    }
}

impl Leaf {
    /// The bytes that are hashed into the tree.
    pub fn encode(&self) -> Vec<u8> {
        let mut out = Writer::with_capacity(640);
        match &self.body {
            LeafBody::Booking(booking) => {
                out.map(12);
                self.head(&mut out, booking.kind.number());
                booking.write(&mut out);
                self.place(&mut out);
                out.uint(12);
                out.array(LEAF_DIGESTS);
                booking.digests.iter().for_each(|digest| out.bytes(digest));
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

    /// Reads a leaf's bytes.
    ///
    /// # Errors
    /// Everything that [`Leaf::encode`] would not have written just so: a leaf has one encoding.
    pub fn decode(bytes: &[u8]) -> Result<Leaf, LeafError> {
        let leaf = read::leaf(bytes)?;
        if leaf.encode() == bytes { Ok(leaf) } else { Err(LeafError::NotCanonical) }
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
    /// Whether `disclosure` belongs to this leaf.
    pub fn holds(&self, disclosure: &Disclosure) -> bool {
        self.digests.contains(&disclosure.digest())
    }

    /// The number of nights.
    pub fn nights(&self) -> u32 {
        self.departure.0.saturating_sub(self.arrival.0)
    }

    /// Keys 3 to 9.
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

    /// The plain value of one room type, a list of several.
    fn of_each_type(&self, out: &mut Writer, value: impl Fn(&mut Writer, &LeafRooms)) {
        if self.rooms.len() != 1 {
            out.array(self.rooms.len());
        }
        self.rooms.iter().for_each(|rooms| value(out, rooms));
    }
}
