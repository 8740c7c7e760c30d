//! An operation: what a caller asked, and what came of it.

use serde::{Deserialize, Serialize};

/// A day, counted from 1970-01-01; a night is the day on which it begins.
pub type Day = u32;

/// One logical operation: a caller's request with all its retries under one idempotency key.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Op {
    /// The order of invocation, from 0.
    pub id: u64,
    /// Which caller; a caller does one thing at a time.
    pub process: u32,
    /// The workload it belongs to.
    pub workload: String,
    /// What was asked.
    pub call: Call,
    /// When it was first sent.
    pub invoked_ns: u64,
    /// When the answer that stands arrived; `None` when none ever did.
    pub returned_ns: Option<u64>,
    /// What came of it.
    pub outcome: Outcome,
    /// How often it was sent.
    pub tries: u32,
    /// Whether the answer was had only after the run, by the idempotency key.
    pub resolved_late: bool,
    /// The node that gave the answer.
    pub node: u32,
}

/// What can be asked.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "f", rename_all = "kebab-case", rename_all_fields = "snake_case")]
pub enum Call {
    /// Take rooms for good; several room types make it a basket.
    Reserve { key: String, property: String, stay: Stay, rooms: Vec<Rooms> },
    /// Change a booking's stay and rooms: all of it or nothing.
    Amend { key: String, property: String, booking: String, stay: Stay, rooms: Vec<Rooms> },
    /// Give a booking up.
    Cancel { key: String, property: String, booking: String },
    /// Take rooms for a while.
    Hold { key: String, property: String, stay: Stay, rooms: Vec<Rooms>, ttl_ms: u64 },
    /// Turn a hold into a booking.
    Confirm { key: String, property: String, hold: String },
    /// Give a hold back.
    Release { key: String, property: String, hold: String },
    /// Read the counts of one room type; `staleness_ms` for a bounded read, `None` for a linearizable one.
    Availability { property: String, room_type: String, stay: Stay, staleness_ms: Option<u64> },
    /// Read a booking.
    Lookup { property: String, booking: String, staleness_ms: Option<u64> },
}

/// What came of an operation.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "kebab-case")]
pub enum Outcome {
    /// It was done.
    Ok {
        /// What was answered.
        answer: Answer,
        /// Where in the log the answer is from. With `replayed` that is where it was asked for again, not where it was done.
        as_of: Option<Position>,
        /// Whether the node said that this is the stored answer of an earlier try.
        replayed: bool,
        /// SHA-256 of the answer's bytes, hexadecimal; empty for reads.
        digest: String,
    },
    /// It was refused; nothing was changed. Stored under the key like any answer.
    Refused {
        /// The stable code.
        code: String,
        /// The nights that stood in the way.
        nights: Vec<Short>,
        /// As above.
        as_of: Option<Position>,
        /// As above.
        replayed: bool,
        /// As above.
        digest: String,
    },
    /// Every try was answered with "nothing was done" (503 and the like) or could not even be sent.
    NotDone { code: String },
    /// Nobody knows. For a read that means only that there was no answer.
    Unknown { why: String },
}

/// What a node answers when it does what it was asked.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "kebab-case")]
pub enum Answer {
    /// The booking as it now is.
    Booking(Booking),
    /// The hold.
    Hold {
        /// Its id.
        hold: String,
        /// Until when, ms since 1970 by log time.
        expires_at_ms: u64,
    },
    /// A hold was given back.
    Released,
    /// Counts, a line per night.
    Nights { nights: Vec<Night> },
    /// A read found no such booking.
    Absent,
}

/// A booking as a node shows it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Booking {
    /// Its id.
    pub booking: String,
    /// From 1.
    pub revision: u32,
    /// `confirmed`, `cancelled`, ...
    pub state: String,
    /// The nights.
    pub stay: Stay,
    /// The rooms, by type.
    pub rooms: Vec<Rooms>,
}

/// The counts of one night.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Night {
    /// The night.
    pub day: Day,
    /// What may be sold.
    pub limit: i64,
    /// What is.
    pub sold: i64,
    /// What is held.
    pub held: i64,
    /// limit - sold - held - blocked, signed.
    pub available: i64,
}

/// A night of a refusal.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Short {
    /// The night.
    pub day: Day,
    /// The room type.
    pub room_type: String,
    /// What there was.
    pub available: i64,
}

/// A place in a shard's log.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Position {
    /// The shard.
    pub shard: u32,
    /// The Raft index. Many commands may share one: they are one batch, in an order that is not told.
    pub index: u64,
}

/// Nights of [from, to).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Stay {
    /// The arrival.
    pub from: Day,
    /// The departure.
    pub to: Day,
}

/// Rooms of one type.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Rooms {
    /// The room type.
    pub room_type: String,
    /// How many.
    pub quantity: u32,
}
