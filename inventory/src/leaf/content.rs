//! What a leaf says.

use alloc::string::String;
use alloc::vec::Vec;

use super::claim::{Digest, Disclosure, LEAF_DIGESTS};
use crate::{BookingId, Code, Night};

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

impl BookingLeaf {
    /// Whether `disclosure` belongs to this leaf.
    pub fn holds(&self, disclosure: &Disclosure) -> bool {
        self.digests.contains(&disclosure.digest())
    }

    /// The number of nights.
    pub fn nights(&self) -> u32 {
        self.departure.0.saturating_sub(self.arrival.0)
    }
}
