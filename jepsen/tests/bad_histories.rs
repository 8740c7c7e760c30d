//! Each thing that must not be is found by the checker whose business it is, and its good twin is not.

#![allow(clippy::unwrap_used)]

mod story;

use keyrack_jepsen::history::*;
use story::*;

#[test]
fn a_stale_read_is_found_by_its_position_and_without_it() {
    let mut story = Story::new();
    story.reserve("k1", (100, 102), "DLX", 1);
    let read = story.read("DLX", (100, 102));
    let mut history = story.end();
    assert_good(&history);
    // It saw what was before the booking, and says so.
    for night in nights_of(&mut history.ops[read]) {
        (night.sold, night.available) = (0, 2);
    }
    *index_of(&mut history.ops[read]) -= 1;
    assert_found(&history, "witness", "stale-read");
    assert_found(&history, "search", "not-linearizable");
    // And now it says that it saw more than it did.
    *index_of(&mut history.ops[read]) += 1;
    assert_found(&history, "witness", "stale-read");
}

#[test]
fn a_read_of_the_future_is_found() {
    let mut story = Story::new();
    let read = story.read("DLX", (100, 101));
    story.reserve("k1", (100, 101), "DLX", 1);
    let mut history = story.end();
    assert_good(&history);
    let night = &mut nights_of(&mut history.ops[read])[0];
    (night.sold, night.available) = (1, 1);
    assert_found(&history, "witness", "future-read");
    assert_found(&history, "search", "not-linearizable");
}

#[test]
fn a_read_of_what_never_was_is_found() {
    let mut story = Story::new();
    story.reserve("k1", (100, 101), "STD", 2);
    let read = story.read("STD", (100, 101));
    let mut history = story.end();
    let night = &mut nights_of(&mut history.ops[read])[0];
    (night.sold, night.available) = (1, 2);
    assert_found(&history, "witness", "wrong-read");
    assert_found(&history, "search", "not-linearizable");
}

#[test]
fn a_bounded_read_may_be_old_but_not_too_old() {
    let mut story = Story::new();
    story.reserve("k1", (100, 101), "DLX", 1);
    let before = story.cluster.index - 1;
    story.wait(20);
    let bounded = story.ask(read("DLX", (100, 101), Some(50)));
    let mut history = story.end();
    let night = &mut nights_of(&mut history.ops[bounded])[0];
    (night.sold, night.available) = (0, 2);
    *index_of(&mut history.ops[bounded]) = before;
    assert_good(&history);
    history.ops[bounded].invoked_ns += 100 * MS;
    history.ops[bounded].returned_ns = Some(history.ops[bounded].invoked_ns + MS);
    assert_found(&history, "witness", "stale-bounded-read");
}

#[test]
fn a_lost_write_is_found_on_the_node_that_lost_it() {
    let mut story = Story::new();
    story.reserve("k1", (100, 101), "DLX", 1);
    let amended = story.reserve("k2", (103, 104), "DLX", 1);
    let id = story.id(amended);
    story.amend("k3", &id, (105, 106), "DLX", 1);
    let history = story.end();
    assert_good(&history);
    let mut gone = history.clone();
    gone.final_state.nodes[2].bookings.remove(0);
    assert_found(&gone, "acknowledged", "lost-write");
    let mut old = history;
    for line in old.final_state.nodes[1].bookings.iter_mut().filter(|line| line.booking.booking == id) {
        line.booking.revision = 1;
        line.booking.stay = Stay { from: 103, to: 104 };
    }
    assert_found(&old, "acknowledged", "lost-write");
    assert_found(&old, "replicas", "diverged");
}

#[test]
fn a_write_that_was_lost_everywhere_is_found_by_whoever_reads_on() {
    let mut story = Story::new();
    let made = story.reserve("k1", (100, 101), "DLX", 1);
    let id = story.id(made);
    let again = story.cancel("k2", &id);
    let mut history = story.end();
    let outcome = &mut history.ops[again].outcome;
    *outcome = refused("not_found", Vec::new(), outcome.as_of());
    assert_found(&history, "witness", "lost-write");
}

