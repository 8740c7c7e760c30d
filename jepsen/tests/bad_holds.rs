//! The checkers find wrong answers about holds. The same histories with right answers have no findings.

#![allow(clippy::unwrap_used)]

mod story;

use keyrack_jepsen::history::*;
use story::*;

#[test]
fn a_hold_that_ends_before_its_deadline_is_found() {
    let mut story = Story::new();
    let held = story.hold("k1", (100, 101), "DLX", 1_000);
    let id = story.id(held);
    story.wait(1_200);
    let expired = story.confirm("k2", &id);
    let history = story.end();
    assert_good(&history);
    // By log time, which the feed has.
    let mut by_log = history.clone();
    for node in &mut by_log.final_state.nodes {
        let event = node.feed.iter_mut().find(|event| event.kind == "hold.expired").unwrap();
        event.at_ms -= 500;
    }
    assert_found(&by_log, "witness", "early-expiry");
    // By real time: it was refused before any node's clock could reach the deadline.
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
