//! The log alone decides, so replicas are equal: a refusal changes nothing, time never runs backwards. Expiry runs in
//! bounded steps, so the work of one command stays small.
#![allow(clippy::unwrap_used, reason = "a test stops at the first surprise")]

mod counting;
mod fixture;
mod steps;

use counting::Counting;
use fixture::*;
use keyrack_inventory::*;
use proptest::prelude::*;
use steps::{Script, drawn::Steps};

fn config(cases: u32) -> ProptestConfig {
    ProptestConfig { cases, failure_persistence: None, ..ProptestConfig::default() }
}

/// Applies the commands of the steps, and returns them as a log.
fn speak(
    rows: &mut MemRows,
    steps: &Steps,
    mut watch: impl FnMut(&MemRows, &MemRows, &Command, At, &Outcome),
) -> Vec<(Command, At)> {
    let mut script = Script::new(steps.first_date);
    let mut log = script.prelude();
    for (command, at) in &log {
        apply(rows, command, *at).unwrap();
    }
    for step in &steps.list {
        let (command, at) = script.command(step);
        let before = rows.clone();
        let outcome = apply(rows, &command, at).unwrap();
        watch(&before, rows, &command, at, &outcome);
        script.heard(&command, &outcome);
        log.push((command, at));
    }
    log
}

fn meta(rows: &MemRows) -> Meta {
    match rows.clone().get(&Key::Meta).unwrap() {
        Some(Row::Meta(meta)) => *meta,
        _ => Meta::default(),
    }
}

proptest! {
    #![proptest_config(config(60))]

    #[test]
    fn the_same_log_gives_the_same_rows(steps in steps::steps(150)) {
        let mut leader = MemRows::new();
        let mut answers = Vec::new();
        let log = speak(&mut leader, &steps, |_, _, _, _, outcome| answers.push(outcome.clone()));
        for _ in 0..2 {
            let mut replica = MemRows::new();
            let replayed: Vec<Outcome> =
                log.iter().map(|(command, at)| apply(&mut replica, command, *at).unwrap()).collect();
            prop_assert!(replica == leader, "rows differ");
            prop_assert!(replayed[log.len() - answers.len()..] == answers[..], "answers differ");
        }
    }

    /// Compared with a tick, which runs the same expiry first.
    #[test]
    fn a_refusal_or_a_replay_changes_nothing(steps in steps::steps(150)) {
        speak(&mut MemRows::new(), &steps, |before, after, command, at, outcome| {
            let refused = matches!(outcome.reply, Reply::Rejected(_));
            if refused || outcome.replayed {
                let mut ticked = before.clone();
                apply(&mut ticked, &Command { request: None, op: Op::Tick, ..command.clone() }, at).unwrap();
                assert_eq!(lasting(&ticked), lasting(after), "after {command:?}");
                // An idempotency record and its line, unless there was one already.
                let answered_before = outcome.replayed || outcome.reply == Reply::Rejected(Reject::KeyReused);
                let key_is_unused = matches!(&outcome.reply, Reply::Rejected(reject) if reject.leaves_key_unused());
                let kept = if command.request.is_some() && !answered_before && !key_is_unused { 2 } else { 0 };
                assert_eq!(ticked.iter().count() + kept, after.iter().count(), "after {command:?}");
            }
        });
    }

    #[test]
    fn log_time_never_runs_backwards(steps in steps::steps(150)) {
        speak(&mut MemRows::new(), &steps, |before, after, _, at, _| {
            assert_eq!(meta(after).last_at_ms, meta(before).last_at_ms.max(at.ms));
        });
    }

    #[test]
    fn everything_that_expired_is_deleted_in_the_end(steps in steps::steps(250)) {
        let mut rows = MemRows::new();
        let log = speak(&mut rows, &steps, |_, _, _, _, _| {});
        let end_ms = log.iter().map(|(_, at)| at.ms).max().unwrap() + MAX_HOLD_MS + 1;
        run(&mut rows, Op::Tick, end_ms);
        let later_ms = end_ms + RECORD_TTL_MS;
        let lines = meta(&rows).next_sequence - meta(&rows).expiry_cursor;
        for _ in 0..lines.div_ceil(EXPIRY_STEPS as u64) {
            let before = meta(&rows).expiry_cursor;
            run(&mut rows, Op::Tick, later_ms);
            prop_assert!(meta(&rows).expiry_cursor - before <= EXPIRY_STEPS as u64, "more lines expired than the bound");
        }
        for (key, row) in rows.iter() {
            let left = match row {
                Row::Request(_) | Row::Hold(_) => true,
                Row::Journal(entry) => entry.happened == JournalEvent::Nothing,
                Row::Page(page) => page.cells.iter().any(|cell| cell.held > 0),
                _ => matches!(key, Key::Deadline(..)),
            };
            prop_assert!(!left, "{key:?} was not deleted: {row:?}");
        }
    }

    #[test]
    fn a_command_writes_its_own_rows_and_one_step_of_expiry_at_most(steps in steps::steps(250)) {
        let mut script = Script::new(steps.first_date);
        let mut rows = Counting::default();
        let prelude = script.prelude();
        prelude.iter().for_each(|(command, at)| {
            apply(&mut rows, command, *at).unwrap();
        });
        for step in &steps.list {
            let (command, at) = script.command(step);
            rows.written = 0;
            let outcome = apply(&mut rows, &command, at).unwrap();
            script.heard(&command, &outcome);
            // An expired hold: two months of three rooms, its row, deadline and line. An expired record: line, key,
            // hold.
            let expiry = EXPIRY_STEPS * (2 * 3 + 3) + EXPIRY_STEPS * 3;
            // The command's own rows: two months of three rooms, given back and taken; or the no-shows of a small
            // property.
            let own = 60;
            prop_assert!(rows.written <= expiry + own, "{} rows for {command:?}", rows.written);
        }
    }
}

