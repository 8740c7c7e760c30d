//! What must hold however a run went: one property, one file.
//!
//! These checkers look at the end of a run: what every node shows, what every caller was answered, and whether the two
//! agree. None of them needs an order of operations, so each finds its kind of damage even where the order is lost.
//!
//! Invariants:
//! - a property looks at every node, not at one that stands for all;
//! - it returns how many things it looked at; 0 means that it had nothing to say, never that all is well.
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

/// A property: finds where it does not hold and answers with how many things it looked at.
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
