//! The receipts log is complete: from the leaves alone an auditor gets the same counts as the calendar pages.
#![allow(clippy::unwrap_used, reason = "a test stops at the first surprise")]

mod auditor;
mod steps;

use std::collections::BTreeMap;

use auditor::{Auditor, Place};
use keyrack_inventory::*;
use proptest::prelude::*;
use steps::{Script, drawn::Steps};

const COMMANDS: usize = 250;
const SEQUENCES: usize = 250;

proptest! {
    #![proptest_config(ProptestConfig { cases: 1_000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn counts_from_leaves_equal_counts_from_pages(steps in steps::steps(COMMANDS)) {
        let surprise = follow(&steps).map(|_| ());
        prop_assert!(surprise.is_ok(), "{}", surprise.unwrap_err());
    }
}

/// The property test is only useful if random commands produce all kinds of leaves.
#[test]
fn random_commands_write_leaves_of_every_kind() {
    use proptest::strategy::ValueTree;
    let mut runner = proptest::test_runner::TestRunner::deterministic();
    let mut kinds: BTreeMap<i128, usize> = BTreeMap::new();
    for _ in 0..SEQUENCES {
        let steps = steps::steps(COMMANDS).new_tree(&mut runner).unwrap().current();
        for (kind, times) in follow(&steps).unwrap().kinds {
            *kinds.entry(kind).or_default() += times;
        }
    }
    for kind in (auditor::BOOK..=auditor::KEY_CHANGE).chain([auditor::REVERT_CHECK_IN, auditor::REINSTATE]) {
        assert!(kinds.get(&kind).is_some_and(|times| *times >= 20), "kind {kind} occurred fewer than 20 times: {kinds:?}");
    }
}

/// Applies the commands of the steps. The auditor reads the new leaves after each.
fn follow(steps: &Steps) -> Result<Auditor, String> {
    let (mut script, mut rows, mut auditor) = (Script::new(steps.first_date), MemRows::new(), Auditor::default());
    for (command, at) in script.prelude() {
        apply(&mut rows, &command, at).unwrap();
    }
    for step in &steps.list {
        let (command, at) = script.command(step);
        let outcome = apply(&mut rows, &command, at).unwrap();
        let fresh = listen(&mut rows, &mut auditor).map_err(|surprise| format!("{surprise}, after {command:?}"))?;
        if !fresh.is_empty() {
            compare(&mut rows, &auditor, &fresh).map_err(|surprise| format!("{surprise}, after {command:?}"))?;
            let came = [i128::from(at.term), i128::from(at.index)];
            if auditor.log_place != came || auditor.at_ms != i128::from(meta(&mut rows).last_at_ms) {
                return Err(format!("the leaf has {:?} at {} instead of {at:?}", auditor.log_place, auditor.at_ms));
            }
        }
        script.heard(&command, &outcome);
    }
    compare(&mut rows, &auditor, &[])?;
    Ok(auditor)
}

/// Passes the new leaves to the auditor, and returns their nights. There must be no leaf after the last one.
fn listen(rows: &mut MemRows, auditor: &mut Auditor) -> Result<Vec<Place>, String> {
    let mut nights = Vec::new();
    let leaves = meta(rows).next_leaf;
    for index in auditor.heard..leaves {
        match rows.get(&Key::Leaf(index)).unwrap() {
            Some(Row::Leaf(bytes)) => nights.extend(auditor.hear(bytes)?),
            other => return Err(format!("leaf {index} is {other:?}")),
        }
    }
    let beyond = rows.scan(&Key::Leaf(leaves), &Key::Leaf(u64::MAX), 1).unwrap();
    if beyond.is_empty() { Ok(nights) } else { Err(format!("{beyond:?} exists with only {leaves} leaves")) }
}

/// Compares the auditor's counts with the pages, and for the nights in `fresh` also limit and remaining rooms.
fn compare(rows: &mut MemRows, auditor: &Auditor, fresh: &[Place]) -> Result<(), String> {
    let counts = counts(rows);
    let sold: BTreeMap<Place, i128> =
        counts.iter().filter(|(_, count)| count.sold > 0).map(|(place, count)| (place.clone(), count.sold.into())).collect();
    if auditor.sold() != sold {
        return Err(format!("counts from leaves:\n  {:?}\ncounts from pages:\n  {sold:?}", auditor.sold()));
    }
    for place in fresh {
        let told = auditor.newest[place];
        // Without a page nothing is taken. A booking can have a type on some of its nights only.
        let Some(count) = counts.get(place) else {
            if told[0] == told[1] {
                continue;
            }
            return Err(format!("{place:?} has {told:?} in its leaf, but no page"));
        };
        if told != [count.limit.into(), count.available.into()] {
            return Err(format!("{place:?} has {told:?} in its leaf, but {count:?} in its page"));
        }
    }
    Ok(())
}

/// The counts of every night of every page.
fn counts(rows: &MemRows) -> BTreeMap<Place, NightCount> {
    let mut counts = BTreeMap::new();
    let mut hotels: BTreeMap<PropertyNumber, &Property> = BTreeMap::new();
    // Keys of properties sort before keys of pages.
    for (key, row) in rows.iter() {
        match (key, row) {
            (Key::Property(number), Row::Property(property)) => {
                hotels.insert(*number, property);
            }
            (Key::Page(number, room_type, month), Row::Page(page)) => {
                let kind = &hotels[number].room_types[usize::from(room_type.0)];
                let first = Night::from_ymd(i32::from(month.0 / 12), u32::from(month.0 % 12) + 1, 1).unwrap();
                for (day, cell) in (i128::from(first.0)..).zip(&page.cells[..month.days()]) {
                    let place = (hotels[number].id.clone(), kind.code.as_str().to_owned(), day);
                    counts.insert(place, cell.count(kind));
                }
            }
            _ => {}
        }
    }
    counts
}

fn meta(rows: &mut MemRows) -> Meta {
    match rows.get(&Key::Meta).unwrap() {
        Some(Row::Meta(meta)) => *meta,
        _ => Meta::default(),
    }
}
