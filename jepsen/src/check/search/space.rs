//! The state of the search: a partition, the operations explained so far, and the trail for backtracking.
//!
//! Sets of operations and states of the model are compared by 64 bit fingerprints. A collision could make the search miss
//! an order; it could never make it accept a wrong one.

use super::reach::Reach;
use crate::check::logical_ops::LogicalOp;
use crate::history::{Call, Hotel, Outcome};
use crate::model::{Change, Decision, Given, HoldState, MAX_HOLD_MS, Model};
use std::collections::BTreeSet;

/// A possible next step.
#[derive(Clone, Debug)]
pub(super) enum Choice {
    /// A pending operation takes effect.
    Effect(usize),
    /// A hold expires.
    Expiry(String),
}

/// A partition and the progress of the search in it.
pub(super) struct Space<'s, 'h> {
    pub(super) ops: &'s [LogicalOp<'h>],
    given: Vec<Given>,
    /// (ns, whether it is a return, operation), in order of time.
    events: Vec<(u64, bool, usize)>,
    /// The index of each operation's return in `events`.
    returns: Vec<Option<usize>>,
    reach: Reach<'h>,
    /// The number of events passed.
    at: usize,
    pub(super) model: Model,
    /// Holds that have rooms, by deadline.
    open_holds: BTreeSet<(u64, String)>,
    pending: Vec<usize>,
    done: Vec<bool>,
    done_count: usize,
    done_hash: u64,
    trail: Vec<Step>,
    spent: u64,
}

/// (events passed, fingerprint of the operations done, fingerprint of the model's state).
pub(super) type Key = (usize, u64, u64);

/// One step of the search, kept so that it can be undone.
enum Step {
    Changed(Change),
    Done(usize),
    Invoked(usize),
    Returned(usize),
}

