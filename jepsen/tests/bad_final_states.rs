//! The checkers find damage that shows only at the end of a run: on nodes, in feeds, in receipts. The same runs without the
//! damage have no findings.

#![allow(clippy::unwrap_used)]

mod story;

use keyrack_jepsen::history::*;
use story::*;

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
fn an_event_with_wrong_booking_data_is_found() {
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

/// Without this check, a run with missing evidence would pass all other checkers.
#[test]
fn missing_evidence_is_found() {
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
    assert_eq!(nothing.why_inconclusive(), Some("no node was read at the end"));
    let mut troubled = history;
    troubled.final_state.troubles.push("timed out after 90 s waiting for: node 3 is ready after a fault".into());
    assert_found(&troubled, "liveness", "no-recovery");
}

#[test]
fn a_write_of_unknown_outcome_is_found() {
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
