//! On every node, the counters equal the rooms of its bookings and open holds.

use std::collections::{BTreeMap, HashMap};

use crate::check::findings::Findings;
use crate::history::{Answer, Call, FinalNode, History, Outcome, Rooms, Stay};
use crate::model::has_rooms;

/// (property, room type, night) to (sold, held).
type Counts<'h> = BTreeMap<(&'h str, &'h str, u32), (i64, i64)>;

/// Checks every night of every node.
pub(super) fn check(history: &History, found: &mut Findings) -> u64 {
    let mut holds: HashMap<&str, (Stay, &[Rooms])> = HashMap::new();
    for op in &history.ops {
        if let (Call::Hold { stay, rooms, .. }, Outcome::Ok { answer: Answer::Hold { hold, .. }, .. }) = (&op.call, &op.outcome) {
            holds.insert(hold, (*stay, rooms));
        }
    }
    history.final_state.nodes.iter().map(|node| check_node(node, &holds, found)).sum()
}

fn check_node<'h>(node: &'h FinalNode, holds: &HashMap<&'h str, (Stay, &'h [Rooms])>, found: &mut Findings) -> u64 {
    let mut counts: Counts<'h> = BTreeMap::new();
    for line in &node.bookings {
        if has_rooms(&line.booking.state) {
            add(&mut counts, &line.property, line.booking.stay, &line.booking.rooms, (1, 0));
        }
    }
    for event in &node.feed {
        let Some((stay, rooms)) = event.hold.as_deref().and_then(|hold| holds.get(hold)).copied() else { continue };
        match event.kind.as_str() {
            "hold.placed" => add(&mut counts, &event.property, stay, rooms, (0, 1)),
            "hold.confirmed" | "hold.released" | "hold.expired" => add(&mut counts, &event.property, stay, rooms, (0, -1)),
            _ => {}
        }
    }
    for line in &node.nights {
        let day = line.night.day;
        let (sold, held) = counts.remove(&(line.property.as_str(), line.room_type.as_str(), day)).unwrap_or_default();
        if (sold, held) != (line.night.sold, line.night.held) {
            let text = format!(
                "node {}, {} {}, day {day}: counters are sold {} and held {}, but bookings have {sold} and open holds {held}",
                node.node, line.property, line.room_type, line.night.sold, line.night.held
            );
            found.add("counters", [], text);
        }
    }
    for ((property, room_type, day), (sold, held)) in counts.into_iter().filter(|(_, count)| *count != (0, 0)) {
        let text = format!(
            "node {}, {property} {room_type}, day {day}: bookings have {sold} and open holds {held}, but there are no counters",
            node.node
        );
        found.add("counters", [], text);
    }
    node.nights.len() as u64
}

fn add<'h>(counts: &mut Counts<'h>, property: &'h str, stay: Stay, rooms: &'h [Rooms], (sold, held): (i64, i64)) {
    for line in rooms {
        for day in stay.from..stay.to {
            let count = counts.entry((property, &line.room_type, day)).or_default();
            count.0 += sold * i64::from(line.quantity);
            count.1 += held * i64::from(line.quantity);
        }
    }
}
