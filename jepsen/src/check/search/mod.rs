//! Tier 2: looks for an order that explains every answer, without log positions and feed.
//!
//! A just-in-time linearization search (Wing and Gong; Lowe, "Testing for linearizability", 2017) for each partition: a
//! hotel's room type, or the whole hotel if baskets, a house limit or a change of room type connect its types. It uses only
//! real time and answers. A hold may expire at any time after its deadline minus the clock skew, but holds expire in the
//! order of their deadlines. Bounded reads promise no order and are left out.
//!
//! Start with `linearize.rs`, the search. `space.rs` is its state, `choice.rs` ranks the next steps, `reach.rs` prunes
//! states that cannot lead to the recorded answers, `partition.rs` splits a hotel.

mod choice;
mod linearize;
mod partition;
mod reach;
mod space;

use super::findings::Findings;
use super::logical_ops;
use super::verdict::Finding;
use crate::history::History;
use linearize::Verdict;
use space::Space;

/// The most steps tried for one partition.
pub const BUDGET: u64 = 2_000_000;
/// The most operations checked in one partition.
pub const MAX_OPS: usize = 25_000;

/// The findings with another budget than [`BUDGET`].
pub fn with_budget(history: &History, budget: u64) -> Vec<Finding> {
    let mut found = Findings::default();
    check(history, budget, &mut found);
    found.into_parts().0
}

/// Checks every partition and returns the number of operations checked.
pub fn check(history: &History, budget: u64, found: &mut Findings) -> u64 {
    let mut looked_at = 0;
    for (hotel, ops) in logical_ops::by_hotel(history) {
        for mut part in partition::of(hotel, ops) {
            let mut until_ns = u64::MAX;
            if part.ops.len() > MAX_OPS {
                until_ns = part.ops[MAX_OPS].invoked_ns;
                let (all, ms) = (part.ops.len(), until_ns / 1_000_000);
                found.note(format!("{}: only the first {MAX_OPS} of {all} operations ({ms} ms) were checked", part.name));
                part.ops.truncate(MAX_OPS);
            }
            looked_at += part.ops.len() as u64;
            let mut space = Space::new(hotel, &part.ops, until_ns, history.setup.skew_ms);
            match linearize::search(&mut space, budget) {
                Verdict::Linearizable => {}
                Verdict::Not { at, pending, explained } => {
                    let text = format!(
                        "{}: no order of operations explains all answers; the search stopped at {} ms with {} of {} explained",
                        part.name,
                        at.returned_ns.unwrap_or(at.invoked_ns) / 1_000_000,
                        explained,
                        part.ops.len()
                    );
                    found.add("not-linearizable", std::iter::once(at.op.id).chain(pending), text);
                }
                Verdict::Exhausted { at } => {
                    let text = format!("{}: undecided, because {budget} steps were tried without finding an order", part.name);
                    found.add("undecided", [at.op.id], text);
                }
            }
        }
    }
    looked_at
}
