//! Runs that are valid by construction have no findings. The same runs with one changed value have some.

#![allow(clippy::unwrap_used)]

mod story;

use std::collections::{BTreeMap, BTreeSet};

use keyrack_jepsen::check::{judge, search};
use keyrack_jepsen::history::*;
use story::crowd::{self, Crowd, Random};
use story::*;

fn crowds() -> [Crowd; 4] {
    let narrow = Crowd { ops: 120, callers: 5, baskets: false, house_limit: None, rooms: 3, replays: true };
    let baskets = Crowd { baskets: true, ..narrow };
    let house = Crowd { house_limit: Some(4), ..narrow };
    [narrow, baskets, house, Crowd { ops: 400, callers: 12, ..baskets }]
}

#[test]
fn valid_runs_have_no_findings() {
    let (mut refused, mut replayed) = (0, 0);
    for seed in 0..150 {
        for (which, crowd) in crowds().into_iter().enumerate() {
            let history = crowd::run(seed, crowd);
            let verdict = judge(&history);
            let found: Vec<_> = findings(&verdict).collect();
            assert!(found.is_empty(), "seed {seed} of crowd {which}: {found:#?}");
            let known = history.ops.iter().filter(|op| op.outcome.is_known());
            let (reads, writes): (Vec<&Op>, Vec<&Op>) = known.partition(|op| op.call.is_read());
            let keys: BTreeSet<Option<&str>> = writes.iter().map(|op| op.call.key()).collect();
            let known = reads.len() + keys.len();
            assert_eq!(verdict.witness.len(), known, "seed {seed} of crowd {which}: the witness lacks operations");
            assert!(verdict.witness.is_sorted_by_key(|step| step.at), "seed {seed}");
            refused += history.ops.iter().filter(|op| matches!(op.outcome, Outcome::Refused { .. })).count();
            replayed += history.ops.iter().filter(|op| op.outcome.is_replayed()).count();
        }
    }
    assert!(refused > 1_000 && replayed > 1_000, "the runs are too easy: {refused} refused, {replayed} replayed");
}

#[test]
fn valid_runs_need_no_feed_if_nothing_is_replayed_and_nothing_expires() {
    for seed in 0..200 {
        let mut history =
            crowd::run(seed, Crowd { ops: 100, callers: 6, baskets: true, house_limit: None, rooms: 3, replays: false });
        let expired = history.final_state.nodes[0].feed.iter().any(|event| event.kind == "hold.expired");
        if expired {
            continue;
        }
        history.final_state = FinalState::default();
        let verdict = judge(&history);
        let witness = &verdict.checks[0];
        assert!(witness.findings.is_empty(), "seed {seed}: {:#?}", witness.findings);
    }
}

#[test]
fn one_wrong_value_is_always_found() {
    let mut by_kind = BTreeMap::new();
    for seed in 0..2_000 {
        let mut random = Random(seed ^ 0xbad);
        // A replayed write may have taken effect at several positions, so a read's count off by one may be valid.
        let crowd = Crowd { replays: seed % 2 == 0, ..crowds()[(seed % 3) as usize] };
        let mut history = crowd::run(seed, crowd);
        let Some(what) = corrupt(&mut history, &mut random) else { continue };
        let verdict = judge(&history);
        assert!(!verdict.valid, "seed {seed}: no checker found the change of {what}");
        *by_kind.entry(what).or_insert(0) += 1;
    }
    assert_eq!(by_kind.len(), 13, "not every corruption was tried: {by_kind:?}");
}

#[test]
fn the_search_alone_finds_most_wrong_reads() {
    let (mut tried, mut found) = (0, 0);
    for seed in 0..300 {
        let mut history = crowd::run(seed, crowds()[0]);
        let reads: Vec<usize> = (0..history.ops.len()).filter(|at| is_linearizable_read(&history.ops[*at])).collect();
        let Some(at) = Random(seed).pick(&reads).copied() else { continue };
        shift(&mut history.ops[at], 1);
        // The search does not use the feed or the rest of the final state.
        history.final_state = FinalState::default();
        tried += 1;
        let verdict = judge(&history);
        let search = verdict.checks.iter().find(|check| check.checker == "search").unwrap();
        found += u64::from(search.findings.iter().any(|finding| finding.kind == "not-linearizable"));
    }
    assert!(found * 10 > tried * 8, "the search found only {found} of {tried} wrong reads");
}

#[test]
fn a_search_without_budget_left_is_undecided() {
    let history = crowd::run(1, crowds()[3]);
    let verdict = judge(&history);
    assert!(verdict.valid);
    let undecided = search::with_budget(&history, 5);
    assert!(!undecided.is_empty() && undecided.iter().all(|finding| finding.kind == "undecided"), "{undecided:?}");
}

