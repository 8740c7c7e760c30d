//! The evidence of the other checkers is complete. Without this check, a run with missing evidence would pass.

use std::collections::{BTreeSet, HashSet};

use crate::check::findings::Findings;
use crate::history::{Answer, FinalNode, History, Outcome};

/// Looks for every node, night, receipt, root and checkpoint that must exist. Does nothing if no node was read at all:
/// [`History::why_inconclusive`] covers that.
pub(super) fn check(history: &History, found: &mut Findings) -> u64 {
    let (setup, final_state) = (&history.setup, &history.final_state);
    if final_state.nodes.is_empty() {
        return 0;
    }
    let mut looked_at = 0;
    let mut missing = |what: String| found.add("missing", [], what);
    let asked: BTreeSet<u32> = final_state.nodes.iter().map(|node| node.node).collect();
    for node in (1..=setup.nodes).filter(|node| !asked.contains(node)) {
        missing(format!("node {node} was not read at the end"));
    }
    let shards: BTreeSet<u32> = setup.hotels.iter().map(|hotel| hotel.shard).collect();
    let seen: HashSet<(u32, u32)> =
        final_state.checkpoints.iter().map(|checkpoint| (checkpoint.node, checkpoint.shard)).collect();
    for node in &final_state.nodes {
        looked_at += nights(history, node, &mut missing);
        for shard in &shards {
            looked_at += 2;
            if !node.roots.iter().any(|root| root.shard == *shard) {
                missing(format!("node {}: the root of shard {shard} was not read", node.node));
            }
            if !seen.contains(&(node.node, *shard)) {
                missing(format!("node {}: no checkpoint of shard {shard} was seen", node.node));
            }
        }
    }
    let receipts: HashSet<&str> = final_state.receipts.iter().map(|receipt| receipt.booking.as_str()).collect();
    for op in &history.ops {
        if let Outcome::Ok { answer: Answer::Booking(booking), digest, .. } = &op.outcome
            && !digest.is_empty()
        {
            looked_at += 1;
            if !receipts.contains(booking.booking.as_str()) {
                missing(format!("booking {} was acknowledged, but its receipt was not checked", booking.booking));
            }
        }
    }
    looked_at
}

/// Every night of every room type of every hotel.
fn nights(history: &History, node: &FinalNode, missing: &mut impl FnMut(String)) -> u64 {
    let read = node.nights.iter().map(|line| (line.property.as_str(), line.room_type.as_str(), line.night.day));
    let read: HashSet<(&str, &str, u32)> = read.collect();
    let mut looked_at = 0;
    for hotel in &history.setup.hotels {
        for room_type in hotel.room_types.keys() {
            for day in hotel.first..hotel.first + hotel.nights {
                looked_at += 1;
                if !read.contains(&(&hotel.property, room_type, day)) {
                    missing(format!("node {}, {} {room_type}, day {day}: the counts were not read", node.node, hotel.property));
                }
            }
        }
    }
    looked_at
}
