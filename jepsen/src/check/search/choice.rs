//! The possible next steps of the search, the most promising first.

use super::space::{Choice, Space};
use crate::check::logical_ops::LogicalOp;
use crate::history::{Answer, Outcome, Short};
use crate::model::Decision;

/// The weight of the operation that returns next, compared with operations that return later.
const DUE_WEIGHT: u64 = 4;

/// The upper bound of an operation's distance from its answer.
const MAX_DISTANCE: u64 = 1_000;

/// The possible steps when `due` returns and has not taken effect. The steps that bring the pending operations nearest to
/// their answers come first.
pub(super) fn of(space: &mut Space<'_, '_>, due: usize) -> Vec<Choice> {
    let (trail, at) = space.here();
    let others = space.effects_under_way().into_iter().filter(|op| *op != due).map(Choice::Effect);
    let mut choices = vec![Choice::Effect(due)];
    choices.extend(others);
    choices.extend(space.expiries().into_iter().map(Choice::Expiry));
    let mut ranked = Vec::with_capacity(choices.len());
    for (place, choice) in choices.into_iter().enumerate() {
        if space.take(&choice) {
            let returned_ns = match &choice {
                Choice::Effect(op) => space.ops[*op].returned_ns.unwrap_or(u64::MAX),
                Choice::Expiry(_) => u64::MAX - 1,
            };
            let urgent = if space.is_done(due) { 0 } else { DUE_WEIGHT * distance(space, due).min(MAX_DISTANCE) };
            if !space.is_dead() {
                ranked.push((urgent + waiting(space), place > 0, returned_ns, choice));
            }
            space.back_to(trail, at);
        }
    }
    ranked.sort_by_key(|(distance, other, returned_ns, _)| (*distance, *other, *returned_ns));
    ranked.into_iter().map(|(.., choice)| choice).collect()
}

/// The summed distance of the pending operations without effect from their answers.
fn waiting(space: &Space<'_, '_>) -> u64 {
    space.silent_under_way().map(|op| distance(space, op).min(MAX_DISTANCE)).sum()
}

/// The distance between an operation's recorded answer and the model's answer; 0 if they agree.
fn distance(space: &Space<'_, '_>, op: usize) -> u64 {
    let LogicalOp { op: asked, .. } = &space.ops[op];
    let decision = space.decision(op);
    if decision.agrees(&asked.outcome) {
        return 0;
    }
    1 + rooms_between(&asked.outcome, &decision).unwrap_or(1_000_000)
}

fn rooms_between(outcome: &Outcome, decision: &Decision) -> Option<u64> {
    match (outcome, &decision.answer) {
        (Outcome::Ok { answer: Answer::Nights { nights: seen }, .. }, Ok(Answer::Nights { nights })) => {
            let pairs = seen.iter().zip(nights);
            Some(pairs.map(|(one, other)| one.sold.abs_diff(other.sold) + one.held.abs_diff(other.held)).sum())
        }
        (Outcome::Ok { .. }, Err(refusal)) if !refusal.nights.is_empty() => {
            Some(refusal.nights.iter().map(|night| 1_000_u64.saturating_add_signed(-night.available)).sum())
        }
        (Outcome::Refused { nights: seen, .. }, Err(refusal)) => Some(between(seen, &refusal.nights)),
        _ => None,
    }
}

fn between(seen: &[Short], nights: &[Short]) -> u64 {
    let of = |night: &Short| {
        let other = nights.iter().find(|other| other.day == night.day && other.room_type == night.room_type);
        other.map_or(1_000, |other| night.available.abs_diff(other.available))
    };
    seen.iter().map(of).sum::<u64>() + 1_000 * seen.len().abs_diff(nights.len()) as u64
}
