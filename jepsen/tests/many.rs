//! The checkers on histories with many operations.

#![allow(clippy::unwrap_used)]

mod story;

use keyrack_jepsen::check::judge;
use keyrack_jepsen::history::*;
use story::*;

/// One hotel, `count` operations of sixteen callers that overlap.
fn many(count: usize) -> History {
    let mut hotel = hotel(None);
    (hotel.first, hotel.nights) = (100, 40);
    let mut story = Story::of(hotel);
    let mut taken: Vec<String> = Vec::new();
    while story.ops.len() < count {
        let at = story.ops.len() as u32;
        let from = 100 + at % 36;
        match at % 5 {
            0 | 1 => {
                let op = story.reserve(&format!("k{at}"), (from, from + 3), "STD", 1);
                if matches!(story.ops[op].outcome, Outcome::Ok { .. }) {
                    taken.push(story.id(op));
                }
            }
            2 if !taken.is_empty() => {
                let id = taken.remove(0);
                story.cancel(&format!("k{at}"), &id);
            }
            _ => drop(story.read("STD", (from, from + 3))),
        }
    }
    let mut history = story.end();
    // Each operation takes a millisecond, one after the other. With 30 ms more they overlap.
    for op in &mut history.ops {
        let later = op.returned_ns.unwrap() + 30 * MS;
        (op.process, op.returned_ns) = ((op.id % 16) as u32, Some(later));
    }
    history
}

#[test]
fn a_hundred_thousand_operations_are_checked() {
    let history = many(100_000);
    let verdict = assert_good(&history);
    assert_eq!(verdict.checks[0].looked_at, 100_000);
    assert_eq!(verdict.witness.len(), 100_000);
    let search = &verdict.checks[1];
    assert_eq!(search.looked_at, 25_000);
    assert!(search.notes[0].contains("the first 25000 of 100000 operations"), "{:?}", search.notes);
    for check in &verdict.checks {
        println!("{}: {} in {} ms", check.checker, check.looked_at, check.took_ms);
    }
}

#[test]
fn one_wrong_read_among_many_is_found() {
    let mut history = many(20_000);
    let at = (15_000..).find(|at| matches!(history.ops[*at].call, Call::Availability { .. })).unwrap();
    for night in nights_of(&mut history.ops[at]) {
        (night.sold, night.available) = (3 - night.sold, night.sold);
    }
    let verdict = judge(&history);
    let by: Vec<&str> = findings(&verdict).map(|(by, _)| by).collect();
    assert!(by.contains(&"witness"), "{by:?}");
    assert!(by.contains(&"search"), "{by:?}");
}
