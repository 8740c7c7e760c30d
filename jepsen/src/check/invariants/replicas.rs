//! At the end all nodes say the same.

use std::collections::BTreeMap;

use super::super::Findings;
use crate::history::{History, NodeFinale};

/// Compares every node's roots, counts and bookings with the first's; answers with how many things were compared.
pub(super) fn check(history: &History, found: &mut Findings) -> u64 {
    let Some((first, others)) = history.finale.nodes.split_first() else { return 0 };
    let mut looked_at = 0;
    for other in others {
        looked_at += (other.roots.len() + other.nights.len() + other.bookings.len()) as u64;
        let (one, two) = (first.node, other.node);
        if let Some(text) = difference(&counts(first), &counts(other)) {
            found.add("diverged", [], format!("counts of nodes {one} and {two}: {text}"));
        }
        if let Some(text) = difference(&bookings(first), &bookings(other)) {
            found.add("diverged", [], format!("bookings of nodes {one} and {two}: {text}"));
        }
    }
    let mut roots: BTreeMap<(u32, u64), (u32, &str)> = BTreeMap::new();
    for node in &history.finale.nodes {
        for root in &node.roots {
            let (other, before) = *roots.entry((root.shard, root.size)).or_insert((node.node, &root.root));
            if before != root.root {
                let place = format!("shard {} at size {}", root.shard, root.size);
                let text = format!("{place}: node {other} has root {before}, node {} has {}", node.node, root.root);
                found.add("diverged", [], text);
            }
        }
    }
    looked_at
}

fn counts(node: &NodeFinale) -> BTreeMap<String, String> {
    let line = |n: &crate::history::FinalNight| {
        let place = format!("{} {} day {}", n.property, n.room_type, n.night.day);
        (place, format!("limit {} sold {} held {}", n.night.limit, n.night.sold, n.night.held))
    };
    node.nights.iter().map(line).collect()
}

fn bookings(node: &NodeFinale) -> BTreeMap<String, String> {
    node.bookings.iter().map(|b| (b.booking.booking.clone(), format!("{:?} {}", b.booking, b.reference))).collect()
}

fn difference(one: &BTreeMap<String, String>, other: &BTreeMap<String, String>) -> Option<String> {
    let absent = || "nothing".to_owned();
    let differs = one.iter().find(|(place, line)| other.get(*place) != Some(line)).map(|(place, _)| place);
    let place = differs.or_else(|| other.keys().find(|place| !one.contains_key(*place)))?;
    let of = |node: &BTreeMap<String, String>| node.get(place).cloned().unwrap_or_else(absent);
    Some(format!("{place}: {} and {}", of(one), of(other)))
}
