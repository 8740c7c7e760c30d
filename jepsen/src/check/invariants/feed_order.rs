//! The order of each property's feed agrees with real time, and its log time never goes back.

use std::collections::{HashMap, HashSet};

use crate::check::findings::Findings;
use crate::history::{Answer, Call, FeedEvent, History, Op, Outcome};

/// Checks every event of every node.
pub(super) fn check(history: &History, found: &mut Findings) -> u64 {
    let causes = Causes::of(history);
    for node in &history.final_state.nodes {
        // Per property: the latest log time, and the operation with the latest invocation that caused an event.
        let mut latest: HashMap<&str, (u64, Option<&Op>)> = HashMap::new();
        for event in &node.feed {
            let (at_ms, youngest) = latest.entry(&event.property).or_default();
            if event.at_ms < *at_ms {
                let text = format!(
                    "node {}: event {} has log time {}, but an earlier event has {at_ms}",
                    node.node, event.kind, event.at_ms
                );
                found.add("feed-order", [], text);
            }
            *at_ms = (*at_ms).max(event.at_ms);
            let Some(op) = causes.find(event) else { continue };
            if let (Some(youngest), Some(returned_ns)) = (*youngest, op.returned_ns)
                && returned_ns < youngest.invoked_ns
            {
                let text = format!(
                    "node {}: event {} follows the event of an operation that was invoked after its own operation had returned",
                    node.node, event.kind
                );
                found.add("feed-order", [youngest.id, op.id], text);
            }
            if youngest.is_none_or(|youngest| youngest.invoked_ns < op.invoked_ns) {
                *youngest = Some(op);
            }
        }
    }
    history.final_state.nodes.iter().map(|node| node.feed.len() as u64).sum()
}

/// The operation that certainly caused an event; `None` if several operations got the same answer.
#[derive(Default)]
struct Causes<'h> {
    bookings: HashMap<(&'h str, u32), Option<&'h Op>>,
    /// By hold; `true` for the placing, `false` for the release.
    holds: HashMap<(&'h str, bool), Option<&'h Op>>,
    /// Bookings with a change of unknown outcome.
    unsure: HashSet<&'h str>,
}

impl<'h> Causes<'h> {
    fn of(history: &'h History) -> Causes<'h> {
        let mut causes = Causes::default();
        for op in &history.ops {
            match (&op.outcome, &op.call) {
                (Outcome::Ok { answer: Answer::Booking(booking), .. }, call) if !call.is_read() => {
                    let key = (booking.booking.as_str(), booking.revision);
                    causes.bookings.entry(key).and_modify(|cause| *cause = None).or_insert(Some(op));
                }
                (Outcome::Ok { answer: Answer::Hold { hold, .. }, .. }, _) => {
                    causes.holds.entry((hold, true)).and_modify(|cause| *cause = None).or_insert(Some(op));
                }
                (Outcome::Ok { .. } | Outcome::Unknown { .. }, Call::Release { hold, .. }) => {
                    causes.holds.entry((hold, false)).and_modify(|cause| *cause = None).or_insert(Some(op));
                }
                // This operation may have made the change that another one was answered with.
                (
                    Outcome::Unknown { .. },
                    Call::Cancel { booking, .. } | Call::Amend { booking, .. } | Call::Reinstate { booking, .. },
                ) => {
                    causes.unsure.insert(booking);
                }
                _ => {}
            }
        }
        causes
    }

    fn find(&self, event: &FeedEvent) -> Option<&'h Op> {
        match (event.kind.as_str(), &event.booking, &event.hold) {
            ("hold.placed", _, Some(hold)) => self.holds.get(&(hold.as_str(), true)).copied().flatten(),
            ("hold.released", _, Some(hold)) => self.holds.get(&(hold.as_str(), false)).copied().flatten(),
            (kind, Some(booking), _) if kind.starts_with("booking.") && !self.unsure.contains(booking.booking.as_str()) => {
                self.bookings.get(&(booking.booking.as_str(), booking.revision)).copied().flatten()
            }
            _ => None,
        }
    }
}
