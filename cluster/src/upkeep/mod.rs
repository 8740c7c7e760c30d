//! What a node does by itself, beside what it is asked for: each a named task of the node's [`crate::Tasks`].
//!
//! | file | task |
//! |---|---|
//! | `ticks.rs` | proposes a tick when a hold is due, and seals the audit trail |
//! | `scrub.rs` | removes what is left of erased guests from this node's disk |
//! | `verify.rs` | reads all rows now and then, and ends this run when any are damaged |
//! | `announce.rs` | makes this node's signing keys known to the shards |
//! | `recovery.rs` | says when what was committed before a restart is applied again |
//!
//! Tasks that belong to one part start with it: batchers, read gates, snapshots and cosigning in `start.rs`, grants in `principals/`,
//! members that come back in `membership/`.
//!
//! Invariants: none of these tasks is needed for an answer; each may be late and is repeated until it is done.
//! Only `ticks.rs` and `announce.rs` propose anything, both through the batcher like everybody else. Start with [`start`].

mod announce;
mod recovery;
mod scrub;
mod ticks;
mod verify;

use std::sync::Arc;

use crate::node::Node;
use crate::receipts::NodeKeys;

/// Starts all of them.
pub fn start(node: &Arc<Node>, keys: &NodeKeys) {
    let tasks = &node.tasks;
    tasks.spawn("verify rows", verify::verify_rows(node.clone()));
    for shard in node.data_shards() {
        tasks.spawn("ticks", ticks::tick(node.clone(), shard));
        tasks.spawn("scrub", scrub::scrub(node.clone(), shard));
        if let Some(keys) = keys.public(shard) {
            tasks.spawn("announce keys", announce::announce_keys(node.clone(), shard, keys));
        }
    }
    for (shard, handle) in node.shards.iter().enumerate() {
        tasks.spawn("recovery", recovery::recover(shard, handle.group.clone()));
    }
}
