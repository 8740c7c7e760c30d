//! Properties that must hold in every run, one per file.
//!
//! These checkers compare the final state of every node with the answers to the callers. None of them needs an order of
//! operations, so each works even if no order is known.
//!
//! Invariants:
//! - a checker looks at every node, not at one of them;
//! - it returns the number of items that it checked; 0 means that it checked nothing, not that nothing is wrong.
//!
//! Start with [`ALL`], then any file: its first line states the property.

mod acknowledged;
mod answers;
mod counters;
mod evidence;
mod feed;
mod feed_order;
mod limits;
mod liveness;
mod receipts;
mod replicas;
mod unresolved;

use super::findings::Findings;
use crate::history::History;

/// A property: adds a finding for each violation and returns the number of items checked.
pub type Invariant = fn(&History, &mut Findings) -> u64;

/// All of them, by name.
pub const ALL: &[(&str, Invariant)] = &[
    ("limits", limits::check),
    ("counters", counters::check),
    ("acknowledged", acknowledged::check),
    ("answers", answers::check),
    ("unresolved", unresolved::check),
    ("replicas", replicas::check),
    ("feed", feed::check),
    ("feed-order", feed_order::check),
    ("receipts", receipts::check),
    ("evidence", evidence::check),
    ("liveness", liveness::check),
];