impl<'s, 'h> Space<'s, 'h> {
    /// An operation that returned at `until_ns` or later counts as not returned.
    pub(super) fn new(hotel: &Hotel, ops: &'s [LogicalOp<'h>], until_ns: u64, skew_ms: u64) -> Space<'s, 'h> {
        let mut events = Vec::with_capacity(ops.len() * 2);
        for (at, logical) in ops.iter().enumerate() {
            events.push((logical.invoked_ns, false, at));
            if let Some(returned_ns) = logical.returned_ns.filter(|ns| *ns < until_ns) {
                events.push((returned_ns.max(logical.invoked_ns), true, at));
            }
        }
        events.sort_unstable();
        let mut returns = vec![None; ops.len()];
        for (place, (_, _, op)) in events.iter().enumerate().filter(|(_, (_, returned, _))| *returned) {
            returns[*op] = Some(place);
        }
        Space {
            returns,
            reach: Reach::new(ops),
            ops,
            given: ops.iter().map(|logical| given(logical, skew_ms)).collect(),
            events,
            at: 0,
            model: Model::new(hotel),
            open_holds: BTreeSet::new(),
            pending: Vec::new(),
            done: vec![false; ops.len()],
            done_count: 0,
            done_hash: 0,
            trail: Vec::new(),
            spent: 0,
        }
    }

    /// Advances to the next return of an operation that has not taken effect; `None` at the end.
    pub(super) fn next_due(&mut self) -> Option<usize> {
        while let Some((_, returned, op)) = self.events.get(self.at).copied() {
            if !returned {
                self.pending.push(op);
                self.trail.push(Step::Invoked(op));
                self.absorb(op);
            } else if self.done[op] {
                self.pending.retain(|other| *other != op);
                self.trail.push(Step::Returned(op));
            } else {
                return Some(op);
            }
            self.at += 1;
        }
        None
    }

    /// The time of the next event, in ns of the run.
    fn now_ns(&self) -> u64 {
        self.events.get(self.at).map_or(u64::MAX, |event| event.0)
    }

    /// Takes a step if it is possible, and returns whether it was.
    pub(super) fn take(&mut self, choice: &Choice) -> bool {
        self.spent += 1;
        let changes = match choice {
            Choice::Effect(op) => match self.effect(*op) {
                Some(changes) => {
                    self.finish(*op);
                    changes
                }
                None => return false,
            },
            Choice::Expiry(hold) => match self.model.expiry(hold) {
                Some(change) => vec![change],
                None => return false,
            },
        };
        for change in changes {
            self.change(change);
        }
        for op in self.pending.clone() {
            self.absorb(op);
        }
        true
    }

    /// The changes of an operation in this state, if they agree with its recorded answer.
    fn effect(&self, op: usize) -> Option<Vec<Change>> {
        let logical = &self.ops[op];
        let decision = self.decision(op);
        let agrees = match &logical.op.outcome {
            Outcome::Unknown { .. } => decision.answer.is_ok(),
            outcome => decision.agrees(outcome),
        };
        if !agrees || decision.changes.is_empty() {
            return None;
        }
        if self.given[op].due {
            let Call::Confirm { hold, .. } = &logical.op.call else { return None };
            self.model.hold(hold).filter(|hold| hold.earliest_ns <= self.now_ns())?;
        }
        Some(decision.changes)
    }

    pub(super) fn decision(&self, op: usize) -> Decision {
        self.model.decide(&self.ops[op].op.call, &self.given[op])
    }

    /// Marks an operation without effect as done if its answer is right in this state.
    fn absorb(&mut self, op: usize) {
        if self.done[op] || !self.may_be_silent(op) {
            return;
        }
        let decision = self.decision(op);
        if decision.changes.is_empty() && decision.agrees(&self.ops[op].op.outcome) {
            self.finish(op);
        }
    }

    pub(super) fn may_be_silent(&self, op: usize) -> bool {
        let LogicalOp { op, .. } = &self.ops[op];
        match (&op.call, &op.outcome) {
            (_, Outcome::Unknown { .. }) => false,
            (_, Outcome::Refused { .. }) => true,
            (Call::Cancel { .. } | Call::Release { .. }, _) => true,
            (call, _) => call.is_read(),
        }
    }

    /// Pending operations that may change something now.
    pub(super) fn effects_under_way(&self) -> Vec<usize> {
        let changes = |op: &usize| {
            let silent = self.may_be_silent(*op) && !self.given[*op].due;
            let closes = matches!(self.ops[*op].op.call, Call::Cancel { .. } | Call::Release { .. });
            !self.done[*op] && (!silent || closes)
        };
        self.pending.iter().copied().filter(changes).collect()
    }

    /// Pending operations that will change nothing and whose answers are not right yet.
    pub(super) fn silent_under_way(&self) -> impl Iterator<Item = usize> {
        self.pending.iter().copied().filter(|op| !self.done[*op] && self.may_be_silent(*op))
    }

    /// Whether a pending operation can no longer reach its answer.
    pub(super) fn is_dead(&self) -> bool {
        let waiting = |op: &usize| !self.done[*op] && self.reach.knows(*op);
        self.pending.iter().filter(|op| waiting(op)).any(|op| {
            let Some(end) = self.returns[*op] else { return false };
            let later = self.events[self.at..end].iter().filter(|(_, returned, _)| !returned).map(|(_, _, op)| *op);
            let others: Vec<usize> = self.pending.iter().copied().filter(|op| !self.done[*op]).chain(later).collect();
            let end_ns = self.events[end].0;
            let holds = self.open_holds.iter().filter_map(|(_, id)| self.model.hold(id));
            let holds: Vec<_> = holds.filter(|hold| hold.earliest_ns <= end_ns).collect();
            !self.reach.can(*op, &self.model, &others, &holds)
        })
    }

    /// Whether an operation has taken effect.
    pub(super) fn is_done(&self, op: usize) -> bool {
        self.done[op]
    }

    /// Holds that can be the next to expire.
    pub(super) fn expiries(&self) -> Vec<String> {
        let now_ns = self.now_ns();
        let first = self.open_holds.iter().map(|(deadline, _)| *deadline).find(|deadline| *deadline > 0);
        let next = self.open_holds.iter().take_while(|(deadline, _)| *deadline == 0 || Some(*deadline) == first);
        let can = |id: &str| self.model.hold(id).is_some_and(|hold| hold.earliest_ns <= now_ns);
        next.filter(|(_, id)| can(id)).map(|(_, id)| id.clone()).collect()
    }

    fn finish(&mut self, op: usize) {
        self.done[op] = true;
        self.done_count += 1;
        self.done_hash ^= splitmix64(op as u64);
        self.trail.push(Step::Done(op));
    }

    fn change(&mut self, change: Change) {
        let back = self.set(change);
        self.trail.push(Step::Changed(back));
    }

    fn set(&mut self, change: Change) -> Change {
        let opens = match &change {
            Change::Hold(id, hold) => Some((id.clone(), hold.as_ref().and_then(deadline))),
            Change::Booking(..) => None,
        };
        let back = self.model.set(change);
        if let (Change::Hold(_, before), Some((id, after))) = (&back, opens) {
            if let Some(deadline) = before.as_ref().and_then(deadline) {
                self.open_holds.remove(&(deadline, id.clone()));
            }
            if let Some(deadline) = after {
                self.open_holds.insert((deadline, id));
            }
        }
        back
    }

    /// Identifies the event, the operations done and the model's state.
    pub(super) fn key(&self) -> Key {
        (self.at, self.done_hash, self.model.fingerprint())
    }

    /// How many operations are explained.
    pub(super) fn explained(&self) -> usize {
        self.done_count
    }

    /// Pending operations that have not taken effect, by their index in `ops`.
    pub(super) fn unexplained(&self) -> impl Iterator<Item = usize> {
        self.pending.iter().copied().filter(|op| !self.done[*op])
    }

    /// The operation of an event.
    pub(super) fn op_of_event(&self, event: usize) -> LogicalOp<'h> {
        self.ops[self.events.get(event).map_or(0, |event| event.2)]
    }

    /// The number of steps tried.
    pub(super) fn spent(&self) -> u64 {
        self.spent
    }

    /// The length of the trail and the number of events passed, for [`Space::back_to`].
    pub(super) fn here(&self) -> (usize, usize) {
        (self.trail.len(), self.at)
    }

    pub(super) fn back_to(&mut self, trail: usize, at: usize) {
        while self.trail.len() > trail {
            match self.trail.pop() {
                Some(Step::Changed(change)) => {
                    self.set(change);
                }
                Some(Step::Done(op)) => {
                    self.done[op] = false;
                    self.done_count -= 1;
                    self.done_hash ^= splitmix64(op as u64);
                }
                Some(Step::Invoked(op)) => self.pending.retain(|other| *other != op),
                Some(Step::Returned(op)) => self.pending.push(op),
                None => break,
            }
        }
        self.at = at;
    }
}

fn deadline(hold: &crate::model::Hold) -> Option<u64> {
    matches!(hold.state, HoldState::Open | HoldState::Due).then_some(hold.expires_at_ms)
}

fn given(logical: &LogicalOp<'_>, skew_ms: u64) -> Given {
    let mut given = Given::by(&logical.op.outcome);
    if let Call::Hold { ttl_ms, .. } = &logical.op.call {
        let ttl_ms = (*ttl_ms).clamp(1, MAX_HOLD_MS).saturating_sub(skew_ms);
        given.earliest_ns = logical.invoked_ns.saturating_add(ttl_ms.saturating_mul(1_000_000));
    }
    if given.id.is_empty() {
        given.id = format!("unknown-{}", logical.op.id);
    }
    given
}

/// A pseudo-random number (splitmix64).
fn splitmix64(number: u64) -> u64 {
    let mut z = number.wrapping_add(1).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}
