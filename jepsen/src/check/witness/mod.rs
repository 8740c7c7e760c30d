//! Tier 1: checks that the log positions in the answers explain every answer.
//!
//! The checker replays every hotel's history in log order against the [`crate::model`]. A write whose first answer is known
//! has an exact position (shard, index). If an answer was replayed or is missing, the feed of one node shows between which
//! other writes the write took effect. If the replay gives every answer and the order agrees with real time, the order is a
//! certificate that the history is linearizable. This does not depend on trust in the positions and the feed: wrong ones
//! would have to be consistent with everything that callers saw.
//!
//! An effect with a window of positions (a replayed write, the expiry of a hold) is placed as late as the answers allow,
//! because that restricts the following effects least.
//!
//! Start with `plan.rs`, which puts changes in order, then `replay.rs`. `batch.rs` orders commands that share an index,
//! `realtime.rs` compares positions with real time, `explain.rs` finds the state that a wrong read saw.

mod batch;
mod describe;
mod explain;
mod forced;
mod plan;
mod realtime;
mod replay;

use super::findings::Findings;
use super::logical_ops;
use super::verdict::Step;
use crate::history::History;
use realtime::Bounds;

/// Checks every operation. Returns their number and the order in which they took effect.
pub fn check(history: &History, found: &mut Findings) -> (u64, Vec<Step>) {
    let bounds = Bounds::new(history);
    realtime::check(history, &bounds, found);
    realtime::check_deadlines(history, found);
    let feed = history.final_state.nodes.iter().max_by_key(|node| node.feed.len()).map_or(&[][..], |node| &node.feed);
    let feeds = plan::by_property(feed);
    let (mut looked_at, mut steps) = (0, Vec::new());
    for (hotel, ops) in logical_ops::by_hotel(history) {
        looked_at += ops.len() as u64;
        let events = feeds.get(hotel.property.as_str()).map_or(&[][..], Vec::as_slice);
        let plan = plan::of(hotel, &ops, events, &bounds, found);
        steps.extend(replay::run(hotel, plan, found));
    }
    steps.sort_by_key(|step| step.at);
    (looked_at, steps)
}
