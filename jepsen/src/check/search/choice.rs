//! What can come next, the likeliest first.

use super::super::scope::Logical;
use super::space::Space;
use crate::history::{Answer, Outcome, Short};
use crate::model::Decision;

/// A way on.
#[derive(Clone, Debug)]
pub(super) enum Choice {
    /// An operation that is under way takes effect.
    Effect(usize),
    /// A hold expires.
    Expiry(String),
}

/// The ways on when `due` returns and has not taken effect: itself, or first something that brings it nearer to its answer.
pub(super) fn of(space: &mut Space<'_, '_>, due: usize) -> Vec<Choice> {
    let (trail, at) = space.here();
    let others = space.effects_under_way().into_iter().filter(|op| *op != due).map(Choice::Effect);
    let choices: Vec<Choice> = others.chain(space.expiries().into_iter().map(Choice::Expiry)).collect();
    let fits = distance(space, due) == 0;
    let mut ranked = Vec::with_capacity(choices.len() + 1);
    ranked.push((0, 0, Choice::Effect(due)));
    for choice in choices {
        let returned_ns = match &choice {
            Choice::Effect(op) => space.ops[*op].returned_ns.unwrap_or(u64::MAX),
            Choice::Expiry(_) => u64::MAX - 1,
        };
        // While it fits nothing has to come nearer, and what cannot be taken is found out when it is tried.
        if fits {
            ranked.push((1, returned_ns, choice));
        } else if space.take(&choice) {
            ranked.push((1 + distance(space, due), returned_ns, choice));
            space.back_to(trail, at);
        }
    }
    ranked.sort_by_key(|(distance, returned_ns, _)| (*distance, *returned_ns));
    ranked.into_iter().map(|(_, _, choice)| choice).collect()
}

/// How far an operation is from its answer; 0 when it is right.
fn distance(space: &Space<'_, '_>, op: usize) -> u64 {
    let Logical { op: asked, .. } = &space.ops[op];
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
