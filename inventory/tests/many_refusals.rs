//! A caller that is refused again and again does not fill the disks: what is kept of its refusals is bounded by day.
#![allow(clippy::unwrap_used, reason = "a test stops at the first surprise")]

mod callers;
mod fixture;

use callers::*;
use fixture::*;
use keyrack_inventory::*;

const DAY_MS: u64 = 86_400_000;

/// Two principals, in which `seller` had `count` refusals today.
fn after_refusals(seller: u32, count: u32) -> MemRows {
    let mut rows = two_properties();
    let day = (clock(&mut rows).last_at_ms / DAY_MS) as u32;
    rows.put(Key::Refusals(seller), Row::Refusals(RefusalCount { day, count }));
    rows
}

/// A command that is refused: nobody made this hold.
fn wrong(who: Who, number: u64) -> Command {
    keyed(9_000 + number, asked(who, Op::ReleaseHold(hold_id(1_000 + number))))
}

fn refuse(rows: &mut MemRows, command: &Command) -> Outcome {
    let at = clock(rows).last_at_ms;
    let outcome = apply(rows, command, at).unwrap();
    assert_eq!(outcome.reply, Reply::Rejected(Reject::NotFound));
    outcome
}

#[test]
fn the_last_kept_refusal_has_its_record_and_its_answer_and_the_next_has_neither() {
    let mut rows = after_refusals(SELF, KEPT_REFUSALS - 1);
    let before = rows.clone();
    let last = wrong(principal(SELF), 1);
    refuse(&mut rows, &last);
    assert_only_recorded(&before, &rows, &last, &Reply::Rejected(Reject::NotFound), true);
    assert!(refuse(&mut rows, &last).replayed, "its answer is kept");

    let before = rows.clone();
    let more = wrong(principal(SELF), 2);
    refuse(&mut rows, &more);
    assert_eq!(changed(&before, &rows), [Key::Refusals(SELF)], "only the count");
    assert!(!refuse(&mut rows, &more).replayed, "a retry is decided again");

    let before = rows.clone();
    let other = wrong(principal(OTHER), 3);
    refuse(&mut rows, &other);
    assert_only_recorded(&before, &rows, &other, &Reply::Rejected(Reject::NotFound), true);
}

#[test]
fn a_thousand_more_refusals_make_one_record_and_the_next_day_begins_at_zero() {
    let mut rows = after_refusals(SELF, KEPT_REFUSALS);
    let was = clock(&mut rows);
    for number in 0..u64::from(COUNTED_REFUSALS) - 1 {
        refuse(&mut rows, &wrong(principal(SELF), number));
    }
    assert_eq!(clock(&mut rows).audit_count, was.audit_count);
    refuse(&mut rows, &wrong(principal(SELF), 5_000));
    let now = clock(&mut rows);
    assert_eq!((now.audit_count, now.next_sequence), (was.audit_count + 1, was.next_sequence + 1));
    let JournalEvent::Observed(seen) = newest_line(&mut rows).happened else { panic!("a record of many refusals") };
    let [sum] = &seen[..] else { panic!("one record") };
    assert_eq!(
        (sum.times, sum.action, sum.verdict),
        (COUNTED_REFUSALS, Action::RELEASE_HOLD, Verdict(Reject::NotFound.number() as u16))
    );
    assert_eq!(sum.actor.who, principal(SELF));

    let before = rows.clone();
    let tomorrow = (was.last_at_ms / DAY_MS + 1) * DAY_MS;
    apply(&mut rows, &wrong(principal(SELF), 6_000), tomorrow).unwrap();
    assert_eq!(clock(&mut rows).audit_count, now.audit_count + 1);
    assert!(changed(&before, &rows).contains(&Key::Journal(now.next_sequence)));
}

#[test]
fn refused_callers_are_counted_too() {
    let mut rows = after_refusals(SELF, KEPT_REFUSALS);
    know(&mut rows, SELF, Grant { revoked: true, ..grant(Role::Manager) });
    let before = rows.clone();
    let at = clock(&mut rows).last_at_ms;
    let outcome = apply(&mut rows, &wrong(principal(SELF), 1), at).unwrap();
    assert_eq!(outcome.reply, Reply::Rejected(Reject::Forbidden));
    assert_eq!(changed(&before, &rows), [Key::Refusals(SELF)]);
}

#[test]
fn a_refusal_names_its_first_nights_only() {
    let mut rows = key_inn();
    let year = stay("2026-12-01", "2027-11-30");
    let Reply::Rejected(Reject::SoldOut(nights)) = run(&mut rows, book(1, year, vec![room("STD", "FLEX", 50)]), morning_ms())
    else {
        panic!("50 rooms are too many")
    };
    assert_eq!(nights.len(), RefusedNight::MOST);
    assert_eq!(nights[0].night, year.arrival());
}

/// An entry of a version without these rules is decided as that version did, whenever a replica applies it.
#[test]
fn an_entry_with_the_first_rules_is_decided_by_them() {
    let mut rows = after_refusals(SELF, KEPT_REFUSALS);
    let first = At { rules: Rules::FIRST, ..At::from(clock(&mut rows).last_at_ms) };
    let before = rows.clone();
    let outcome = apply(&mut rows, &wrong(principal(SELF), 1), first).unwrap();
    assert_eq!(outcome.reply, Reply::Rejected(Reject::NotFound));
    assert_eq!(clock(&mut rows).audit_count, clock(&mut before.clone()).audit_count + 1, "every refusal is kept");

    let mut rows = key_inn();
    let at = At { rules: Rules::FIRST, ..At::from(morning_ms()) };
    let year = stay("2026-12-01", "2027-11-30");
    let refused = apply(&mut rows, &command(book(1, year, vec![room("STD", "FLEX", 50)])), at).unwrap();
    assert!(matches!(refused.reply, Reply::Rejected(Reject::SoldOut(nights)) if nights.len() == 364), "every night is named");
    let nights = stay("2026-12-01", "2026-12-03");
    apply(&mut rows, &command(book(2, nights, vec![room("STD", "FLEX", 1)])), at).unwrap();
    assert!(!rows.iter().any(|(key, _)| matches!(key, Key::BookingLine(..))));
}
