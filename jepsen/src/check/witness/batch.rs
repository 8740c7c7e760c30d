//! An order of one batch that gives its answers, where nothing says it.

use super::plan::{Effect, EffectKind, Observation};
use crate::history::Outcome;
use crate::model::{Change, Given, Model};

/// The most changes that are tried for one batch.
const BUDGET: u64 = 20_000;

/// What came of the search.
pub(super) enum Arranged {
    /// Places in the order in which they fit.
    Order(Vec<usize>),
    /// No order gives the answers.
    Impossible,
    /// Nobody knows.
    Exhausted,
}

/// Searches an order of `effects` in which each is right, each point without effect is right at some moment, and the reads
/// are right after all of it. The model is left as it was.
pub(super) fn arrange(model: &mut Model, effects: &[Effect<'_>], points: &[Observation<'_>]) -> Arranged {
    let mut search = Search { model, effects, points, order: Vec::new(), spent: 0 };
    let unsatisfied = search.unsatisfied((0..points.len()).collect());
    match search.extend_order(unsatisfied) {
        Some(true) => Arranged::Order(search.order),
        Some(false) => Arranged::Impossible,
        None => Arranged::Exhausted,
    }
}

struct Search<'s, 'h> {
    model: &'s mut Model,
    effects: &'s [Effect<'h>],
    points: &'s [Observation<'h>],
    order: Vec<usize>,
    spent: u64,
}

impl Search<'_, '_> {
    /// Whether the rest can be put in order; `None` when the budget is spent.
    fn extend_order(&mut self, unsatisfied: Vec<usize>) -> Option<bool> {
        if self.order.len() == self.effects.len() {
            return Some(unsatisfied.iter().all(|at| self.points[*at].op.op.call.is_read() && self.agrees(*at)));
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

    /// Those that are not right yet. Reads wait for the end.
    fn unsatisfied(&self, mut points: Vec<usize>) -> Vec<usize> {
        points.retain(|at| self.points[*at].op.op.call.is_read() || !self.agrees(*at));
        points
    }

    fn agrees(&self, at: usize) -> bool {
        let op = self.points[at].op.op;
        let decision = self.model.decide(&op.call, &Given::by(&op.outcome));
        let due = matches!(&op.outcome, Outcome::Refused { code, .. } if code == "hold_expired");
        decision.agrees(&op.outcome) && (decision.changes.is_empty() || due || op.call.is_read())
    }
}