#[test]
fn two_bookings_for_one_key_are_found() {
    let mut story = Story::new();
    story.reserve("k1", (100, 101), "DLX", 1);
    story.reserve("k2", (100, 101), "DLX", 1);
    let history = story.end();
    assert_good(&history);
    let mut twice = history.clone();
    for node in &mut twice.final_state.nodes {
        node.bookings[1].reference = "k1".into();
    }
    assert_found(&twice, "answers", "duplicate");
    // Two callers with one key and two bookings.
    let mut raced = history;
    raced.ops[1].call = raced.ops[0].call.clone();
    assert_found(&raced, "answers", "duplicate");
}

#[test]
fn an_oversold_night_is_found_in_the_replay_in_the_search_and_at_the_end() {
    let mut story = Story::new();
    story.reserve("k1", (100, 101), "DLX", 2);
    let refused = story.reserve("k2", (100, 101), "DLX", 1);
    let history = story.end();
    assert_good(&history);
    // It was sold all the same.
    let mut oversold = history.clone();
    let booking = Booking {
        booking: "B9".into(),
        revision: 1,
        state: "confirmed".into(),
        stay: Stay { from: 100, to: 101 },
        rooms: rooms("DLX", 1),
    };
    let as_of = oversold.ops[refused].outcome.as_of();
    oversold.ops[refused].outcome = done(Answer::Booking(booking), as_of);
    assert_found(&oversold, "witness", "oversell");
    assert_found(&oversold, "search", "not-linearizable");
    let mut at_the_end = history;
    for node in &mut at_the_end.final_state.nodes {
        (node.nights[0].night.sold, node.nights[0].night.available) = (3, -1);
    }
    assert_found(&at_the_end, "limits", "oversell");
    assert_found(&at_the_end, "counters", "counters");
}

#[test]
fn an_oversold_house_is_found() {
    let mut story = Story::of(hotel(Some(3)));
    story.reserve("k1", (100, 101), "DLX", 2);
    story.reserve("k2", (100, 101), "STD", 1);
    let refused = story.reserve("k3", (100, 101), "STD", 1);
    let mut history = story.end();
    assert_good(&history);
    assert!(matches!(&history.ops[refused].outcome, Outcome::Refused { code, .. } if code == "sold_out"));
    for node in &mut history.final_state.nodes {
        let night = node.nights.iter_mut().find(|line| line.room_type == "STD" && line.night.day == 100).unwrap();
        (night.night.sold, night.night.available) = (2, 1);
    }
    assert_found(&history, "limits", "oversell");
}

#[test]
fn what_came_back_first_and_has_a_later_place_is_reordered() {
    let mut story = Story::new();
    story.reserve("k1", (100, 101), "DLX", 1);
    story.reserve("k2", (103, 104), "DLX", 1);
    let mut history = story.end();
    assert_good(&history);
    let (first, second) = (*index_of(&mut history.ops[0]), *index_of(&mut history.ops[1]));
    *index_of(&mut history.ops[0]) = second;
    *index_of(&mut history.ops[1]) = first;
    assert_found(&history, "witness", "reordered");
    assert_found(&history, "witness", "feed-order");
}

#[test]
fn sold_out_while_rooms_were_free_is_a_wrong_refusal() {
    let mut story = Story::new();
    story.reserve("k1", (100, 101), "DLX", 1);
    story.reserve("k2", (100, 101), "DLX", 1);
    let refused = story.reserve("k3", (100, 101), "DLX", 1);
    let history = story.end();
    assert_good(&history);
    // The same refusal, with the second booking gone.
    let mut wrong = history.clone();
    wrong.ops.remove(1);
    for node in &mut wrong.final_state.nodes {
        node.feed.remove(1);
        node.bookings.remove(1);
        (node.nights[0].night.sold, node.nights[0].night.available) = (1, 1);
    }
    assert_found(&wrong, "witness", "wrong-refusal");
    assert_found(&wrong, "search", "not-linearizable");
    // The right refusal that names a wrong number.
    let mut number = history;
    if let Outcome::Refused { nights, .. } = &mut number.ops[refused].outcome {
        nights[0].available = -1;
    }
    assert_found(&number, "witness", "wrong-refusal");
    assert_found(&number, "search", "not-linearizable");
}

