//! What a replica needs to doubt its leader: whom it asks, and what it remembers of the questions.

use std::sync::Arc;

use parking_lot::Mutex;
use tokio::time::Instant;

use super::snapshot_need::Refusing;
use super::types::Vote;

/// What a replica needs to doubt its leader. Clones share what is remembered.
#[derive(Clone, Default)]
pub struct Doubts {
    /// The number of this node's data folder.
    pub incarnation: u64,
    /// The first members and their addresses, from the configuration. A node that has no membership yet asks them.
    pub first: Arc<[(u64, String)]>,
    /// An operator says that this node takes the leader's memberships and snapshots without asking anybody.
    pub trusts_leader: bool,
    /// How many log entries that a snapshot covers the nodes keep.
    pub keep_log_entries: u64,
    /// The leader that this replica could not confirm yet, and since when; see `majority.rs`.
    pub unconfirmed: Arc<Mutex<Option<(Vote, Instant)>>>,
    /// How long this replica has refused a leader's snapshots; see `snapshot_need.rs`.
    pub refusing: Arc<Mutex<Option<Refusing>>>,
    /// When this replica last asked the leader to hand over.
    pub asked_to_hand_over: Arc<Mutex<Option<Instant>>>,
}
