//! A node's background work, each a named task of the node's [`crate::Tasks`].
//!
//! | file | task |
//! |---|---|
//! | `ticks.rs` | proposes a tick when a hold is due, and seals the audit trail |
//! | `scrub.rs` | removes the traces of erased guests from this node's disk |
//! | `verify.rs` | reads all rows every six hours, and stops this node if any are damaged |
//! | `announce.rs` | records this node's public signing keys in the shards |
//! | `leaders.rs` | logs when a shard gains or loses its leader, and when this node loses the majority |
//! | `mark_place.rs` | marks the data folder as this node's own, so that an earlier copy of it is recognised |
//! | `restored.rs` | after a start from copies: remembers it until all nodes have decided |
//! | `other_folders.rs` | logs when a node runs with another data folder than the others know |
//! | `recovery.rs` | logs when all entries committed before a restart are applied again |
//!
//! Tasks of one part start with that part: batchers, read gates, snapshots and cosigning in `start.rs`, grants in
//! `principals/`, rejoining members in `membership/`.
//!
//! Invariants: no answer waits for these tasks; each may be late and repeats its work until it succeeds.
//! Only `ticks.rs` and `announce.rs` propose commands, both through the batcher. Start with [`start`].

mod announce;
mod leaders;
mod mark_place;
mod other_folders;
mod recovery;
mod restored;
mod scrub;
mod settings;
mod ticks;
mod verify;

use std::sync::Arc;

use crate::node::Node;
use crate::receipts::NodeKeys;

/// Starts all tasks.
pub fn start(node: &Arc<Node>, keys: &NodeKeys) {
    let tasks = &node.tasks;
    tasks.spawn("watch leaders", leaders::watch_leaders(node.clone()));
    tasks.spawn("mark the place", mark_place::mark_place(node.clone()));
    tasks.spawn("forget the newest copy", restored::forget_newest_ends(node.clone()));
    tasks.spawn("forget the restore", restored::forget_restored(node.clone()));
    tasks.spawn("notice other folders", other_folders::notice_other_folders(node.clone()));
    tasks.spawn("compare settings", settings::compare_settings(node.clone()));
    tasks.spawn("verify rows", verify::verify_rows(node.clone()));
    for shard in node.data_shards() {
        tasks.spawn("ticks", ticks::tick(node.clone(), shard));
        tasks.spawn("scrub", scrub::scrub(node.clone(), shard));
        if let Some(keys) = keys.proven(shard) {
            tasks.spawn("announce keys", announce::announce_keys(node.clone(), shard, keys));
        }
    }
    for (shard, handle) in node.shards.iter().enumerate() {
        tasks.spawn("recovery", recovery::recover(shard, handle.group.clone()));
    }
}