#[test]
fn a_hold_that_ends_before_its_deadline_is_found() {
    let mut story = Story::new();
    let held = story.hold("k1", (100, 101), "DLX", 1_000);
    let id = story.id(held);
    story.wait(1_200);
    let expired = story.confirm("k2", &id);
    let history = story.end();
    assert_good(&history);
    // By log time: the feed says when.
    let mut by_log = history.clone();
    for node in &mut by_log.final_state.nodes {
        let event = node.feed.iter_mut().find(|event| event.kind == "hold.expired").unwrap();
        event.at_ms -= 500;
    }
    assert_found(&by_log, "witness", "early-expiry");
    // By real time: it was refused before any clock could have it.
    let mut by_clock = history;
    by_clock.ops[expired].invoked_ns = 500 * MS;
    by_clock.ops[expired].returned_ns = Some(501 * MS);
    assert_found(&by_clock, "witness", "early-expiry");
    assert_found(&by_clock, "search", "not-linearizable");
}

#[test]
fn a_hold_refused_as_expired_and_confirmed_later_is_found() {
    let mut story = Story::new();
    let held = story.hold("k1", (100, 101), "DLX", 1_000);
    let id = story.id(held);
    let too_early = story.confirm("k2", "none");
    story.confirm("k3", &id);
    let mut history = story.end();
    assert_good(&history);
    let (key, property, hold) = ("k2".into(), "H".into(), id);
    history.ops[too_early].call = Call::Confirm { key, property, hold };
    let as_of = history.ops[too_early].outcome.as_of();
    history.ops[too_early].outcome = refused("hold_expired", Vec::new(), as_of);
    assert_found(&history, "witness", "early-expiry");
    assert_found(&history, "search", "not-linearizable");
}

#[test]
fn a_hold_that_was_confirmed_twice_is_found() {
    let mut story = Story::new();
    let held = story.hold("k1", (100, 101), "DLX", 60_000);
    let id = story.id(held);
    let first = story.confirm("k2", &id);
    let second = story.confirm("k3", &id);
    let mut history = story.end();
    assert_good(&history);
    let Outcome::Ok { answer: Answer::Booking(booking), .. } = history.ops[first].outcome.clone() else { panic!() };
    let as_of = history.ops[second].outcome.as_of();
    history.ops[second].outcome = done(Answer::Booking(Booking { booking: "B9".into(), ..booking }), as_of);
    assert_found(&history, "witness", "confirm-twice");
    assert_found(&history, "search", "not-linearizable");
}

#[test]
fn a_lost_hold_is_found() {
    let mut story = Story::new();
    let held = story.hold("k1", (100, 101), "DLX", 60_000);
    let id = story.id(held);
    let confirmed = story.confirm("k2", &id);
    let mut history = story.end();
    assert_good(&history);
    let as_of = history.ops[confirmed].outcome.as_of();
    history.ops[confirmed].outcome = refused("not_found", Vec::new(), as_of);
    for node in &mut history.final_state.nodes {
        node.feed.truncate(1);
        node.bookings.clear();
        (node.nights[0].night.sold, node.nights[0].night.held) = (0, 1);
    }
    assert_found(&history, "witness", "lost-hold");
    assert_found(&history, "search", "not-linearizable");
}

#[test]
fn a_cancel_that_restores_twice_is_found() {
    let mut story = Story::new();
    let kept = story.reserve("k1", (100, 101), "DLX", 1);
    let given_up = story.reserve("k2", (100, 101), "DLX", 1);
    let id = story.id(given_up);
    story.cancel("k3", &id);
    story.cancel("k4", &id);
    let read = story.read("DLX", (100, 101));
    let mut history = story.end();
    assert_good(&history);
    assert_ne!(kept, given_up);
    let night = &mut nights_of(&mut history.ops[read])[0];
    (night.sold, night.available) = (0, 2);
    for node in &mut history.final_state.nodes {
        (node.nights[0].night.sold, node.nights[0].night.available) = (0, 2);
    }
    let verdict = assert_found(&history, "counters", "counters");
    assert!(findings(&verdict).any(|(by, finding)| by == "witness" && finding.ops == [read as u64]));
    assert_found(&history, "search", "not-linearizable");
}

