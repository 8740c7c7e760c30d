//! What was asked, what was answered, what was done to the cluster, and what it said at the end.
//!
//! A run's folder has these as files: `scene.json` ([`RunSetup`]), `history.jsonl` (an [`Event`] a line: an invocation or a
//! completion), `history.edn` (the same as Jepsen writes it), `faults.jsonl` ([`Fault`]), `finale.json` ([`FinalState`]),
//! and `SHA256SUMS` of what a verdict rests on.
//! Times are nanoseconds since the run began, by the harness's one monotonic clock; days count from 1970-01-01.

mod call;
mod edn;
mod jsonl;
mod seal;
mod tried;

pub use jsonl::{Asked, Done, Event, Kind};
pub use seal::{changed, sum};

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

/// A day, counted from 1970-01-01; a night is the day on which it begins.
pub type Day = u32;

/// Everything that is known of a run.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct History {
    /// What was set up.
    pub setup: RunSetup,
    /// One per logical operation, by `id`, which is the order of invocation.
    pub ops: Vec<Op>,
    /// By time.
    pub faults: Vec<Fault>,
    /// What the nodes said once all was healed.
    pub final_state: FinalState,
}

/// What a run was set up with.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct RunSetup {
    /// Everything random in the harness comes from it.
    pub seed: u64,
    /// Workloads that ran side by side, by name.
    pub workloads: Vec<String>,
    /// Nemeses, by name; those that could not be done here are in `not_run`.
    pub nemeses: Vec<String>,
    /// Nemeses that could not be done, with why.
    pub not_run: BTreeMap<String, String>,
    /// Nodes, by number from 1.
    pub nodes: u32,
    /// How far two nodes' clocks may be apart, faults included, in milliseconds.
    pub skew_ms: u64,
    /// How long callers called, s.
    #[serde(default)]
    pub seconds: u64,
    /// Callers of each workload.
    #[serde(default)]
    pub callers: u32,
    /// Operations a second that were wanted, of all callers.
    #[serde(default)]
    pub rate: u32,
    /// Whether faults were short and close together.
    #[serde(default)]
    pub quick: bool,
    /// Whether all nodes were on loopback, without namespaces.
    #[serde(default)]
    pub loopback: bool,
    /// The planted bug that was switched on.
    #[serde(default)]
    pub bug: Option<String>,
    /// When, RFC 3339.
    pub started: String,
    /// When the last node had been asked; RFC 3339.
    #[serde(default)]
    pub ended: String,
    /// What ran: `keyrackd`, `commit`, `kernel`, ...
    pub versions: BTreeMap<String, String>,
    /// The hotels, empty when the run begins.
    pub hotels: Vec<Hotel>,
}

/// A hotel: no restrictions, the same limit every night.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Hotel {
    /// Its property id.
    pub property: String,
    /// The shard that has it.
    pub shard: u32,
    /// Rooms of all types together that may be taken of one night, if there is such a limit.
    pub house_limit: Option<u32>,
    /// Room type and its sell limit per night.
    pub room_types: BTreeMap<String, u32>,
    /// The first night that is asked for,
    pub first: Day,
    /// and how many nights there are.
    pub nights: u32,
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

/// What a nemesis did, or could not do.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Fault {
    /// The nemesis.
    pub nemesis: String,
    /// `begin`, `end` or `not-done`.
    pub phase: String,
    /// In a sentence: what, to whom.
    pub what: String,
    /// When.
    pub at_ns: u64,
    /// The nodes it was done to.
    pub nodes: Vec<u32>,
}

/// What the nodes said after everything was healed and all unknowns were resolved.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct FinalState {
    /// Why the cluster was not whole again in time, each time; also when the end could not be read.
    #[serde(default)]
    pub troubles: Vec<String>,
    /// A list per node.
    pub nodes: Vec<FinalNode>,
    /// Receipts of acknowledged bookings, each verified offline.
    pub receipts: Vec<ReceiptCheck>,
    /// Checkpoints seen during the run, per node and shard in the order they were seen, each proved consistent or not with the
    /// one before.
    pub checkpoints: Vec<CheckpointCheck>,
}

/// One node at the end.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct FinalNode {
    /// The node.
    pub node: u32,
    /// The counts of every night of every room type.
    pub nights: Vec<FinalNight>,
    /// All bookings, per property, in every state.
    pub bookings: Vec<FinalBooking>,
    /// The whole feed, per property in order. Read from the beginning, following the cursor.
    pub feed: Vec<FeedEvent>,
    /// The receipts' tree per shard, at a size that all nodes could be asked for.
    pub roots: Vec<Root>,
}

/// The counts of one night at the end.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct FinalNight {
    /// Whose.
    pub property: String,
    /// Of what.
    pub room_type: String,
    /// The counts.
    #[serde(flatten)]
    pub night: Night,
}

/// A booking at the end.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct FinalBooking {
    /// Whose.
    pub property: String,
    /// The seller's reference: the idempotency key it was taken with, so that it finds its operation.
    pub reference: String,
    /// The booking.
    #[serde(flatten)]
    pub booking: Booking,
}

/// One event of the feed. Only events of bookings and holds are kept.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct FeedEvent {
    /// Whose.
    pub property: String,
    /// `booking.created`, `booking.amended`, `booking.cancelled`, `hold.placed`, `hold.confirmed`, `hold.released`,
    /// `hold.expired`, ... as the node names it.
    pub kind: String,
    /// Log time, ms since 1970.
    pub at_ms: u64,
    /// The booking, for events of bookings; for `hold.confirmed` the one it became.
    pub booking: Option<Booking>,
    /// The seller's reference of that booking.
    pub reference: String,
    /// The hold, for events of holds.
    pub hold: Option<String>,
}

/// The root of a receipts' tree.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Root {
    /// The shard.
    pub shard: u32,
    /// Leaves.
    pub size: u64,
    /// The root, hexadecimal.
    pub root: String,
}

/// A receipt that was asked for and verified.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct ReceiptCheck {
    /// The booking.
    pub booking: String,
    /// What was wrong; `None` when it verifies.
    pub failure: Option<String>,
}

/// A checkpoint against the one before it.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct CheckpointCheck {
    /// The node that served it.
    pub node: u32,
    /// The shard.
    pub shard: u32,
    /// Leaves.
    pub size: u64,
    /// What was wrong; `None` when it is consistent.
    pub failure: Option<String>,
}
