//! Everything was asked that the other checkers rest on: what is missing would be found good.

use std::collections::{BTreeSet, HashSet};

use crate::check::findings::Findings;
use crate::history::{Answer, FinalNode, History, Outcome};

/// Looks at every node, night, receipt, root and checkpoint that there must be. Where no node was asked at all, that is said
/// elsewhere.
pub(super) fn check(history: &History, found: &mut Findings) -> u64 {
    let (setup, final_state) = (&history.setup, &history.final_state);
    if final_state.nodes.is_empty() {
        return 0;
    }
    let mut looked_at = 0;
    let mut missing = |what: String| found.add("missing", [], what);
    let asked: BTreeSet<u32> = final_state.nodes.iter().map(|node| node.node).collect();
    for node in (1..=setup.nodes).filter(|node| !asked.contains(node)) {
        missing(format!("node {node} was not asked at the end"));
    }
    let shards: BTreeSet<u32> = setup.hotels.iter().map(|hotel| hotel.shard).collect();
    let seen: HashSet<(u32, u32)> =
        final_state.checkpoints.iter().map(|checkpoint| (checkpoint.node, checkpoint.shard)).collect();
    for node in &final_state.nodes {
        looked_at += nights(history, node, &mut missing);
        for shard in &shards {
            looked_at += 2;
            if !node.roots.iter().any(|root| root.shard == *shard) {
                missing(format!("node {}: the root of shard {shard}", node.node));
            }
            if !seen.contains(&(node.node, *shard)) {
                missing(format!("node {}: any checkpoint of shard {shard}", node.node));
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
                missing(format!("the receipt of booking {}, which was acknowledged", booking.booking));
            }
        }
    }
    looked_at
}

/// Every night of every room type of every hotel.
fn nights(history: &History, node: &FinalNode, missing: &mut impl FnMut(String)) -> u64 {
    let told = node.nights.iter().map(|line| (line.property.as_str(), line.room_type.as_str(), line.night.day));
    let told: HashSet<(&str, &str, u32)> = told.collect();
    let mut looked_at = 0;
    for hotel in &history.setup.hotels {
        for room_type in hotel.room_types.keys() {
            for day in hotel.first..hotel.first + hotel.nights {
                looked_at += 1;
                if !told.contains(&(&hotel.property, room_type, day)) {
                    missing(format!("node {}: {} {room_type}, day {day}", node.node, hotel.property));
                }
            }
        }
    }
    looked_at
}
