//! The replay of one hotel's plan.

use super::batch;
use super::describe;
use super::explain::{self, WrongRead};
use super::forced::forced;
use super::plan::{Effect, EffectKind, Observation, Plan};
use crate::check::findings::Findings;
use crate::check::verdict::Step;
use crate::history::{Answer, Call, Hotel, Outcome, Position};
use crate::model::{Change, Decision, Given, HoldState, MAX_HOLD_MS, Model};

/// Replays a plan and returns the order of its operations.
pub(super) fn run(hotel: &Hotel, plan: Plan<'_>, found: &mut Findings) -> Vec<Step> {
    let Plan { effects, observations, incomplete } = plan;
    let (mut placed, mut free): (Vec<_>, Vec<_>) =
        observations.into_iter().partition(|point| point.lowest_index == point.highest_index);
    placed.sort_by_key(|point| (point.lowest_index, point.op.op.id));
    free.sort_by_key(|point| (point.lowest_index, point.op.op.id));
    let mut replay = Replay::new(hotel, effects, free, incomplete);
    replay.look(found);
    for batch in placed.chunk_by(|one, other| one.lowest_index == other.lowest_index) {
        replay.batch(batch, found);
    }
    replay.advance_before(u64::MAX, found);
    while replay.at < replay.effects.len() {
        replay.apply(found);
    }
    replay.close_all(found);
    let Replay { effects, wrong_reads, steps, .. } = replay;
    explain::reads(hotel, &effects, wrong_reads, found);
    steps
}

struct Replay<'h> {
    model: Model,
    shard: u32,
    effects: Vec<Effect<'h>>,
    /// The number of effects applied.
    at: usize,
    /// The log time of the next effect that has one, by the number of effects applied.
    next_at_ms: Vec<u64>,
    incomplete: bool,
    /// The index whose batch was put in order last.
    arranged: u64,
    /// The index that the replay has reached.
    reached: u64,
    /// Observations with a window, by its start.
    free: Vec<Observation<'h>>,
    /// The number of observations in `free` whose window has begun.
    begun: usize,
    /// The begun observations that are not satisfied yet.
    open: Vec<Observation<'h>>,
    /// The changes that undo the steps since [`Replay::save`], recorded while `trying`.
    undo: Vec<Change>,
    trying: bool,
    steps: Vec<Step>,
    wrong_reads: Vec<WrongRead<'h>>,
}

