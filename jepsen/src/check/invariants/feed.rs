//! All nodes have the same complete feed: each booking is created once and its revisions have no gap, each hold ends at
//! most once, and every acknowledged change is in the feed.

use std::collections::{HashMap, HashSet};

use crate::check::findings::Findings;
use crate::history::{Answer, Booking, Call, FeedEvent, FinalNode, History, Outcome};

/// Checks every event of every node.
pub(super) fn check(history: &History, found: &mut Findings) -> u64 {
    let nodes = &history.final_state.nodes;
    for other in nodes.iter().skip(1) {
        compare(&nodes[0], other, found);
    }
    let answered = answered(history);
    for node in nodes {
        let seen = walk(node, found);
        acknowledged(history, node, &seen, found);
        as_answered(node, &answered, found);
    }
    nodes.iter().map(|node| node.feed.len() as u64).sum()
}

/// Compares the feeds per property, because events have an order only within a property.
fn compare(one: &FinalNode, other: &FinalNode, found: &mut Findings) {
    let (lines, other_lines) = (by_property(&one.feed), by_property(&other.feed));
    let properties: HashSet<&str> = lines.keys().chain(other_lines.keys()).copied().collect();
    for property in properties {
        let none = Vec::new();
        let (ours, theirs) = (lines.get(property).unwrap_or(&none), other_lines.get(property).unwrap_or(&none));
        let Some(at) = (0..ours.len().max(theirs.len())).find(|at| ours.get(*at) != theirs.get(*at)) else { continue };
        let text = format!(
            "{property}: the feeds of nodes {} and {} differ from event {at} on: {:?} and {:?}",
            one.node,
            other.node,
            ours.get(at),
            theirs.get(at)
        );
        found.add("feed-differs", [], text);
    }
}

fn by_property(feed: &[FeedEvent]) -> HashMap<&str, Vec<&FeedEvent>> {
    let mut lines: HashMap<&str, Vec<&FeedEvent>> = HashMap::new();
    for event in feed {
        lines.entry(&event.property).or_default().push(event);
    }
    lines
}

/// The bookings and holds in a feed.
#[derive(Default)]
struct Seen<'h> {
    /// The last revision of each booking; the first is 1.
    revisions: HashMap<&'h str, u32>,
    /// How each hold ended; `None` while it is open.
    holds: HashMap<&'h str, Option<&'h str>>,
}

fn walk<'h>(node: &'h FinalNode, found: &mut Findings) -> Seen<'h> {
    let mut seen = Seen::default();
    for event in &node.feed {
        if let (true, Some(booking)) = (event.kind.starts_with("booking."), &event.booking) {
            let before = seen.revisions.insert(&booking.booking, booking.revision).unwrap_or(0);
            let (id, revision) = (&booking.booking, booking.revision);
            if event.kind == "booking.created" && before > 0 {
                found.add("duplicate", [], format!("node {}: the feed creates booking {id} twice", node.node));
            } else if revision != before + 1 || (event.kind == "booking.created") != (before == 0) {
                let text = format!(
                    "node {}: the feed takes booking {id} from revision {before} to {revision} ({})",
                    node.node, event.kind
                );
                found.add("feed-gap", [], text);
            }
        }
        let (Some(hold), Some(how)) = (event.hold.as_deref(), event.kind.strip_prefix("hold.")) else { continue };
        let before = seen.holds.get(hold).copied();
        let ended = (how != "placed").then_some(how);
        match (before, ended) {
            (None, None) | (Some(None), Some(_)) => {}
            (None, Some(how)) => {
                found.add("feed-gap", [], format!("node {}: the feed has hold {hold} {how}, but never placed", node.node));
            }
            (Some(before), _) => {
                let text =
                    format!("node {}: the feed has hold {hold} {how} after it was {}", node.node, before.unwrap_or("placed"));
                found.add("feed-gap", [], text);
            }
        }
        seen.holds.insert(hold, ended);
    }
    seen
}

/// Every acknowledged revision of a booking with its operation, and every revision in the final state with `None`.
fn answered(history: &History) -> HashMap<(&str, u32), (&Booking, Option<u64>)> {
    let mut answered = HashMap::new();
    for op in &history.ops {
        if let Outcome::Ok { answer: Answer::Booking(booking), .. } = &op.outcome {
            answered.insert((booking.booking.as_str(), booking.revision), (booking, Some(op.id)));
        }
    }
    for line in history.final_state.nodes.iter().flat_map(|node| &node.bookings) {
        answered.entry((line.booking.booking.as_str(), line.booking.revision)).or_insert((&line.booking, None));
    }
    answered
}

/// Checks that the booking in an event equals the acknowledged one or the one in the final state.
fn as_answered(node: &FinalNode, answered: &HashMap<(&str, u32), (&Booking, Option<u64>)>, found: &mut Findings) {
    for event in &node.feed {
        let Some(booking) = &event.booking else { continue };
        if let Some((known, op)) = answered.get(&(booking.booking.as_str(), booking.revision))
            && *known != booking
        {
            let text = format!("node {}: event {} has {booking:?}, but the booking is {known:?}", node.node, event.kind);
            found.add("feed-wrong", *op, text);
        }
    }
}

fn acknowledged(history: &History, node: &FinalNode, seen: &Seen<'_>, found: &mut Findings) {
    for op in &history.ops {
        let Outcome::Ok { answer, .. } = &op.outcome else { continue };
        let missing = match (answer, &op.call) {
            (Answer::Booking(booking), _) => {
                let there = seen.revisions.get(booking.booking.as_str()).is_some_and(|last| *last >= booking.revision);
                (!there).then(|| format!("revision {} of booking {}", booking.revision, booking.booking))
            }
            (Answer::Hold { hold, .. }, _) => (!seen.holds.contains_key(hold.as_str())).then(|| format!("hold {hold}")),
            (Answer::Released, Call::Release { hold, .. }) => {
                let ended = seen.holds.get(hold.as_str()).copied().flatten();
                (!matches!(ended, Some("released" | "expired"))).then(|| format!("the release of hold {hold}"))
            }
            _ => None,
        };
        if let Some(missing) = missing {
            found.add("feed-gap", [op.id], format!("the feed of node {} lacks {missing}, which was acknowledged", node.node));
        }
    }
}
