//! Finds the state in which a wrong read would have been right.

use super::describe;
use super::forced::forced;
use super::plan::{Effect, EffectKind, Observation};
use crate::check::findings::Findings;
use crate::history::Hotel;
use crate::model::{Change, Decision, Given, Model};

/// A read that does not match the state at its log position.
pub(super) struct WrongRead<'h> {
    pub read: Observation<'h>,
    /// The number of effects applied at that position.
    pub at: usize,
    /// The answer that the model expects.
    pub decision: Decision,
}

/// The most reads that are explained. All of them become findings.
const MAX_EXPLAINED: usize = 100;

/// Distinguishes reads of a past state, of a future state and of a state that never existed, by replaying all states again.
pub(super) fn reads(hotel: &Hotel, effects: &[Effect<'_>], wrong_reads: Vec<WrongRead<'_>>, found: &mut Findings) {
    if wrong_reads.is_empty() {
        return;
    }
    let explained = &wrong_reads[..wrong_reads.len().min(MAX_EXPLAINED)];
    let mut right: Vec<Option<usize>> = vec![None; wrong_reads.len()];
    let mut model = Model::new(hotel);
    for at in 0..=effects.len() {
        for (WrongRead { read, at: seen, .. }, right) in explained.iter().zip(&mut right) {
            let nearer = right.is_none_or(|before| at.abs_diff(*seen) < before.abs_diff(*seen));
            if nearer && model.decide(&read.op.op.call, &Given::default()).agrees(&read.op.op.outcome) {
                *right = Some(at);
            }
        }
        let Some(effect) = effects.get(at) else { break };
        for change in changes(&model, effect) {
            model.set(change);
        }
    }
    for (WrongRead { read, at, decision }, right) in wrong_reads.iter().zip(right) {
        let op = read.op.op;
        let (kind, when) = match right {
            Some(right) if right < *at => ("stale-read", format!("; this was the state {} changes earlier", at - right)),
            Some(right) => ("future-read", format!("; this became the state {} changes later", right - at)),
            None => ("wrong-read", "; this was never the state".into()),
        };
        let text = format!("index {}: {}{when}", read.lowest_index, describe::text(op, &op.outcome, decision));
        found.add(kind, [op.id], text);
    }
}

fn changes(model: &Model, effect: &Effect<'_>) -> Vec<Change> {
    match &effect.what {
        EffectKind::Op(logical, outcome) => {
            let decision = model.decide(&logical.op.call, &Given::by(outcome));
            if decision.agrees(outcome) { decision.changes } else { forced(model, &logical.op.call, outcome) }
        }
        EffectKind::Expiry(hold) => model.expiry(hold).into_iter().collect(),
        EffectKind::FromFeed(booking) => vec![Change::Booking(booking.booking.clone(), Some((*booking).clone()))],
    }
}