impl<'h> Replay<'h> {
    fn new(hotel: &Hotel, effects: Vec<Effect<'h>>, free: Vec<Observation<'h>>, incomplete: bool) -> Replay<'h> {
        Replay {
            model: Model::new(hotel),
            shard: hotel.shard,
            next_at_ms: next_at_ms(&effects),
            effects,
            at: 0,
            incomplete,
            arranged: u64::MAX,
            reached: 0,
            free,
            begun: 0,
            open: Vec::new(),
            undo: Vec::new(),
            trying: false,
            steps: Vec::new(),
            wrong_reads: Vec::new(),
        }
    }

    /// Checks all observations with this exact index.
    fn batch(&mut self, observations: &[Observation<'h>], found: &mut Findings) {
        let index = observations[0].lowest_index;
        self.advance_before(index, found);
        self.reached = index;
        self.arrange(index, observations, found);
        let (reads, mut others): (Vec<_>, Vec<_>) = observations.iter().copied().partition(|point| point.op.op.call.is_read());
        self.satisfy(&mut others);
        while self.effects.get(self.at).is_some_and(|effect| effect.highest_index <= index) {
            self.apply(found);
            self.satisfy(&mut others);
        }
        self.reach(index, &mut others, found);
        for point in others {
            let decision = self.decision(&point);
            self.wrong(&point, &decision, found);
        }
        self.read(index, reads, found);
    }

    /// Applies effects that may belong to this index, as far as `others` need them.
    fn reach(&mut self, index: u64, others: &mut Vec<Observation<'h>>, found: &mut Findings) {
        if others.is_empty() {
            return;
        }
        self.trying = true;
        let mut best = self.save(found);
        while !others.is_empty() && self.effects.get(self.at).is_some_and(|effect| effect.lowest_index <= index) {
            self.apply(found);
            let before = others.len();
            self.satisfy(others);
            if others.len() < before {
                best = self.save(found);
            }
        }
        self.back_to(best, found);
    }

    /// All reads of one index saw the same state. Picks the first state that agrees with all of them, or with the most.
    fn read(&mut self, index: u64, reads: Vec<Observation<'h>>, found: &mut Findings) {
        let mut wrong = self.unsuited(&reads);
        if !wrong.is_empty() {
            self.trying = true;
            let mut best = self.save(found);
            while !wrong.is_empty() && self.effects.get(self.at).is_some_and(|effect| effect.lowest_index <= index) {
                self.apply(found);
                let unsuited = self.unsuited(&reads);
                if unsuited.len() < wrong.len() {
                    wrong = unsuited;
                    best = self.save(found);
                }
            }
            self.back_to(best, found);
        }
        for read in reads {
            self.step(read.op.op.id, index);
        }
        let at = self.at;
        self.wrong_reads.extend(wrong.into_iter().map(|(read, decision)| WrongRead { read, at, decision }));
    }

    fn unsuited(&self, reads: &[Observation<'h>]) -> Vec<(Observation<'h>, Decision)> {
        let decided = reads.iter().map(|read| (*read, self.decision(read)));
        decided.filter(|(read, decision)| !decision.agrees(&read.op.op.outcome)).collect()
    }

    /// Looks for an order of a batch that explains its answers, if the feed does not give the order.
    fn arrange(&mut self, index: u64, observations: &[Observation<'h>], found: &mut Findings) {
        let rest = &self.effects[self.at..];
        let length = rest.iter().take_while(|effect| effect.highest_index == index && effect.lowest_index == index).count();
        if !self.incomplete || length < 2 || self.arranged == index {
            return;
        }
        self.arranged = index;
        let range = self.at..self.at + length;
        match batch::arrange(&mut self.model, &self.effects[range.clone()], observations) {
            batch::Arranged::Order(order) => {
                let sorted: Vec<Effect<'h>> = order.iter().map(|at| self.effects[range.start + at].clone()).collect();
                self.effects[range].clone_from_slice(&sorted);
            }
            batch::Arranged::Impossible => {}
            batch::Arranged::Exhausted => {
                let ids = self.effects[range].iter().filter_map(|effect| effect.id());
                let text =
                    format!("undecided: {length} changes share index {index}, and the search for their order reached its limit");
                found.add("undecided", ids, text);
            }
        }
    }

    /// Applies the effects that must have a lower index.
    fn advance_before(&mut self, index: u64, found: &mut Findings) {
        while let Some(effect) = self.effects.get(self.at).filter(|effect| effect.highest_index < index) {
            if effect.lowest_index == effect.highest_index {
                self.arrange(effect.lowest_index, &[], found);
            }
            self.apply(found);
        }
    }

    /// Applies the next effect. Follows the recorded answer even if it is wrong.
    fn apply(&mut self, found: &mut Findings) {
        let effect = self.effects[self.at].clone();
        let changes = match &effect.what {
            EffectKind::Op(logical, outcome) => {
                let op = logical.op;
                self.step(op.id, effect.lowest_index);
                let decision = self.model.decide(&op.call, &Given::by(outcome));
                self.check_times(&effect, outcome, found);
                if decision.agrees(outcome) {
                    decision.changes
                } else {
                    let kind = describe::kind(&op.call, outcome, &decision);
                    found.add(
                        kind,
                        [op.id],
                        format!("index {}: {}", effect.lowest_index, describe::text(op, outcome, &decision)),
                    );
                    forced(&self.model, &op.call, outcome)
                }
            }
            EffectKind::Expiry(hold) => self.expire(hold, effect.at_ms, found),
            EffectKind::FromFeed(booking) => vec![Change::Booking(booking.booking.clone(), Some((*booking).clone()))],
        };
        self.change(changes);
        self.at += 1;
        self.look(found);
    }

    fn expire(&self, hold: &str, at_ms: Option<u64>, found: &mut Findings) -> Vec<Change> {
        let state = self.model.hold(hold);
        if let (Some(hold_row), Some(at_ms)) = (state, at_ms)
            && at_ms < hold_row.expires_at_ms
        {
            let text = format!("hold {hold} expired at log time {at_ms}, before its deadline {}", hold_row.expires_at_ms);
            found.add("early-expiry", [], text);
        }
        match self.model.expiry(hold) {
            Some(change) => vec![change],
            None => {
                let is = state.map_or("unknown".into(), |hold| format!("{:?}", hold.state));
                found.add("wrong-expiry", [], format!("the feed has the expiry of hold {hold}, but the hold was {is}"));
                Vec::new()
            }
        }
    }

    /// Checks that a hold lasts as long as requested, and that it is not confirmed after its deadline.
    fn check_times(&self, effect: &Effect<'h>, outcome: &Outcome, found: &mut Findings) {
        let (EffectKind::Op(logical, _), Some(at_ms)) = (&effect.what, effect.at_ms) else { return };
        match (&logical.op.call, outcome) {
            (Call::Hold { ttl_ms, .. }, Outcome::Ok { answer: Answer::Hold { hold, expires_at_ms }, .. }) => {
                let ttl_ms = (*ttl_ms).clamp(1, MAX_HOLD_MS);
                if *expires_at_ms < at_ms.saturating_add(ttl_ms) {
                    let text = format!("hold {hold} of {ttl_ms} ms was placed at {at_ms}, but expires at {expires_at_ms}");
                    found.add("early-expiry", [logical.op.id], text);
                }
            }
            (Call::Confirm { hold, .. }, Outcome::Ok { .. }) => {
                let deadline_ms = self.model.hold(hold).map_or(u64::MAX, |hold| hold.expires_at_ms);
                if at_ms >= deadline_ms {
                    let text = format!("hold {hold} was confirmed at log time {at_ms}, but its deadline was {deadline_ms}");
                    found.add("late-confirm", [logical.op.id], text);
                }
            }
            _ => {}
        }
    }

    /// Removes the observations that agree with the current state.
    fn satisfy(&mut self, observations: &mut Vec<Observation<'h>>) {
        observations.retain(|point| !self.fits(point));
    }

    /// Whether an observation agrees with the current state. A hold that is refused as expired becomes due.
    fn fits(&mut self, point: &Observation<'h>) -> bool {
        let op = point.op.op;
        let decision = self.decision(point);
        if !decision.agrees(&op.outcome) {
            return false;
        }
        let due = matches!(&op.outcome, Outcome::Refused { code, .. } if code == "hold_expired");
        let may_change = due && self.can_be_due(&op.call);
        if !decision.changes.is_empty() && !may_change {
            return false;
        }
        self.change(decision.changes);
        self.step(op.id, point.lowest_index);
        true
    }

    /// Whether log time can have reached the deadline. It cannot if a later effect has a log time before the deadline.
    fn can_be_due(&self, call: &Call) -> bool {
        let Call::Confirm { hold, .. } = call else { return false };
        let later_ms = self.next_at_ms[self.at];
        self.model.hold(hold).is_some_and(|hold| hold.state != HoldState::Open || hold.expires_at_ms <= later_ms)
    }

    fn decision(&self, point: &Observation<'h>) -> Decision {
        self.model.decide(&point.op.op.call, &Given::by(&point.op.op.outcome))
    }

    /// Checks the observations whose window includes the current state.
    fn look(&mut self, found: &mut Findings) {
        let state_may = self.at.checked_sub(1).map_or(0, |last| self.effects[last].lowest_index);
        let state_must = self.effects.get(self.at).map_or(u64::MAX, |next| next.highest_index);
        while let Some(point) = self.free.get(self.begun).filter(|point| point.lowest_index <= state_must) {
            self.open.push(*point);
            self.begun += 1;
        }
        if self.open.is_empty() {
            return;
        }
        let mut open = std::mem::take(&mut self.open);
        open.retain(|point| {
            if point.highest_index < state_may {
                let decision = self.decision(point);
                self.wrong(point, &decision, found);
                return false;
            }
            !self.fits(point)
        });
        self.open = open;
    }

    fn close_all(&mut self, found: &mut Findings) {
        let mut rest = std::mem::take(&mut self.open);
        rest.extend_from_slice(&self.free[self.begun..]);
        self.satisfy(&mut rest);
        for point in rest {
            let decision = self.decision(&point);
            self.wrong(&point, &decision, found);
        }
    }

    fn wrong(&mut self, point: &Observation<'h>, decision: &Decision, found: &mut Findings) {
        let op = point.op.op;
        let kind = describe::kind(&op.call, &op.outcome, decision);
        let place = format!("index {}..={}", point.lowest_index, point.highest_index);
        found.add(kind, [op.id], format!("{place}: {}", describe::text(op, &op.outcome, decision)));
    }

    fn change(&mut self, changes: Vec<Change>) {
        for change in changes {
            let back = self.model.set(change);
            if self.trying {
                self.undo.push(back);
            }
        }
    }

    fn step(&mut self, op: u64, index: u64) {
        let index = index.max(self.reached);
        self.steps.push(Step { op, at: Position { shard: self.shard, index } });
    }

    fn save(&self, found: &Findings) -> Saved<'h> {
        let Replay { at, begun, .. } = *self;
        let (undo, steps, open) = (self.undo.len(), self.steps.len(), self.open.clone());
        Saved { at, begun, undo, steps, open, found: found.mark() }
    }

    /// Returns to a saved state and stops recording changes.
    fn back_to(&mut self, saved: Saved<'h>, found: &mut Findings) {
        while self.undo.len() > saved.undo
            && let Some(change) = self.undo.pop()
        {
            self.model.set(change);
        }
        (self.at, self.begun, self.open) = (saved.at, saved.begun, saved.open);
        self.steps.truncate(saved.steps);
        found.back_to(saved.found);
        self.undo.clear();
        self.trying = false;
    }
}

/// A state of the replay to return to.
struct Saved<'h> {
    at: usize,
    begun: usize,
    undo: usize,
    steps: usize,
    open: Vec<Observation<'h>>,
    found: (usize, u64),
}

fn next_at_ms(effects: &[Effect<'_>]) -> Vec<u64> {
    let mut next = vec![u64::MAX; effects.len() + 1];
    for at in (0..effects.len()).rev() {
        next[at] = effects[at].at_ms.unwrap_or(next[at + 1]);
    }
    next
}
