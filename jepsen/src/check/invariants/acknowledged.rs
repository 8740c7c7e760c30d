//! At the end, every node has every acknowledged booking in its last acknowledged revision, and no other booking.

use std::collections::{HashMap, HashSet};

use crate::check::findings::Findings;
use crate::history::{Answer, Booking, Call, FinalBooking, FinalNode, History, Outcome};
use crate::model::same_booking;

/// The last state of a booking that its callers saw.
struct AcknowledgedBooking<'h> {
    property: &'h str,
    last: &'h Booking,
    op: u64,
    /// The key that created it, if that request was answered.
    key: Option<&'h str>,
}

/// Checks every acknowledged booking on every node, and every booking of every node.
pub(super) fn check(history: &History, found: &mut Findings) -> u64 {
    let known = known(history);
    let mut may_make: HashSet<(&str, &str)> = HashSet::new();
    let mut may_change: HashSet<&str> = HashSet::new();
    for op in &history.ops {
        match (&op.call, &op.outcome) {
            (_, Outcome::Refused { .. } | Outcome::NotDone { .. }) => {}
            (Call::Reserve { key, property, .. } | Call::Confirm { key, property, .. }, _) => {
                may_make.insert((property, key));
            }
            (
                Call::Amend { booking, .. } | Call::Cancel { booking, .. } | Call::Reinstate { booking, .. },
                Outcome::Unknown { .. },
            ) => {
                may_change.insert(booking);
            }
            _ => {}
        }
    }
    let mut looked_at = 0;
    for node in &history.final_state.nodes {
        let there: HashMap<&str, &FinalBooking> = node.bookings.iter().map(|b| (b.booking.booking.as_str(), b)).collect();
        for (id, known) in &known {
            looked_at += 1;
            check_acknowledged(node, known, there.get(id).copied(), may_change.contains(id), found);
        }
        for line in &node.bookings {
            looked_at += 1;
            if !may_make.contains(&(line.property.as_str(), line.reference.as_str())) {
                let (id, reference) = (&line.booking.booking, &line.reference);
                let text =
                    format!("node {} has booking {id}, but no operation with key {reference} can have created it", node.node);
                found.add("phantom-write", [], text);
            }
        }
    }
    looked_at
}

fn check_acknowledged(
    node: &FinalNode,
    known: &AcknowledgedBooking<'_>,
    there: Option<&FinalBooking>,
    may_change: bool,
    found: &mut Findings,
) {
    let AcknowledgedBooking { property, last, op, key } = known;
    let (number, id) = (node.node, &last.booking);
    let Some(there) = there.filter(|there| there.property == *property) else {
        let text = format!("node {number} has no booking {id}, but its revision {} was acknowledged", last.revision);
        found.add("lost-write", [*op], text);
        return;
    };
    let now = &there.booking;
    if now.revision < last.revision || (now.revision == last.revision && !same_booking(now, last)) {
        let text = format!("node {number} has {now:?}, but {last:?} was acknowledged");
        found.add("lost-write", [*op], text);
    } else if now.revision > last.revision && !may_change {
        let text = format!(
            "node {number} has revision {} of {id}, but no operation can have changed revision {}",
            now.revision, last.revision
        );
        found.add("phantom-write", [*op], text);
    }
    if key.is_some_and(|key| key != there.reference) {
        let text = format!(
            "node {number} has booking {id} with reference {}, but key {} created it",
            there.reference,
            key.unwrap_or_default()
        );
        found.add("wrong-reference", [*op], text);
    }
}

fn known(history: &History) -> HashMap<&str, AcknowledgedBooking<'_>> {
    let mut known: HashMap<&str, AcknowledgedBooking<'_>> = HashMap::new();
    for op in &history.ops {
        let Outcome::Ok { answer: Answer::Booking(booking), .. } = &op.outcome else { continue };
        let made = match &op.call {
            Call::Reserve { key, .. } | Call::Confirm { key, .. } => Some(key.as_str()),
            _ => None,
        };
        let first = AcknowledgedBooking { property: op.call.property(), last: booking, op: op.id, key: None };
        let entry = known.entry(&booking.booking).or_insert(first);
        if booking.revision > entry.last.revision {
            (entry.last, entry.op) = (booking, op.id);
        }
        entry.key = entry.key.or(made);
    }
    known
}