/// The most common command: one room, one month.
#[test]
fn a_booking_writes_ten_rows() {
    let mut rows = Counting::default();
    for (key, row) in key_inn().iter() {
        rows.put(*key, row.clone());
    }
    let Op::Book(request) = book(1, stay("2026-12-01", "2026-12-24"), vec![room("DLX", "FLEX", 1)]) else { unreachable!() };
    let op = Op::Book(BookRequest { channel_ref: "ref".to_owned(), ..request });
    rows.written = 0;
    apply(&mut rows, &Command { property: HOTEL, request: Some(key(1, 1)), by: None, op }, morning_ms()).unwrap();
    // Page, booking, guest, arrival, reference, number, leaf, idempotency record, journal line, clock.
    assert_eq!(rows.written, 10);
}

/// Each later command expires sixteen records of a backlog, not all of them at once.
#[test]
fn a_backlog_expires_in_steps() {
    let mut rows = Counting::default();
    for (key, row) in key_inn().iter() {
        rows.put(*key, row.clone());
    }
    for number in 0..1_000 {
        let request = Some(key(number, number));
        apply(&mut rows, &Command { property: HOTEL, request, by: None, op: cancel(99) }, morning_ms()).unwrap();
    }
    for _ in 0..3 {
        rows.written = 0;
        apply(&mut rows, &command(Op::Tick), morning_ms() + RECORD_TTL_MS).unwrap();
        assert!(rows.written <= 2 * EXPIRY_STEPS + 1, "{} rows", rows.written);
    }
}

/// More holds are due than one command expires. They expire in order, sixteen at a time, and none can be confirmed.
#[test]
fn due_holds_expire_in_order_and_in_steps() {
    let mut rows = key_inn();
    run(&mut rows, put_room_type(room_type("DLX", 100)), morning_ms());
    let nights = stay("2026-12-30", "2027-01-02");
    for number in 0..40u64 {
        let ttl_ms = 10_000 - (number / 2) * 10;
        run(&mut rows, place_hold(number, nights, vec![room("DLX", "FLEX", 1)], ttl_ms), morning_ms());
    }
    assert_eq!(count(&mut rows, "DLX", "2027-01-01").held, 40);
    let due_ms = morning_ms() + 10_000;
    let first_line = meta(&rows).next_sequence;
    assert_eq!(
        run(&mut rows, confirm_hold(0, 1), due_ms),
        Reply::Rejected(Reject::HoldExpired),
        "a due hold cannot be confirmed, even before it is expired"
    );
    assert_eq!(count(&mut rows, "DLX", "2027-01-01").held, 24);
    for left in [8, 0, 0] {
        run(&mut rows, Op::Tick, due_ms);
        assert_eq!(count(&mut rows, "DLX", "2027-01-01").held, left);
    }
    let mut ended = Vec::new();
    for sequence in first_line..meta(&rows).next_sequence {
        if let Some(Row::Journal(entry)) = rows.get(&Key::Journal(sequence)).unwrap()
            && let (JournalEvent::HoldExpired, Reply::Hold(hold)) = (&entry.happened, &entry.reply)
        {
            ended.push((hold.expires_at_ms, hold.id));
        }
    }
    assert_eq!(ended.len(), 40);
    assert!(ended.is_sorted(), "not ordered by deadline, then id: {ended:?}");
}

/// A hold can be confirmed one millisecond before its deadline, but not at the deadline.
#[test]
fn a_hold_is_open_until_its_deadline() {
    let nights = stay("2026-12-01", "2026-12-02");
    for (after_ms, confirmed) in [(999, true), (1_000, false), (1_001, false)] {
        let mut rows = key_inn();
        run(&mut rows, place_hold(1, nights, vec![room("DLX", "FLEX", 1)], 1_000), morning_ms());
        let reply = run(&mut rows, confirm_hold(1, 1), morning_ms() + after_ms);
        assert_eq!(matches!(reply, Reply::Booking(_)), confirmed, "{after_ms} ms later: {reply:?}");
        let night = count(&mut rows, "DLX", "2026-12-01");
        assert_eq!((night.sold, night.held), (u32::from(confirmed), 0));
    }
}
