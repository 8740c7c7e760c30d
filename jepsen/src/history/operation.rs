//! An operation: a call and its outcome.

use serde::{Deserialize, Serialize};

/// A day, counted from 1970-01-01; a night is the day on which it begins.
pub type Day = u32;

/// One logical operation: a caller's request with all its retries under one idempotency key.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Op {
    /// The order of invocation, from 0.
    pub id: u64,
    /// The caller's process. A process has one operation at a time.
    pub process: u32,
    /// The workload it belongs to.
    pub workload: String,
    /// The call.
    pub call: Call,
    /// When it was first sent.
    pub invoked_ns: u64,
    /// When the final answer arrived; `None` if none arrived.
    pub returned_ns: Option<u64>,
    /// The outcome.
    pub outcome: Outcome,
    /// How often it was sent.
    pub tries: u32,
    /// Whether the answer was found only after the run, by a retry with the idempotency key.
    pub resolved_late: bool,
    /// The node that gave the answer.
    pub node: u32,
}

/// A request to a hotel.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "f", rename_all = "kebab-case", rename_all_fields = "snake_case")]
pub enum Call {
    /// Book rooms. With several room types it is a basket.
    Reserve { key: String, property: String, stay: Stay, rooms: Vec<Rooms> },
    /// Change a booking's stay and rooms: all of it or nothing.
    Amend { key: String, property: String, booking: String, stay: Stay, rooms: Vec<Rooms> },
    /// Cancel a booking.
    Cancel { key: String, property: String, booking: String },
    /// Take a cancelled booking's rooms again.
    Reinstate { key: String, property: String, booking: String },
    /// Hold rooms for a limited time.
    Hold { key: String, property: String, stay: Stay, rooms: Vec<Rooms>, ttl_ms: u64 },
    /// Turn a hold into a booking.
    Confirm { key: String, property: String, hold: String },
    /// Release a hold.
    Release { key: String, property: String, hold: String },
    /// Read the counts of one room type; `staleness_ms` for a bounded read, `None` for a linearizable one.
    Availability { property: String, room_type: String, stay: Stay, staleness_ms: Option<u64> },
    /// Read a booking.
    Lookup { property: String, booking: String, staleness_ms: Option<u64> },
}

/// The outcome of an operation.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "kebab-case")]
pub enum Outcome {
    /// It was done.
    Ok {
        /// The answer.
        answer: Answer,
        /// The log position of the answer. If `replayed`, this is the position of the retry, not of the effect.
        as_of: Option<Position>,
        /// Whether the node marked this as the stored answer of an earlier try.
        replayed: bool,
        /// SHA-256 of the answer's bytes, hexadecimal; empty for reads.
        digest: String,
    },
    /// It was refused and changed nothing. The refusal is stored under the key like any answer.
    Refused {
        /// The stable code.
        code: String,
        /// The nights without enough rooms.
        nights: Vec<Short>,
        /// As in `Ok`.
        as_of: Option<Position>,
        /// As in `Ok`.
        replayed: bool,
        /// As in `Ok`.
        digest: String,
    },
    /// It was not done: every try was answered with "nothing was done" (such as 503) or could not be sent.
    NotDone { code: String },
    /// The outcome is unknown. For a read this means only that there was no answer.
    Unknown { why: String },
}

/// The answer to a call that succeeded.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "kebab-case")]
pub enum Answer {
    /// The booking as it now is.
    Booking(Booking),
    /// The hold.
    Hold {
        /// Its id.
        hold: String,
        /// Its deadline, ms since 1970 by log time.
        expires_at_ms: u64,
    },
    /// A hold was released.
    Released,
    /// Counts, one entry per night.
    Nights { nights: Vec<Night> },
    /// A read found no such booking.
    Absent,
}

/// A booking as a node shows it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Booking {
    /// Its id.
    pub booking: String,
    /// The revision, from 1.
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
    /// The sell limit.
    pub limit: i64,
    /// Rooms sold.
    pub sold: i64,
    /// Rooms held.
    pub held: i64,
    /// limit - sold - held - blocked, signed.
    pub available: i64,
}

/// A night without enough rooms, in a refusal.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Short {
    /// The night.
    pub day: Day,
    /// The room type.
    pub room_type: String,
    /// The rooms that were available.
    pub available: i64,
}

/// A place in a shard's log.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Position {
    /// The shard.
    pub shard: u32,
    /// The Raft index. The commands of a batch share one index; their order in the batch is not recorded.
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
