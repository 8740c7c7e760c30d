//! Callers, their grants, and a property with bookings and holds of two sellers.
#![allow(dead_code, reason = "every test file uses some of these")]
#![allow(clippy::unwrap_used, reason = "a test stops at the first surprise")]

use std::collections::BTreeMap;

use keyrack_inventory::*;

use crate::fixture::*;

/// The calling principal in most tests. Bookings 1 and 3 and hold 1 are its own.
pub const SELF: u32 = 3;
/// Another principal. Bookings 2 and 4 and hold 2 are its own.
pub const OTHER: u32 = 4;
/// Another property in another region.
pub const FAR: PropertyNumber = PropertyNumber(8);
/// A property that does not exist.
pub const NOWHERE: PropertyNumber = PropertyNumber(9);

pub fn actor(who: Who) -> Actor {
    Actor { who, from: [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff, 192, 0, 2, 1] }
}

pub fn principal(number: u32) -> Who {
    Who::Principal { number, credential: 1 }
}

pub fn trusted(role: Role) -> Who {
    Who::Trusted(role, format!("the {}", role.name()))
}

pub fn asked(who: Who, op: Op) -> Command {
    Command { by: Some(actor(who)), ..command(op) }
}

pub fn keyed(digest: u64, command: Command) -> Command {
    Command { request: Some(key(digest, digest)), ..command }
}

/// A grant for all properties with credential 1, which never expires.
pub fn grant(role: Role) -> Grant {
    Grant {
        revision: 10,
        role,
        revoked: false,
        properties: Vec::new(),
        regions: Vec::new(),
        own_only: false,
        hold_room_minutes: 0,
        credentials: vec![Credential { number: 1, expires_at_ms: 0 }],
    }
}

/// Stores a grant with a newer revision than the stored one.
pub fn know(rows: &mut MemRows, number: u32, grant: Grant) {
    let known = match rows.get(&Key::Grant(number)).unwrap() {
        Some(Row::Grant(known)) => known.revision,
        _ => 0,
    };
    let at_ms = clock(rows).last_at_ms;
    let grant = Grant { revision: known + 1, ..grant };
    assert_eq!(run(rows, Op::PutGrant { number, grant }, at_ms), Reply::Done);
}

pub fn clock(rows: &mut MemRows) -> Meta {
    match rows.get(&Key::Meta).unwrap() {
        Some(Row::Meta(meta)) => *meta,
        _ => Meta::default(),
    }
}

pub fn in_region(region: &str) -> PropertyDetails {
    PropertyDetails { home_region: region.to_owned(), no_show_on_close: true, ..details() }
}

/// Two properties. The key inn is in `eu`: bookings 1 and 2 are due, 3 and 4 are checked in, holds 1 and 2 are open.
pub fn two_properties() -> MemRows {
    let mut rows = key_inn();
    let far = Op::PutProperty {
        id: "far-inn".to_owned(),
        details: in_region("us"),
        business_date: first_date(),
        expected_revision: None,
    };
    let mut said = vec![
        Command { property: FAR, ..command(far) },
        command(put_property(in_region("eu"))),
        command(put_room_type(room_type("STD", 500))),
    ];
    for op in [put_room_type(room_type("STD", 500)), put_rate_plan(rate_plan("FLEX"))] {
        said.push(Command { property: FAR, ..command(op) });
    }
    let nights = stay("2026-11-26", "2026-11-28");
    let rooms = || vec![room("STD", "FLEX", 1)];
    for (place, seller) in [SELF, OTHER].into_iter().enumerate() {
        let place = place as u64;
        know(&mut rows, seller, grant(Role::Manager));
        said.push(asked(principal(seller), book(1 + place, nights, rooms())));
        said.push(asked(principal(seller), book(3 + place, nights, rooms())));
        said.push(asked(principal(seller), check_in(3 + place)));
        said.push(asked(principal(seller), place_hold(1 + place, nights, rooms(), 600_000)));
    }
    for command in said {
        let outcome = apply(&mut rows, &command, morning_ms()).unwrap();
        assert!(!matches!(outcome.reply, Reply::Rejected(_)), "{outcome:?}");
    }
    rows
}

/// As [`two_properties`], with the cancelled bookings 5 and 6 of the two sellers.
pub fn with_cancellations() -> MemRows {
    let mut rows = two_properties();
    for (place, seller) in [SELF, OTHER].into_iter().enumerate() {
        let number = 5 + place as u64;
        let made = book(number, stay("2026-11-26", "2026-11-28"), vec![room("STD", "FLEX", 1)]);
        for op in [made, cancel(number)] {
            let reply = apply(&mut rows, &asked(principal(seller), op), morning_ms()).unwrap().reply;
            assert!(matches!(reply, Reply::Booking(_)), "{reply:?}");
        }
    }
    rows
}

/// The keys whose rows differ, ascending.
pub fn changed(before: &MemRows, after: &MemRows) -> Vec<Key> {
    let [before, after]: [BTreeMap<&Key, &Row>; 2] = [before, after].map(|rows| rows.iter().collect());
    let keys: std::collections::BTreeSet<&Key> = before.keys().chain(after.keys()).copied().collect();
    keys.into_iter().filter(|key| before.get(key) != after.get(key)).copied().collect()
}

/// The newest line of the journal.
pub fn newest_line(rows: &mut MemRows) -> Entry {
    let sequence = clock(rows).next_sequence - 1;
    match rows.get(&Key::Journal(sequence)).unwrap() {
        Some(Row::Journal(entry)) => Entry::clone(entry),
        other => panic!("no journal line {sequence}: {other:?}"),
    }
}

/// Asserts that the command added only its audit record and the count of refusals, and with `kept` also its idempotency record.
pub fn assert_only_recorded(before: &MemRows, after: &MemRows, command: &Command, reply: &Reply, kept: bool) {
    let (was, is) = (clock(&mut before.clone()), clock(&mut after.clone()));
    let refusals = match command.by.as_ref().map(|actor| &actor.who) {
        Some(Who::Principal { number, .. }) => Key::Refusals(*number),
        Some(Who::Guest(_)) => Key::Refusals(u32::MAX),
        _ => Key::Refusals(0),
    };
    let mut expected = vec![Key::Meta, refusals, Key::Journal(was.next_sequence)];
    expected.extend(command.request.filter(|_| kept).map(|key| Key::Request(key.digest)));
    expected.sort();
    assert_eq!(changed(before, after), expected, "{command:?}");
    let one_more = Meta {
        next_sequence: was.next_sequence + 1,
        audit_count: was.audit_count + 1,
        audit_link: is.audit_link,
        audit_unsealed_since_ms: is.audit_unsealed_since_ms,
        ..was
    };
    assert_eq!(is, one_more, "{command:?}");
    let line = newest_line(&mut after.clone());
    assert_eq!((&line.happened, &line.reply), (&JournalEvent::Nothing, reply));
    let mark = line.mark.expect("the line has a mark");
    assert_eq!((Some(&mark.actor), mark.link), (command.by.as_ref(), is.audit_link));
}
