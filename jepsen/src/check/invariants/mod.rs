//! What must be so whatever happened: one property, one file.

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