/// Changes one value and returns its name; `None` if the run has no such value.
fn corrupt(history: &mut History, random: &mut Random) -> Option<&'static str> {
    match random.below(13) {
        which @ (6..=8 | 11..) => corrupt_final_state(history, random, which),
        which => corrupt_operation(history, random, which),
    }
}

fn corrupt_operation(history: &mut History, random: &mut Random, which: u64) -> Option<&'static str> {
    let ops = |fits: fn(&Op) -> bool| -> Vec<usize> { (0..history.ops.len()).filter(|at| fits(&history.ops[*at])).collect() };
    let one = |random: &mut Random, fits: fn(&Op) -> bool| random.pick(&ops(fits)).copied();
    match which {
        0 => {
            if history.ops.iter().any(|op| op.outcome.is_replayed()) {
                return None;
            }
            let at = one(random, |op| op.outcome.is_known() && matches!(op.call, Call::Availability { .. }))?;
            shift(&mut history.ops[at], if random.one_in(2) { 1 } else { -1 });
            Some("a read's count")
        }
        1 => {
            let at = one(random, |op| matches!(&op.outcome, Outcome::Refused { code, .. } if code == "sold_out"))?;
            let Outcome::Refused { nights, .. } = &mut history.ops[at].outcome else { return None };
            nights[0].available += 7;
            Some("a refusal's night")
        }
        2 => {
            let at = one(random, |op| matches!(op.outcome, Outcome::Refused { .. }))?;
            let Outcome::Refused { code, .. } = &mut history.ops[at].outcome else { return None };
            *code = "restricted".into();
            Some("a refusal's code")
        }
        3 => {
            let at = one(random, |op| matches!(&op.outcome, Outcome::Ok { answer: Answer::Booking(_), .. }))?;
            let Outcome::Ok { answer: Answer::Booking(booking), .. } = &mut history.ops[at].outcome else { return None };
            booking.revision += 3;
            Some("a booking's revision")
        }
        4 => {
            let at = one(random, |op| matches!(&op.outcome, Outcome::Ok { answer: Answer::Booking(_), .. }))?;
            let Outcome::Ok { answer: Answer::Booking(booking), .. } = &mut history.ops[at].outcome else { return None };
            booking.rooms[0].quantity += 1;
            Some("a booking's rooms")
        }
        5 => {
            let at = one(random, |op| !op.call.is_read() && matches!(op.outcome, Outcome::Ok { .. }))?;
            history.ops[at].outcome = Outcome::Unknown { why: "lost".into() };
            Some("an outcome")
        }
        9 => {
            let at = one(random, |op| matches!(&op.outcome, Outcome::Ok { answer: Answer::Hold { .. }, .. }))?;
            let Outcome::Ok { answer: Answer::Hold { expires_at_ms, .. }, .. } = &mut history.ops[at].outcome else {
                return None;
            };
            *expires_at_ms -= 10_000;
            Some("a deadline")
        }
        _ => {
            let at = one(random, |op| op.id > 60 && op.outcome.as_of().is_some() && op.call.staleness_ms().is_none())?;
            *index_of(&mut history.ops[at]) = 11;
            Some("a position")
        }
    }
}

fn corrupt_final_state(history: &mut History, random: &mut Random, which: u64) -> Option<&'static str> {
    match which {
        6 => {
            let node = &mut history.final_state.nodes[1];
            let at = random.below(node.nights.len() as u64) as usize;
            node.nights[at].night.sold += 1;
            node.nights[at].night.available -= 1;
            Some("a counter at the end")
        }
        7 => {
            let node = random.below(3) as usize;
            let bookings = &mut history.final_state.nodes[node].bookings;
            (!bookings.is_empty()).then(|| bookings.remove(0))?;
            Some("a booking at the end")
        }
        8 => {
            let at = random.below(history.final_state.nodes[0].feed.len() as u64) as usize;
            history.final_state.nodes.iter_mut().for_each(|node| drop(node.feed.remove(at)));
            Some("an event of the feed")
        }
        11 => {
            let booking = history.final_state.nodes[0].bookings.first()?.clone();
            let reference = history.final_state.nodes[0].bookings.get(1)?.reference.clone();
            let twin = FinalBooking { reference, ..booking };
            history.final_state.nodes.iter_mut().for_each(|node| node.bookings[0] = twin.clone());
            Some("a reference")
        }
        _ => {
            history.final_state.nodes[2].roots[0].root = "bb".into();
            Some("a root")
        }
    }
}

fn is_linearizable_read(op: &Op) -> bool {
    op.outcome.is_known() && matches!(op.call, Call::Availability { staleness_ms: None, .. })
}

fn shift(op: &mut Op, by: i64) {
    let night = &mut nights_of(op)[0];
    night.sold += by;
    night.available -= by;
}
