//! The model's answers, compared with expectations that are written by hand from the rules.

#![allow(clippy::unwrap_used)]

mod story;

use keyrack_jepsen::history::*;
use story::*;

/// The code and the nights of a refused operation.
#[track_caller]
fn refusal(story: &Story, op: usize) -> (&str, Vec<(Day, &str, i64)>) {
    match &story.ops[op].outcome {
        Outcome::Refused { code, nights, .. } => {
            (code, nights.iter().map(|night| (night.day, night.room_type.as_str(), night.available)).collect())
        }
        other => panic!("not refused: {other:?}"),
    }
}

#[track_caller]
fn counts(story: &Story, room_type: &str, day: Day) -> (i64, i64, i64) {
    let night = story.cluster.model.night(room_type, day).unwrap();
    (night.sold, night.held, night.available)
}

#[test]
fn every_night_that_is_short_is_named() {
    let mut story = Story::new();
    story.reserve("k1", (101, 103), "DLX", 2);
    let refused = story.reserve("k2", (100, 104), "DLX", 1);
    assert_eq!(refusal(&story, refused), ("sold_out", vec![(101, "DLX", 0), (102, "DLX", 0)]));
    assert_eq!(counts(&story, "DLX", 100), (0, 0, 2), "a refusal must change nothing");
}

#[test]
fn a_night_at_the_house_limit_is_named_once_with_the_first_requested_type() {
    let mut story = Story::of(hotel(Some(3)));
    story.reserve("k1", (100, 101), "DLX", 2);
    let refused = story.reserve("k2", (100, 101), "STD", 2);
    assert_eq!(refusal(&story, refused), ("sold_out", vec![(100, "STD", 1)]));
    let both = story.reserve("k3", (100, 101), "DLX", 1);
    assert_eq!(refusal(&story, both), ("sold_out", vec![(100, "DLX", 0)]));
}

#[test]
fn two_lines_of_one_room_type_are_added_up() {
    let mut story = Story::new();
    let mut lines = rooms("DLX", 1);
    lines.extend(rooms("DLX", 2));
    let refused = story.ask(Call::Reserve { key: "k1".into(), property: "H".into(), stay: stay((100, 101)), rooms: lines });
    assert_eq!(refusal(&story, refused), ("sold_out", vec![(100, "DLX", 2)]));
}

#[test]
fn an_amendment_may_keep_its_rooms_and_changes_nothing_if_refused() {
    let mut story = Story::new();
    let made = story.reserve("k1", (100, 102), "DLX", 1);
    let id = story.id(made);
    story.reserve("k2", (101, 103), "DLX", 1);
    // Its own room counts as free: nights 100 and 101 stay, 102 has one left.
    let amended = story.amend("k3", &id, (100, 103), "DLX", 1);
    assert_eq!(story.id(amended), id);
    assert_eq!(counts(&story, "DLX", 102), (2, 0, 0));
    let refused = story.amend("k4", &id, (100, 103), "DLX", 2);
    assert_eq!(refusal(&story, refused), ("sold_out", vec![(101, "DLX", 1), (102, "DLX", 1)]));
    assert_eq!(story.cluster.model.booking(&id).unwrap().revision, 2);
    story.cancel("k5", &id);
    let late = story.amend("k6", &id, (100, 101), "DLX", 1);
    assert_eq!(refusal(&story, late), ("wrong_state", vec![]));
}

#[test]
fn a_repeated_cancel_frees_rooms_once_and_gives_the_same_answer() {
    let mut story = Story::new();
    let made = story.reserve("k1", (100, 101), "DLX", 2);
    let id = story.id(made);
    let (first, second) = (story.cancel("k2", &id), story.cancel("k3", &id));
    assert_eq!(counts(&story, "DLX", 100), (0, 0, 2));
    let answer = |op: usize| match &story.ops[op].outcome {
        Outcome::Ok { answer: Answer::Booking(booking), .. } => (booking.revision, booking.state.clone()),
        other => panic!("{other:?}"),
    };
    assert_eq!(answer(first), (2, "cancelled".into()));
    assert_eq!(answer(first), answer(second));
}

#[test]
fn a_hold_is_counted_once_after_confirm_and_release() {
    let mut story = Story::new();
    let placed: Vec<usize> = (0..2).map(|at| story.hold(&format!("k{at}"), (100, 101), "DLX", 60_000)).collect();
    let refused = story.reserve("k2", (100, 101), "DLX", 1);
    assert_eq!(refusal(&story, refused).0, "sold_out");
    let ids: Vec<String> = placed.iter().map(|op| story.id(*op)).collect();
    story.confirm("k3", &ids[0]);
    story.release("k4", &ids[1]);
    assert_eq!(counts(&story, "DLX", 100), (1, 0, 1));
    let (again, confirmed) = (story.confirm("k5", &ids[0]), story.release("k6", &ids[0]));
    assert_eq!(refusal(&story, again).0, "wrong_state");
    assert_eq!(refusal(&story, confirmed).0, "wrong_state");
    let released = story.confirm("k7", &ids[1]);
    assert_eq!(refusal(&story, released).0, "wrong_state");
    let twice = story.release("k8", &ids[1]);
    assert!(matches!(&story.ops[twice].outcome, Outcome::Ok { answer: Answer::Released, .. }));
    let unknown = story.release("k9", "none");
    assert_eq!(refusal(&story, unknown).0, "not_found");
}

#[test]
fn an_expired_hold_gives_its_rooms_back_and_cannot_be_confirmed() {
    let mut story = Story::new();
    let placed = story.hold("k1", (100, 101), "DLX", 1_000);
    let id = story.id(placed);
    assert_eq!(counts(&story, "DLX", 100), (0, 1, 1));
    story.wait(1_001);
    assert_eq!(counts(&story, "DLX", 100), (0, 0, 2));
    let refused = story.confirm("k2", &id);
    assert_eq!(refusal(&story, refused).0, "hold_expired");
    let released = story.release("k3", &id);
    assert!(matches!(&story.ops[released].outcome, Outcome::Ok { answer: Answer::Released, .. }));
}

#[test]
fn a_key_has_one_answer() {
    let mut story = Story::new();
    let first = story.reserve("k1", (100, 101), "DLX", 2);
    let again = story.reserve("k1", (100, 101), "DLX", 2);
    assert_eq!(story.id(first), story.id(again));
    assert_eq!(counts(&story, "DLX", 100), (2, 0, 0));
    let refused = story.reserve("k2", (100, 101), "DLX", 1);
    let made = story.id(first);
    story.cancel("k3", &made);
    let same = story.reserve("k2", (100, 101), "DLX", 1);
    assert_eq!(refusal(&story, same), refusal(&story, refused), "a retry must get the stored refusal");
    let other = story.reserve("k1", (100, 101), "DLX", 1);
    assert_eq!(refusal(&story, other).0, "idempotency_key_reused");
}

#[test]
fn an_invalid_request_is_refused_with_its_code() {
    let mut story = Story::new();
    for (room_type, quantity, nights, code) in [
        ("DLX", 0, (100, 101), "no_rooms"),
        ("DLX", 51, (100, 101), "too_many_rooms"),
        ("XXL", 1, (100, 101), "unknown_room_type"),
        ("DLX", 1, (101, 101), "invalid_stay"),
    ] {
        let key = format!("k-{code}");
        let refused = story.reserve(&key, nights, room_type, quantity);
        assert_eq!(refusal(&story, refused).0, code);
    }
}