#[test]
fn an_amendment_that_gave_back_and_did_not_take_is_found() {
    let mut story = Story::new();
    let made = story.reserve("k1", (100, 101), "DLX", 1);
    let id = story.id(made);
    story.amend("k2", &id, (103, 104), "DLX", 1);
    story.reserve("k3", (101, 102), "DLX", 1);
    let read = story.read("DLX", (100, 104));
    let mut history = story.end();
    assert_good(&history);
    let night = &mut nights_of(&mut history.ops[read])[3];
    (night.sold, night.available) = (0, 2);
    for node in &mut history.final_state.nodes {
        (node.nights[3].night.sold, node.nights[3].night.available) = (0, 2);
    }
    assert_found(&history, "witness", "wrong-read");
    assert_found(&history, "search", "not-linearizable");
    assert_found(&history, "counters", "counters");
}

#[test]
fn a_gap_in_a_feed_is_found() {
    let mut story = Story::new();
    let made = story.reserve("k1", (100, 101), "DLX", 1);
    let id = story.id(made);
    story.amend("k2", &id, (103, 104), "DLX", 1);
    story.cancel("k3", &id);
    let history = story.end();
    assert_good(&history);
    for missing in 0..3 {
        let mut gap = history.clone();
        for node in &mut gap.final_state.nodes {
            node.feed.remove(missing);
        }
        assert_found(&gap, "feed", "feed-gap");
    }
    let mut on_one = history;
    on_one.final_state.nodes[1].feed.swap(0, 2);
    assert_found(&on_one, "feed", "feed-differs");
}

#[test]
fn a_feed_in_another_order_than_real_time_is_found() {
    let mut story = Story::new();
    story.reserve("k1", (100, 101), "DLX", 1);
    story.reserve("k2", (103, 104), "DLX", 1);
    let mut history = story.end();
    for node in &mut history.final_state.nodes {
        node.feed.swap(0, 1);
        let at_ms = node.feed[0].at_ms;
        node.feed[1].at_ms = at_ms;
    }
    assert_found(&history, "feed-order", "feed-order");
}

#[test]
fn a_replica_that_diverged_is_found() {
    let mut story = Story::new();
    story.reserve("k1", (100, 101), "DLX", 1);
    let history = story.end();
    let mut root = history.clone();
    root.final_state.nodes[2].roots[0].root = "bb".into();
    assert_found(&root, "replicas", "diverged");
    let mut count = history;
    (count.final_state.nodes[2].nights[0].night.sold, count.final_state.nodes[2].nights[0].night.available) = (0, 2);
    assert_found(&count, "replicas", "diverged");
    assert_found(&count, "counters", "counters");
}

#[test]
fn a_root_of_another_size_is_found() {
    let mut story = Story::new();
    story.reserve("k1", (100, 101), "DLX", 1);
    story.reserve("k2", (101, 102), "DLX", 1);
    let history = story.end();
    assert_good(&history);
    let mut on_one = history.clone();
    let root = &mut on_one.final_state.nodes[1].roots[0];
    (root.size, root.root) = (root.size - 1, "bb".into());
    assert_found(&on_one, "replicas", "diverged");
    let mut too_few = history;
    too_few.final_state.nodes.iter_mut().for_each(|node| node.roots[0].size = 1);
    assert_found(&too_few, "replicas", "diverged");
}

#[test]
fn an_event_that_tells_of_another_booking_is_found() {
    let mut story = Story::new();
    let made = story.reserve("k1", (100, 101), "DLX", 1);
    let booking = story.id(made);
    story.amend("k2", &booking, (101, 103), "STD", 2);
    let history = story.end();
    assert_good(&history);
    for event in 0..2 {
        let mut wrong = history.clone();
        for node in &mut wrong.final_state.nodes {
            node.feed[event].booking.as_mut().unwrap().rooms[0].quantity += 1;
        }
        assert_found(&wrong, "feed", "feed-wrong");
    }
}

