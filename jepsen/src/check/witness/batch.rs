//! Searches for an order of one batch that explains its answers, if the feed does not give the order.

use super::plan::{Effect, EffectKind, Observation};
use crate::history::Outcome;
use crate::model::{Change, Given, Model};

/// The most changes tried for one batch.
const BUDGET: u64 = 20_000;

/// The result of the search.
pub(super) enum Arranged {
    /// The indexes of the effects, in an order that explains the answers.
    Order(Vec<usize>),
    /// No order explains the answers.
    Impossible,
    /// The budget is spent.
    Exhausted,
}

/// Searches for an order of `effects` in which every effect agrees with its answer, every read in `points` agrees after the
/// whole batch, and every other point agrees at some place. Leaves the model unchanged.
pub(super) fn arrange(model: &mut Model, effects: &[Effect<'_>], observations: &[Observation<'_>]) -> Arranged {
    let mut search = Search { model, effects, observations, order: Vec::new(), spent: 0 };
    let unsatisfied = search.unsatisfied((0..observations.len()).collect());
    match search.extend_order(unsatisfied) {
        Some(true) => Arranged::Order(search.order),
        Some(false) => Arranged::Impossible,
        None => Arranged::Exhausted,
    }
}

struct Search<'s, 'h> {
    model: &'s mut Model,
    effects: &'s [Effect<'h>],
    observations: &'s [Observation<'h>],
    order: Vec<usize>,
    spent: u64,
}

impl Search<'_, '_> {
    /// Whether the remaining effects can be put in order; `None` if the budget is spent.
    fn extend_order(&mut self, unsatisfied: Vec<usize>) -> Option<bool> {
        if self.order.len() == self.effects.len() {
            return Some(unsatisfied.iter().all(|at| self.observations[*at].op.op.call.is_read() && self.agrees(*at)));
        }
        for at in 0..self.effects.len() {
            if self.order.contains(&at) {
                continue;
            }
            self.spent += 1;
            if self.spent > BUDGET {
                return None;
            }
            let Some(undo) = self.apply(at) else { continue };
            self.order.push(at);
            let rest = self.unsatisfied(unsatisfied.clone());
            let found = self.extend_order(rest);
            for change in undo.into_iter().rev() {
                self.model.set(change);
            }
            if found != Some(false) {
                return found;
            }
            self.order.pop();
        }
        Some(false)
    }

    fn apply(&mut self, at: usize) -> Option<Vec<Change>> {
        let changes = match &self.effects[at].what {
            EffectKind::Op(logical, outcome) => {
                let decided = self.model.decide(&logical.op.call, &Given::by(outcome));
                decided.agrees(outcome).then_some(decided.changes)?
            }
            EffectKind::Expiry(hold) => vec![self.model.expiry(hold)?],
            EffectKind::FromFeed(booking) => vec![Change::Booking(booking.booking.clone(), Some((*booking).clone()))],
        };
        Some(changes.into_iter().map(|change| self.model.set(change)).collect())
    }

    /// The points that do not agree yet. Reads are checked after the whole batch.
    fn unsatisfied(&self, mut observations: Vec<usize>) -> Vec<usize> {
        observations.retain(|at| self.observations[*at].op.op.call.is_read() || !self.agrees(*at));
        observations
    }

    fn agrees(&self, at: usize) -> bool {
        let op = self.observations[at].op.op;
        let decision = self.model.decide(&op.call, &Given::by(&op.outcome));
        let due = matches!(&op.outcome, Outcome::Refused { code, .. } if code == "hold_expired");
        decision.agrees(&op.outcome) && (decision.changes.is_empty() || due || op.call.is_read())
    }
}
