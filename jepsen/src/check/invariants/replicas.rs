//! At the end, all nodes have the same roots, counts and bookings.

use std::collections::{BTreeMap, HashMap};

use crate::check::findings::Findings;
use crate::history::{FinalNode, History, Root};

/// Compares every node's roots, counts and bookings with the first node's. Returns the number of items compared.
pub(super) fn check(history: &History, found: &mut Findings) -> u64 {
    let Some((first, others)) = history.final_state.nodes.split_first() else { return 0 };
    let mut looked_at = 0;
    for other in others {
        looked_at += (other.roots.len() + other.nights.len() + other.bookings.len()) as u64;
        let (one, two) = (first.node, other.node);
        if let Some(text) = difference(&counts(first), &counts(other)) {
            found.add("diverged", [], format!("the counts of nodes {one} and {two} differ: {text}"));
        }
        if let Some(text) = difference(&bookings(first), &bookings(other)) {
            found.add("diverged", [], format!("the bookings of nodes {one} and {two} differ: {text}"));
        }
    }
    roots(history, found);
    looked_at
}

/// All nodes have the same tree of each shard, with at least one leaf for every event of a booking.
fn roots(history: &History, found: &mut Findings) {
    let shards: HashMap<&str, u32> = history.setup.hotels.iter().map(|hotel| (hotel.property.as_str(), hotel.shard)).collect();
    let mut first: BTreeMap<u32, (u32, u64, &str)> = BTreeMap::new();
    for node in &history.final_state.nodes {
        let mut leaves: HashMap<u32, u64> = HashMap::new();
        for event in node.feed.iter().filter(|event| event.kind.starts_with("booking.")) {
            *leaves.entry(shards.get(event.property.as_str()).copied().unwrap_or(0)).or_default() += 1;
        }
        for Root { shard, size, root } in &node.roots {
            let (other, size_there, root_there) = *first.entry(*shard).or_insert((node.node, *size, root));
            if (size_there, root_there) != (*size, root.as_str()) {
                let text = format!(
                    "shard {shard}: node {other} has root {root_there} of {size_there} leaves, but node {} has {root} of {size}",
                    node.node
                );
                found.add("diverged", [], text);
            }
            let least = leaves.get(shard).copied().unwrap_or(0);
            if *size < least {
                let text =
                    format!("node {}, shard {shard}: {size} leaves, but the feed has {least} events of bookings", node.node);
                found.add("diverged", [], text);
            }
        }
    }
}

fn counts(node: &FinalNode) -> BTreeMap<String, String> {
    let line = |n: &crate::history::FinalNight| {
        let place = format!("{} {} day {}", n.property, n.room_type, n.night.day);
        (place, format!("limit {} sold {} held {}", n.night.limit, n.night.sold, n.night.held))
    };
    node.nights.iter().map(line).collect()
}

fn bookings(node: &FinalNode) -> BTreeMap<String, String> {
    node.bookings.iter().map(|b| (b.booking.booking.clone(), format!("{:?} {}", b.booking, b.reference))).collect()
}

fn difference(one: &BTreeMap<String, String>, other: &BTreeMap<String, String>) -> Option<String> {
    let absent = || "nothing".to_owned();
    let differs = one.iter().find(|(place, line)| other.get(*place) != Some(line)).map(|(place, _)| place);
    let place = differs.or_else(|| other.keys().find(|place| !one.contains_key(*place)))?;
    let of = |node: &BTreeMap<String, String>| node.get(place).cloned().unwrap_or_else(absent);
    Some(format!("{place}: {} and {}", of(one), of(other)))
}