/// What nobody asked would be found good by everyone.
#[test]
fn evidence_that_is_not_there_is_found() {
    let mut story = Story::new();
    story.reserve("k1", (100, 101), "DLX", 1);
    let history = story.end();
    assert_good(&history);
    let without = |take: fn(&mut FinalState)| {
        let mut history = history.clone();
        take(&mut history.final_state);
        assert_found(&history, "evidence", "missing");
    };
    without(|final_state| final_state.nodes.truncate(1));
    without(|final_state| drop(final_state.nodes.remove(1)));
    without(|final_state| final_state.nodes.iter_mut().for_each(|node| drop(node.nights.remove(4))));
    without(|final_state| final_state.nodes[2].roots.clear());
    without(|final_state| final_state.receipts.clear());
    without(|final_state| final_state.checkpoints.retain(|checkpoint| checkpoint.node != 2));
    let mut nothing = history.clone();
    nothing.final_state = FinalState::default();
    assert_eq!(nothing.why_inconclusive(), Some("no node was asked at the end"));
    let mut troubled = history;
    troubled.final_state.troubles.push("not within 90 s: node 3 is ready after a fault".into());
    assert_found(&troubled, "liveness", "no-recovery");
}

#[test]
fn a_replay_with_another_answer_is_found() {
    let mut story = Story::new();
    story.reserve("k1", (100, 101), "DLX", 1);
    let again = story.reserve("k1", (100, 101), "DLX", 1);
    let mut history = story.end();
    if let Outcome::Ok { replayed, .. } = &mut history.ops[again].outcome {
        *replayed = true;
    }
    assert_good(&history);
    let retold = |end: &str| {
        let mut history = history.clone();
        if let Outcome::Ok { digest, .. } = &mut history.ops[again].outcome {
            digest.push_str(end);
        }
        history
    };
    let mut anew = history.clone();
    if let Outcome::Ok { replayed, .. } = &mut anew.ops[again].outcome {
        *replayed = false;
    }
    assert_found(&anew, "answers", "done-twice");
    // A receipt that was late the first time is none of it.
    assert_good(&retold("+receipt"));
    assert_found(&retold("!"), "answers", "replay-differs");
}

#[test]
fn a_key_is_refused_as_reused_when_it_was_and_never_otherwise() {
    let mut story = Story::new();
    story.reserve("k1", (100, 101), "DLX", 1);
    let reused = story.reserve("k1", (101, 102), "DLX", 1);
    let other = story.reserve("k2", (102, 103), "DLX", 1);
    let history = story.end();
    assert_good(&history);
    let mut answered = history.clone();
    answered.ops[reused].outcome = answered.ops[0].outcome.clone();
    assert_found(&answered, "answers", "key-reused");
    let mut alone = history;
    alone.ops[other].outcome = refused("idempotency_key_reused", Vec::new(), None);
    assert_found(&alone, "answers", "wrong-refusal");
}

#[test]
fn a_write_of_which_nobody_knows_is_found() {
    let mut story = Story::new();
    let made = story.reserve("k1", (100, 101), "DLX", 1);
    let history = story.end();
    let mut unknown = history.clone();
    unknown.ops[made].outcome = Outcome::Unknown { why: "the connection broke".into() };
    unknown.ops[made].returned_ns = None;
    let verdict = assert_found(&unknown, "unresolved", "unresolved");
    // The witness places it where the feed has it.
    assert!(verdict.witness.iter().any(|step| step.op == made as u64));
    let mut not_done = history;
    not_done.ops[made].outcome = Outcome::NotDone { code: "unavailable".into() };
    assert_found(&not_done, "acknowledged", "phantom-write");
}

#[test]
fn a_bad_receipt_and_a_log_that_shrinks_are_found() {
    let mut story = Story::new();
    story.reserve("k1", (100, 101), "DLX", 1);
    let history = story.end();
    let mut receipt = history.clone();
    receipt.final_state.receipts[0].failure = Some("the proof does not fit".into());
    assert_found(&receipt, "receipts", "receipt");
    let mut shrunk = history;
    shrunk.final_state.checkpoints[1].size = 2;
    assert_found(&shrunk, "receipts", "log-shrank");
}

fn done(answer: Answer, as_of: Option<Position>) -> Outcome {
    Outcome::Ok { answer, as_of, replayed: false, digest: "new".into() }
}

fn refused(code: &str, nights: Vec<Short>, as_of: Option<Position>) -> Outcome {
    Outcome::Refused { code: code.into(), nights, as_of, replayed: false, digest: "new".into() }
}
