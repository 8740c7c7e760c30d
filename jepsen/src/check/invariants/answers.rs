//! Every idempotency key has one answer and at most one booking; every booking has one key.

use std::collections::HashMap;

use crate::check::findings::Findings;
use crate::history::{Answer, Call, History, Op, Outcome};

/// Checks every write and every booking of every node.
pub(super) fn check(history: &History, found: &mut Findings) -> u64 {
    let mut looked_at = 0;
    let mut keys: HashMap<(&str, &str), Vec<&Op>> = HashMap::new();
    let mut made: HashMap<&str, &Op> = HashMap::new();
    for op in &history.ops {
        let Some(key) = op.call.key() else { continue };
        looked_at += 1;
        keys.entry((op.call.property(), key)).or_default().push(op);
        let Some(id) = makes(op) else { continue };
        if let Some(earlier) = made.insert(id, op)
            && (earlier.call.key(), earlier.call.property()) != (op.call.key(), op.call.property())
        {
            found.add(
                "duplicate",
                [earlier.id, op.id],
                format!("two operations with different keys were answered with the same id {id}"),
            );
        }
    }
    for ((_, key), ops) in &keys {
        check_key(key, ops, found);
    }
    for node in &history.final_state.nodes {
        let mut references: HashMap<(&str, &str), &str> = HashMap::new();
        for line in &node.bookings {
            looked_at += 1;
            let id = line.booking.booking.as_str();
            if let Some(earlier) = references.insert((&line.property, &line.reference), id) {
                let text = format!("node {}: bookings {earlier} and {id} both have reference {}", node.node, line.reference);
                found.add("duplicate", [], text);
            }
        }
    }
    looked_at
}

/// The id of the booking or hold that an operation created.
fn makes(op: &Op) -> Option<&str> {
    match (&op.call, &op.outcome) {
        (Call::Reserve { .. } | Call::Confirm { .. }, Outcome::Ok { answer: Answer::Booking(booking), .. }) => {
            Some(&booking.booking)
        }
        (Call::Hold { .. }, Outcome::Ok { answer: Answer::Hold { hold, .. }, .. }) => Some(hold),
        _ => None,
    }
}

fn check_key(key: &str, ops: &[&Op], found: &mut Findings) {
    let reused = |op: &&&Op| matches!(&op.outcome, Outcome::Refused { code, .. } if code == "idempotency_key_reused");
    let mut answered = ops.iter().filter(|op| op.outcome.is_known() && !reused(op));
    let Some(first) = answered.next() else {
        // The earlier request with this key went to the same hotel, so it would be in `ops`.
        if let Some(op) = ops.iter().find(reused)
            && ops.iter().all(|other| other.call == op.call)
        {
            found.add("wrong-refusal", [op.id], format!("key {key} was refused as reused, but no other request used it"));
        }
        return;
    };
    for op in answered {
        let ids = [first.id, op.id];
        if op.call != first.call {
            found.add("key-reused", ids, format!("key {key} was accepted for two different requests"));
        } else if let (Some(one), Some(other)) = (makes(first), makes(op))
            && one != other
        {
            found.add("duplicate", ids, format!("key {key} was answered with two ids, {one} and {other}"));
        } else if !same_answer(first, op) {
            found.add("replay-differs", ids, format!("two answers to key {key} differ: {} and {}", said(first), said(op)));
        }
    }
    let mut as_first = ops.iter().filter(|op| matches!(op.outcome, Outcome::Ok { replayed: false, .. }));
    if let (Some(one), Some(other)) = (as_first.next(), as_first.next()) {
        found.add("done-twice", [one.id, other.id], format!("two answers to key {key} are both marked as the first one"));
    }
    for op in ops.iter().filter(reused) {
        if op.call == first.call {
            found.add(
                "wrong-refusal",
                [first.id, op.id],
                format!("key {key} was refused as reused, but the requests are the same"),
            );
        }
    }
}

fn same_answer(one: &Op, other: &Op) -> bool {
    let said = match (&one.outcome, &other.outcome) {
        (Outcome::Ok { answer: one, .. }, Outcome::Ok { answer: other, .. }) => one == other,
        (Outcome::Refused { code, nights, .. }, Outcome::Refused { code: other_code, nights: other_nights, .. }) => {
            code == other_code && nights == other_nights
        }
        _ => false,
    };
    let (one, other) = (digest(one), digest(other));
    said && (one.is_empty() || other.is_empty() || same_but_for_a_late_receipt(one, other))
}

/// Compares digests of the form `<answer>` or `<answer>+<receipt>`. A receipt in only one of them is no difference.
fn same_but_for_a_late_receipt(one: &str, other: &str) -> bool {
    match (one.split_once('+'), other.split_once('+')) {
        (Some((one, _)), None) => one == other,
        (None, Some((other, _))) => one == other,
        _ => one == other,
    }
}

/// The full answer, because any part of it may differ.
fn said(op: &Op) -> String {
    serde_json::to_string(&op.outcome).unwrap_or_else(|_| format!("{:?}", op.outcome))
}

fn digest(op: &Op) -> &str {
    match &op.outcome {
        Outcome::Ok { digest, .. } | Outcome::Refused { digest, .. } => digest,
        _ => "",
    }
}
