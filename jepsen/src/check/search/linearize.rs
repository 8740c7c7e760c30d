//! The search itself.
//!
//! Time goes on from event to event. When an operation returns it must have taken effect; only then, just in time, is it
//! decided which of those that are under way took effect before it. What changes nothing takes effect as soon as it is
//! right, since that takes no choice away from any other. The way back is a trail of undone steps; a choice that leads to
//! a (moment, set of operations, state) where the search has failed is not followed twice.

use std::collections::HashSet;

use super::choice;
use super::space::{Choice, Key, Space};
use crate::check::logical_ops::LogicalOp;

/// What came of a search.
pub(super) enum Verdict<'h> {
    /// There is an order.
    Linearizable,
    /// There is none: this one cannot be explained together with those that were under way. So many were, at the most.
    Not { at: LogicalOp<'h>, pending: Vec<u64>, explained: usize },
    /// The budget is spent.
    Exhausted { at: LogicalOp<'h> },
}

/// A moment with more than one way on.
struct Fork {
    trail: usize,
    at: usize,
    choices: std::vec::IntoIter<Choice>,
    key: Key,
}

/// The farthest event that the search came to.
#[derive(Default)]
struct Farthest {
    at: usize,
    explained: usize,
    /// Operations that were under way there and had not taken effect.
    pending: Vec<u64>,
}

/// Searches an order; gives up after `budget` changes.
pub(super) fn search<'h>(space: &mut Space<'_, 'h>, budget: u64) -> Verdict<'h> {
    let mut forks: Vec<Fork> = Vec::new();
    let mut failed: HashSet<Key> = HashSet::new();
    let mut farthest = Farthest::default();
    loop {
        let Some(due) = space.next_due() else { return Verdict::Linearizable };
        let key = space.key();
        let (trail, at) = space.here();
        if at > farthest.at || forks.is_empty() && farthest.pending.is_empty() {
            let pending = space.unexplained().filter(|op| *op != due);
            let pending = pending.map(|op| space.ops[op].op.id).collect();
            farthest = Farthest { at, explained: space.explained(), pending };
        }
        let choices = if failed.contains(&key) { Vec::new() } else { choice::of(space, due) };
        forks.push(Fork { trail, at, choices: choices.into_iter(), key });
        loop {
            let Some(fork) = forks.last_mut() else {
                let Farthest { at, explained, pending } = farthest;
                return Verdict::Not { at: space.op_of_event(at), pending, explained };
            };
            let (trail, at) = (fork.trail, fork.at);
            let Some(choice) = fork.choices.next() else {
                failed.insert(fork.key);
                forks.pop();
                space.back_to(trail, at);
                continue;
            };
            space.back_to(trail, at);
            if space.spent() >= budget {
                return Verdict::Exhausted { at: space.ops[due] };
            }
            if space.take(&choice) {
                break;
            }
        }
    }
}
