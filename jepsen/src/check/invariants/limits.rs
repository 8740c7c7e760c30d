//! No night exceeds its sell limit, at the end or in any read, and no night exceeds the house limit at the end.

use std::collections::{BTreeMap, HashMap};

use crate::check::findings::Findings;
use crate::history::{Answer, Call, History, Hotel, Night, Outcome};

/// Checks every night of every node and of every read.
pub(super) fn check(history: &History, found: &mut Findings) -> u64 {
    let hotels: HashMap<&str, &Hotel> = history.setup.hotels.iter().map(|hotel| (hotel.property.as_str(), hotel)).collect();
    let mut looked_at = 0;
    for node in &history.final_state.nodes {
        let mut houses: BTreeMap<(&str, u32), i64> = BTreeMap::new();
        for line in &node.nights {
            looked_at += 1;
            let place = format!("node {}: {} {}", node.node, line.property, line.room_type);
            let hotel = hotels.get(line.property.as_str());
            let limit = hotel.and_then(|hotel| hotel.room_types.get(&line.room_type)).copied();
            night(&line.night, limit, &place, None, found);
            *houses.entry((&line.property, line.night.day)).or_default() += line.night.sold + line.night.held;
        }
        for ((property, day), taken) in houses {
            let limit = hotels.get(property).and_then(|hotel| hotel.house_limit);
            if limit.is_some_and(|limit| taken > i64::from(limit)) {
                let (node, limit) = (node.node, limit.unwrap_or_default());
                let text = format!("node {node}, {property}, day {day}: {taken} rooms are taken, but the house limit is {limit}");
                found.add("oversell", [], text);
            }
        }
    }
    for op in &history.ops {
        let (Call::Availability { property, room_type, .. }, Outcome::Ok { answer: Answer::Nights { nights }, .. }) =
            (&op.call, &op.outcome)
        else {
            continue;
        };
        let limit = hotels.get(property.as_str()).and_then(|hotel| hotel.room_types.get(room_type)).copied();
        for line in nights {
            looked_at += 1;
            night(line, limit, "a read", Some(op.id), found);
        }
    }
    looked_at
}

fn night(night: &Night, limit: Option<u32>, place: &str, op: Option<u64>, found: &mut Findings) {
    let Night { day, sold, held, available, .. } = *night;
    if sold + held > night.limit || available < 0 || sold < 0 || held < 0 {
        let text = format!(
            "{place}, day {day}: sold {sold}, held {held} and available {available} are impossible with limit {}",
            night.limit
        );
        found.add("oversell", op, text);
    } else if available != night.limit - sold - held {
        found.add(
            "wrong-count",
            op,
            format!("{place}, day {day}: available is {available}, not {} - {sold} - {held}", night.limit),
        );
    }
    if limit.is_some_and(|limit| i64::from(limit) != night.limit) {
        found.add(
            "wrong-count",
            op,
            format!("{place}, day {day}: the limit is {}, not {} as set", night.limit, limit.unwrap_or_default()),
        );
    }
}
