//! The content of a leaf.

use alloc::string::String;
use alloc::vec::Vec;

use super::claim::{Digest, Disclosure, LEAF_DIGESTS};
use crate::{BookingId, Night, ShortCode};

/// The maximum number of nights times room types whose limits are in a leaf. A leaf must fit the 64 KiB of an entry
/// bundle.
pub const MAX_LEAF_CELLS: usize = 4_096;

/// One leaf.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Leaf {
    /// When it was decided: log time, ms since 1970.
    pub at_ms: u64,
    /// The term of the Raft entry that decided it.
    pub term: u64,
    /// The index of that entry.
    pub index: u64,
    /// The content.
    pub body: LeafBody,
}

/// The content of a leaf.
#[derive(Clone, Debug, PartialEq, Eq)]
#[allow(clippy::large_enum_variant, reason = "nearly every leaf is a booking's: the large one")]
pub enum LeafBody {
    /// A change of a booking.
    Booking(BookingLeaf),
    /// The keys with which a replica signs from now on.
    KeyChange(ReplicaKeys),
    /// The state of this shard's audit trail.
    AuditSeal {
        /// The number of records.
        count: u64,
        /// The newest link of the chain.
        link: [u8; 32],
    },
}

/// A booking after a change.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BookingLeaf {
    /// The kind of change.
    pub kind: LeafKind,
    /// The property's id.
    pub property: String,
    /// The booking.
    pub booking: BookingId,
    /// The index of the booking's previous leaf.
    pub previous: Option<u64>,
    /// The first night.
    pub arrival: Night,
    /// The day of departure.
    pub departure: Night,
    /// At least one line, one for each room type.
    pub rooms: Vec<LeafRooms>,
    /// Sorted digests. Only the holder of the salts knows which claims they are of.
    pub digests: [Digest; LEAF_DIGESTS],
}

/// Rooms of one type.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LeafRooms {
    /// The room type.
    pub room_type: ShortCode,
    /// How many; the most on any night.
    pub quantity: u32,
    /// How many on each night, as runs of `(nights, rooms)` over the whole stay; empty if there are `quantity` on every night.
    pub runs: Vec<(u32, u32)>,
    /// Sell limit and remaining rooms (negative in a deficit) of each night, after the event; empty in every line of a
    /// booking with more than [`MAX_LEAF_CELLS`].
    pub nights: Vec<(u32, i64)>,
}

/// The kind of change of a booking.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum LeafKind {
    /// It was made.
    Book,
    /// It was amended.
    Amend,
    /// It was cancelled.
    Cancel,
    /// The guest checked in.
    CheckIn,
    /// The guest checked out.
    CheckOut,
    /// The guest did not arrive.
    NoShow,
    /// The guest's data were erased.
    Erase,
    /// The check-in was undone.
    RevertCheckIn,
    /// It was confirmed again.
    Reinstate,
}

/// The public keys with which one replica signs checkpoints.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ReplicaKeys {
    /// The node.
    pub node: u64,
    /// Its Ed25519 key for signatures of the log.
    pub log: [u8; 32],
    /// Its Ed25519 key for cosignatures.
    pub cosigner: [u8; 32],
}

impl LeafKind {
    /// All kinds.
    pub const ALL: [LeafKind; 9] = [
        Self::Book,
        Self::Amend,
        Self::Cancel,
        Self::CheckIn,
        Self::CheckOut,
        Self::NoShow,
        Self::Erase,
        Self::RevertCheckIn,
        Self::Reinstate,
    ];

    /// The kind's number in a leaf.
    pub fn number(self) -> u64 {
        match self {
            Self::Book => 1,
            Self::Amend => 2,
            Self::Cancel => 3,
            Self::CheckIn => 4,
            Self::CheckOut => 5,
            Self::NoShow => 6,
            Self::Erase => 7,
            // 8 and 9 are leaves of other kinds.
            Self::RevertCheckIn => 10,
            Self::Reinstate => 11,
        }
    }

    /// The kind's name.
    pub fn name(self) -> &'static str {
        match self {
            Self::Book => "book",
            Self::Amend => "amend",
            Self::Cancel => "cancel",
            Self::CheckIn => "check-in",
            Self::CheckOut => "check-out",
            Self::NoShow => "no-show",
            Self::Erase => "erase",
            Self::RevertCheckIn => "revert-check-in",
            Self::Reinstate => "reinstate",
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
