//! The state of every node at the end of a run.

use serde::{Deserialize, Serialize};

use super::operation::{Booking, Night};

/// The state of the nodes after all faults were healed and all unknown outcomes were resolved.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct FinalState {
    /// One text for each time that the cluster did not recover in time, or that the final state could not be read.
    #[serde(default)]
    pub troubles: Vec<String>,
    /// One entry per node.
    pub nodes: Vec<FinalNode>,
    /// Receipts of acknowledged bookings, each verified offline.
    pub receipts: Vec<ReceiptCheck>,
    /// Checkpoints seen during the run, per node and shard in the order in which they were seen, each compared with the final
    /// leaves.
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
    /// The root of each shard's receipts log, at a size that all nodes have.
    pub roots: Vec<Root>,
}

/// The counts of one night at the end.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct FinalNight {
    /// The property.
    pub property: String,
    /// The room type.
    pub room_type: String,
    /// The counts.
    #[serde(flatten)]
    pub night: Night,
}

/// A booking at the end.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct FinalBooking {
    /// The property.
    pub property: String,
    /// The channel's reference: the idempotency key that created the booking. It links the booking to its operation.
    pub reference: String,
    /// The booking.
    #[serde(flatten)]
    pub booking: Booking,
}

/// One event of the feed. Only events of bookings and holds are kept.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct FeedEvent {
    /// The property.
    pub property: String,
    /// `booking.created`, `booking.amended`, `booking.cancelled`, `booking.reinstated`, `hold.placed`, `hold.confirmed`, `hold.released`,
    /// `hold.expired`, ... as the node names it.
    pub kind: String,
    /// Log time, ms since 1970.
    pub at_ms: u64,
    /// The booking, for events of bookings; for `hold.confirmed` the one it became.
    pub booking: Option<Booking>,
    /// The channel's reference of that booking.
    pub reference: String,
    /// The hold, for events of holds.
    pub hold: Option<String>,
}

/// The root of a receipts log.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Root {
    /// The shard.
    pub shard: u32,
    /// The number of leaves.
    pub size: u64,
    /// The root, hexadecimal.
    pub root: String,
}

/// The result of verifying one receipt.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct ReceiptCheck {
    /// The booking.
    pub booking: String,
    /// The failure; `None` if it verifies.
    pub failure: Option<String>,
}

/// The result of comparing one checkpoint with the leaves.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct CheckpointCheck {
    /// The node that served it.
    pub node: u32,
    /// The shard.
    pub shard: u32,
    /// The number of leaves.
    pub size: u64,
    /// The failure; `None` if they agree.
    pub failure: Option<String>,
}
