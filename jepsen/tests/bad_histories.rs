//! The responsible checker finds wrong answers to bookings, changes and reads. The same histories with right answers have no
//! findings. Holds are in `bad_holds.rs`, the end of a run in `bad_final_states.rs`.

#![allow(clippy::unwrap_used)]

mod story;

use keyrack_jepsen::history::*;
use story::*;

#[test]
fn a_stale_read_is_found_with_and_without_its_position() {
    let mut story = Story::new();
    story.reserve("k1", (100, 102), "DLX", 1);
    let read = story.read("DLX", (100, 102));
    let mut history = story.end();
    assert_good(&history);
    // It saw the state before the booking, and its position is that of this state.
    for night in nights_of(&mut history.ops[read]) {
        (night.sold, night.available) = (0, 2);
    }
    *index_of(&mut history.ops[read]) -= 1;
    assert_found(&history, "witness", "stale-read");
    assert_found(&history, "search", "not-linearizable");
    // Now its position is newer than the state that it saw.
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
fn a_read_of_a_state_that_never_existed_is_found() {
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
fn a_write_that_every_node_lost_is_found_by_a_later_operation() {
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
    // The room was sold anyway.
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
fn a_night_above_the_house_limit_is_found() {
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
fn an_earlier_answer_with_a_higher_index_is_reordered() {
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
    // The right refusal with a wrong number of rooms.
    let mut number = history;
    if let Outcome::Refused { nights, .. } = &mut number.ops[refused].outcome {
        nights[0].available = -1;
    }
    assert_found(&number, "witness", "wrong-refusal");
    assert_found(&number, "search", "not-linearizable");
}

#[test]
fn a_cancel_that_frees_rooms_twice_is_found() {
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
fn an_amendment_that_frees_rooms_and_takes_none_is_found() {
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
fn a_replay_with_a_different_answer_is_found() {
    let mut story = Story::new();
    story.reserve("k1", (100, 101), "DLX", 1);
    let again = story.reserve("k1", (100, 101), "DLX", 1);
    let mut history = story.end();
    if let Outcome::Ok { replayed, .. } = &mut history.ops[again].outcome {
        *replayed = true;
    }
    assert_good(&history);
    let with_digest = |end: &str| {
        let mut history = history.clone();
        if let Outcome::Ok { digest, .. } = &mut history.ops[again].outcome {
            digest.push_str(end);
        }
        history
    };
    let mut as_first = history.clone();
    if let Outcome::Ok { replayed, .. } = &mut as_first.ops[again].outcome {
        *replayed = false;
    }
    assert_found(&as_first, "answers", "done-twice");
    // A receipt that the first answer did not have yet is no difference.
    assert_good(&with_digest("+receipt"));
    assert_found(&with_digest("!"), "answers", "replay-differs");
}

#[test]
fn a_key_is_refused_as_reused_only_if_it_was_reused() {
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
