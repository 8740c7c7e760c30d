//! What every node said at the end of a run.

use serde::{Deserialize, Serialize};

use super::operation::{Booking, Night};

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
