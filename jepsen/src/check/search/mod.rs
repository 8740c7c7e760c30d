//! Tier 2: some order explains every answer, whatever positions and feed say.
//!
//! A just-in-time linearization search (Wing and Gong; Lowe, "Testing for linearizability", 2017) for each partition: a
//! hotel's room type, or the whole hotel where baskets, a house limit or a change of room type tie its types together. It
//! knows real time and answers only. A hold may expire at any moment after its deadline less the clocks' skew, but holds
//! expire in the order of their deadlines. Bounded reads promise no order and are left out.
//!
//! Start with `linearize.rs`, the search. `space.rs` is its state, `choice.rs` ranks the ways on, `reach.rs` cuts off
//! those that cannot lead to an answer, `partition.rs` splits a hotel.

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

/// The most changes that are tried for one partition.
pub const BUDGET: u64 = 2_000_000;
/// The most operations of one partition that are looked at.
pub const MAX_OPS: usize = 25_000;

/// What is found with another budget than [`BUDGET`].
pub fn with_budget(history: &History, budget: u64) -> Vec<Finding> {
    let mut found = Findings::default();
    check(history, budget, &mut found);
    found.into_parts().0
}

/// Looks at every partition; answers with how many operations those have.
pub fn check(history: &History, budget: u64, found: &mut Findings) -> u64 {
    let mut looked_at = 0;
    for (hotel, ops) in logical_ops::by_hotel(history) {
        for mut part in partition::of(hotel, ops) {
            let mut until_ns = u64::MAX;
            if part.ops.len() > MAX_OPS {
                until_ns = part.ops[MAX_OPS].invoked_ns;
                let (all, ms) = (part.ops.len(), until_ns / 1_000_000);
                found.note(format!("{}: the first {MAX_OPS} of {all} operations were looked at, {ms} ms", part.name));
                part.ops.truncate(MAX_OPS);
            }
            looked_at += part.ops.len() as u64;
            let mut space = Space::new(hotel, &part.ops, until_ns, history.setup.skew_ms);
            match linearize::search(&mut space, budget) {
                Verdict::Linearizable => {}
                Verdict::Not { at, pending, explained } => {
                    let text = format!(
                        "{}: no order of these operations gives their answers; it goes wrong before {} ms, where {} of {} were explained",
                        part.name,
                        at.returned_ns.unwrap_or(at.invoked_ns) / 1_000_000,
                        explained,
                        part.ops.len()
                    );
                    found.add("not-linearizable", std::iter::once(at.op.id).chain(pending), text);
                }
                Verdict::Exhausted { at } => {
                    let text = format!("{}: {budget} changes were tried and no order was found", part.name);
                    found.add("undecided", [at.op.id], text);
                }
            }
        }
    }
    looked_at
}
