//! Tier 1: the log positions that were answered explain every answer.
//!
//! Every hotel's history is replayed in the order of the log against the [`crate::model`]. Every write whose answer is its
//! first has its place (shard, index); where an answer was replayed, or never came, the feed of one node says between
//! which others it took effect. If the replay gives every answer and the order agrees with real time, it is a certificate
//! that the history is linearizable, whoever the positions and the feed are from: a lie in them would have to be
//! consistent with everything that callers saw.
//!
//! What may be anywhere within a window (a replayed write, the expiry of a hold) is placed as late as the answers allow,
//! which leaves the most freedom to what follows.
//!
//! Start with `plan.rs`, which puts changes in order, then `replay.rs`. `batch.rs` orders commands that share an index,
//! `realtime.rs` compares positions with real time, `explain.rs` says when a wrong read would have been right.

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

/// Looks at every operation; answers with how many there were and the order in which they took effect.
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
