//! The search for a linearization.
//!
//! The search advances from event to event. An operation must have taken effect when it returns. Only then does the search
//! choose which pending operations took effect before it. An operation that changes nothing takes effect as soon as its
//! answer is right, because that excludes no other choice. The search backtracks by undoing the steps on a trail. It never
//! continues twice from the same (event, set of operations, state) after it has failed there.

use std::collections::HashSet;

use super::choice;
use super::space::{Choice, Key, Space};
use crate::check::logical_ops::LogicalOp;

/// The result of a search.
pub(super) enum Verdict<'h> {
    /// An order explains all answers.
    Linearizable,
    /// No order exists. The search got no farther than the event of `at`, with `explained` operations done and `pending`
    /// ones under way.
    Not { at: LogicalOp<'h>, pending: Vec<u64>, explained: usize },
    /// The budget is spent; `at` was the operation to explain next.
    Exhausted { at: LogicalOp<'h> },
}

/// An event with the choices that have not been tried yet.
struct Fork {
    trail: usize,
    at: usize,
    choices: std::vec::IntoIter<Choice>,
    key: Key,
}

/// The farthest event that the search reached.
#[derive(Default)]
struct Farthest {
    at: usize,
    explained: usize,
    /// Operations that were pending there and had not taken effect.
    pending: Vec<u64>,
}

/// Searches for an order and stops after `budget` tried steps.
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
