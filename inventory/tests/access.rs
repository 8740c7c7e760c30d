//! Every operation by every kind of caller, against tables written by hand. A refused caller changes nothing and learns
//! nothing, and the audit trail records the attempt.
#![allow(clippy::unwrap_used, reason = "a test stops at the first surprise")]

mod callers;
mod fixture;

use callers::*;
use fixture::*;
use keyrack_inventory::*;

/// Which roles may do it: Operator, Manager, Channel, Desk, Auditor, Guest.
const OPERATIONS: [(&str, &str); 24] = [
    ("put property", "OM    "),
    ("put room type", "OM    "),
    ("put rate plan", "OM    "),
    ("update ari", "OM    "),
    ("close business date", "OM    "),
    ("place hold", "OMCD  "),
    ("confirm hold", "OMCD  "),
    ("release hold", "OMCD G"),
    ("book", "OMCD  "),
    ("amend", "OMCD  "),
    ("cancel", "OMCD G"),
    ("check in", "OM D  "),
    ("check out", "OM D  "),
    ("no-show", "OM D  "),
    ("revert check-in", "OM D  "),
    ("reinstate", "OM D  "),
    ("erase guest", "OM    "),
    ("put grant", "O     "),
    // Only the cluster proposes these.
    ("tick", "      "),
    ("rewrap guest", "      "),
    ("put replica keys", "      "),
    ("put checkpoint", "      "),
    ("observe", "      "),
    ("seal audit", "      "),
];

const RIGHTS: [(Right, &str); 12] = [
    (Right::ReadInventory, "OMCDA "),
    (Right::ManageInventory, "OM    "),
    (Right::ReadBookings, "OMCDAG"),
    (Right::Sell, "OMCD  "),
    (Right::Cancel, "OMCD G"),
    (Right::RunDesk, "OM D  "),
    (Right::LinkGuests, "OMCD  "),
    (Right::EraseGuests, "OM    "),
    (Right::ReadTopology, "OMCDA "),
    (Right::ReadLog, "O   A "),
    (Right::ReadAudit, "O   A "),
    (Right::ManageCluster, "O     "),
];

fn has(who: &str, role: Role) -> bool {
    who.contains(match role {
        Role::Operator => 'O',
        Role::Manager => 'M',
        Role::Channel => 'C',
        Role::Desk => 'D',
        Role::Auditor => 'A',
        Role::Guest => 'G',
    })
}

fn may(operation: &str, role: Role) -> bool {
    OPERATIONS.iter().any(|(name, who)| *name == operation && has(who, role))
}

/// Whether an operation is about the property, a booking or a hold.
#[derive(Clone, Copy, PartialEq)]
enum About {
    House,
    Booking,
    Hold,
}

/// Every operation, so that it succeeds if it is permitted, on bookings and holds of the first or second seller.
fn operations(owner: u64) -> Vec<(&'static str, About, Op)> {
    let nights = stay("2026-11-26", "2026-11-28");
    let rooms = || vec![room("STD", "FLEX", 1)];
    let capacity = AriUpdate { capacity: Some(40), ..update("STD", None, "2026-12-01", "2026-12-02") };
    let (due, in_house) = (1 + owner, 3 + owner);
    let (from, to) = (vec![1], vec![2]);
    let seen = Observation {
        at_ms: 1,
        actor: actor(Who::Unauthenticated),
        action: Action::READ_BOOKING,
        property: HOTEL,
        record: None,
        verdict: Verdict(401),
        times: 1,
    };
    vec![
        ("put property", About::House, put_property(in_region("eu"))),
        ("put room type", About::House, put_room_type(room_type("ATTIC", 1))),
        ("put rate plan", About::House, put_rate_plan(rate_plan("SAVER"))),
        ("update ari", About::House, Op::UpdateAri(vec![capacity])),
        ("close business date", About::House, Op::CloseBusinessDate { expected_from: first_date() }),
        ("place hold", About::House, place_hold(90, nights, rooms(), 60_000)),
        ("confirm hold", About::Hold, confirm_hold(due, 90)),
        ("release hold", About::Hold, Op::ReleaseHold(hold_id(due))),
        ("book", About::House, book(90, nights, rooms())),
        ("amend", About::Booking, amend(due, None, None)),
        ("cancel", About::Booking, cancel(due)),
        ("check in", About::Booking, check_in(due)),
        ("check out", About::Booking, check_out(in_house)),
        ("no-show", About::Booking, no_show(due)),
        ("revert check-in", About::Booking, revert_check_in(in_house)),
        ("reinstate", About::Booking, reinstate(5 + owner)),
        ("erase guest", About::Booking, erase(due)),
        ("put grant", About::House, Op::PutGrant { number: 90, grant: grant(Role::Desk) }),
        ("tick", About::House, Op::Tick),
        ("rewrap guest", About::House, Op::RewrapGuest { booking: booking_id(due), from, to, lookups: Vec::new() }),
        ("put replica keys", About::House, Op::PutReplicaKeys(replica_keys(1, 1))),
        ("put checkpoint", About::House, Op::PutCheckpoint { size: 1, note: "note".to_owned() }),
        ("observe", About::House, Op::Observe(vec![seen])),
        ("seal audit", About::House, Op::SealAudit),
    ]
}

#[derive(Clone, Copy, Debug, PartialEq)]
enum Came {
    Done,
    Forbidden,
    NotFound,
}
use Came::{Done, Forbidden, NotFound};

/// Applies the command, and checks every change that it made.
fn ask(rows: &MemRows, command: &Command, at_ms: u64) -> (Came, MemRows) {
    let mut after = rows.clone();
    let outcome = apply(&mut after, command, at_ms).unwrap();
    let verdict = match &outcome.reply {
        Reply::Rejected(Reject::Forbidden) => Forbidden,
        Reply::Rejected(Reject::NotFound) => NotFound,
        Reply::Rejected(other) => panic!("{other:?} to {command:?}"),
        _ => Done,
    };
    if verdict == Done {
        assert_eq!(newest_line(&mut after).mark.map(|mark| mark.actor), command.by, "{command:?}");
    } else {
        assert!(!outcome.replayed && outcome.guest_key.is_none());
        assert_only_recorded(rows, &after, command, &outcome.reply, verdict == NotFound);
    }
    (verdict, after)
}

/// A way to call as a principal: its name, the credential, the grant, and whether it gives access to the key inn.
type Way = (&'static str, u32, fn(Grant) -> Option<Grant>, bool);

const WAYS: [Way; 20] = [
    ("everywhere", 1, Some, true),
    ("in this property", 1, |g| Some(Grant { properties: names(&["key-inn"]), ..g }), true),
    ("in two properties", 1, |g| Some(Grant { properties: names(&["far-inn", "key-inn"]), ..g }), true),
    ("in another property", 1, |g| Some(Grant { properties: names(&["far-inn"]), ..g }), false),
    ("in properties with similar ids", 1, |g| Some(Grant { properties: names(&["key", "key-inn-2"]), ..g }), false),
    ("in a property without an id", 1, |g| Some(Grant { properties: names(&[""]), ..g }), false),
    ("in this region", 1, |g| Some(Grant { regions: names(&["eu"]), ..g }), true),
    ("in another region", 1, |g| Some(Grant { regions: names(&["us"]), ..g }), false),
    (
        "in another property and this region",
        1,
        |g| Some(Grant { properties: names(&["far-inn"]), regions: names(&["eu"]), ..g }),
        true,
    ),
    (
        "in this property and another region",
        1,
        |g| Some(Grant { properties: names(&["key-inn"]), regions: names(&["us"]), ..g }),
        true,
    ),
    (
        "in a region with the property's id",
        1,
        |g| Some(Grant { properties: names(&["eu"]), regions: names(&["key-inn"]), ..g }),
        false,
    ),
    ("revoked", 1, |g| Some(Grant { revoked: true, ..g }), false),
    ("revoked, by a credential checked outside the cluster", 0, |g| Some(Grant { revoked: true, ..g }), false),
    ("unknown", 1, |_| None, false),
    ("by an unknown credential", 2, Some, false),
    ("by a removed credential", 1, |g| Some(Grant { credentials: vec![good(2, 0)], ..g }), false),
    ("by a credential checked outside the cluster", 0, |g| Some(Grant { credentials: Vec::new(), ..g }), true),
    ("by a credential that expires 1 ms later", 1, |g| Some(Grant { credentials: vec![good(1, morning_ms() + 1)], ..g }), true),
    ("by a credential that expires now", 1, |g| Some(Grant { credentials: vec![good(1, morning_ms())], ..g }), false),
    ("by one credential of two", 1, |g| Some(Grant { credentials: vec![good(2, 1), good(1, 0)], ..g }), true),
];

fn names(names: &[&str]) -> Vec<String> {
    names.iter().map(|name| (*name).to_owned()).collect()
}

fn good(number: u32, expires_at_ms: u64) -> Credential {
    Credential { number, expires_at_ms }
}

#[test]
fn every_operation_by_every_principal() {
    let house = with_cancellations();
    for role in Role::ALL {
        for (way, credential, granted, reaches) in WAYS {
            let mut rows = house.clone();
            // A principal that is limited to some properties must not change the scopes of principals.
            let narrow = granted(grant(role)).is_some_and(|g| !g.properties.is_empty() || !g.regions.is_empty());
            let number = match granted(grant(role)) {
                Some(grant) => {
                    know(&mut rows, SELF, grant);
                    SELF
                }
                None => 77,
            };
            for (operation, _, op) in operations(0) {
                let beyond = narrow && operation == "put grant";
                let expected = if reaches && may(operation, role) && !beyond { Done } else { Forbidden };
                let command = keyed(1, asked(Who::Principal { number, credential }, op));
                assert_eq!(ask(&rows, &command, morning_ms()).0, expected, "{operation} by a {} {way}", role.name());
            }
        }
    }
}

/// Only bookings and holds have an owner. A property has none, so operations on it are allowed.
#[test]
fn an_own_only_principal_does_not_find_what_others_made() {
    let house = with_cancellations();
    for role in Role::ALL {
        let mut rows = house.clone();
        know(&mut rows, SELF, Grant { own_only: true, ..grant(role) });
        for owner in [0, 1] {
            for (operation, about, op) in operations(owner) {
                let expected = match may(operation, role) {
                    false => Forbidden,
                    true if owner == 1 && about != About::House => NotFound,
                    true => Done,
                };
                let command = keyed(1, asked(principal(SELF), op));
                let came = ask(&rows, &command, morning_ms()).0;
                assert_eq!(came, expected, "{operation} by a {} on bookings and holds of seller {owner}", role.name());
            }
        }
    }
}

#[test]
fn every_operation_by_callers_that_are_not_principals() {
    let rows = with_cancellations();
    for (operation, about, op) in operations(0) {
        let verdict = |who| ask(&rows, &keyed(1, asked(who, op.clone())), morning_ms()).0;
        assert_eq!(verdict(Who::Unauthenticated), Forbidden, "{operation} by an unauthenticated caller");
        for role in Role::ALL {
            let expected = if may(operation, role) { Done } else { Forbidden };
            assert_eq!(verdict(trusted(role)), expected, "{operation} by a trusted {}", role.name());
        }
        // The operations on a due booking are on booking 1.
        let own = if may(operation, Role::Guest) { [NotFound, Done][usize::from(about == About::Booking)] } else { Forbidden };
        let other = if may(operation, Role::Guest) { NotFound } else { Forbidden };
        assert_eq!(verdict(Who::Guest(booking_id(1))), own, "{operation} by its guest");
        assert_eq!(verdict(Who::Guest(booking_id(2))), other, "{operation} by another guest");
        assert_eq!(verdict(Who::Guest(booking_id(99))), other, "{operation} by the guest of a booking that does not exist");
        assert_eq!(verdict(Who::Guest(BookingId::new(FAR, 0, 1))), Forbidden, "{operation} by a guest of another property");
    }
    for who in [Who::Unauthenticated, trusted(Role::Operator)] {
        let unasked = Command { by: None, ..asked(who, cancel(1)) };
        assert!(matches!(apply(&mut rows.clone(), &unasked, morning_ms()).unwrap().reply, Reply::Booking(_)));
    }
}

/// The same rights for reads.
#[test]
fn every_right_of_every_role() {
    assert_eq!(RIGHTS.map(|(right, _)| right), Right::ALL);
    let mut rows = with_cancellations();
    let at = |right, property, who: &Who, rows: &mut MemRows| {
        permits(rows, RightQuery { who, right, property, now_ms: morning_ms() }).unwrap()
    };
    for (right, who) in RIGHTS {
        for role in Role::ALL {
            let yes = |scope| if has(who, role) { Ok(scope) } else { Err(Reject::Forbidden) };
            assert_eq!(at(right, HOTEL, &trusted(role), &mut rows), yes(Scope::All), "{right:?} of a trusted {}", role.name());
            for (own_only, scope) in [(false, Scope::All), (true, Scope::Own(SELF))] {
                know(&mut rows, SELF, Grant { own_only, properties: names(&["key-inn"]), ..grant(role) });
                let me = principal(SELF);
                let yes = |scope| if right == Right::ManageCluster { Err(Reject::Forbidden) } else { yes(scope) };
                assert_eq!(at(right, HOTEL, &me, &mut rows), yes(scope), "{right:?} of a {}", role.name());
                assert_eq!(at(right, PropertyNumber(0), &me, &mut rows), yes(scope), "{right:?} without a property");
                for elsewhere in [FAR, NOWHERE] {
                    assert_eq!(at(right, elsewhere, &me, &mut rows), Err(Reject::Forbidden), "{right:?} on another property");
                }
            }
        }
        let guest = Who::Guest(booking_id(1));
        let yes = if has(who, Role::Guest) { Ok(Scope::Booking(booking_id(1))) } else { Err(Reject::Forbidden) };
        for (place, expected) in [(HOTEL, &yes), (PropertyNumber(0), &yes), (FAR, &Err(Reject::Forbidden))] {
            assert_eq!(at(right, place, &guest, &mut rows), *expected, "{right:?} of a guest in {place:?}");
        }
        assert_eq!(at(right, HOTEL, &Who::Unauthenticated, &mut rows), Err(Reject::Forbidden));
    }
    assert_eq!(Role::ALL.map(Role::sees_guests), [true, true, true, true, false, true]);
    assert!(Role::ALL.iter().all(|role| Role::parse(role.name()) == Some(*role)));
}

/// A property outside the caller's scope and a property that does not exist get the same answer.
#[test]
fn a_refusal_does_not_reveal_whether_a_property_exists() {
    let house = with_cancellations();
    let [near, eu] = [(names(&["key-inn"]), Vec::new()), (Vec::new(), names(&["eu"]))];
    for role in Role::ALL {
        for (properties, regions) in [near.clone(), eu.clone()] {
            let mut rows = house.clone();
            know(&mut rows, SELF, Grant { properties, regions, ..grant(role) });
            for (operation, _, op) in operations(0) {
                // This includes a caller that adds a property with an id and region outside its grant.
                let op = match op {
                    Op::PutProperty { business_date, .. } => {
                        let id = "third-inn".to_owned();
                        Op::PutProperty { id, details: in_region("us"), business_date, expected_revision: None }
                    }
                    op => op,
                };
                for who in [principal(SELF), Who::Guest(booking_id(1))] {
                    let answers = [FAR, NOWHERE].map(|property| {
                        let command = Command { property, ..asked(who.clone(), op.clone()) };
                        let (verdict, after) = ask(&rows, &command, morning_ms());
                        let mut line = newest_line(&mut after.clone());
                        (line.property, line.mark) = (HOTEL, None);
                        (verdict, changed(&rows, &after), line)
                    });
                    assert_eq!(answers[0], answers[1], "{operation} by a {}", role.name());
                    assert_eq!(answers[0].0, Forbidden);
                }
            }
        }
    }
}

/// The new property has no row yet, so the grant is compared with the id and region in the command.
#[test]
fn a_new_property_must_be_in_the_callers_scope() {
    for (properties, regions, expected) in [
        (vec![], vec![], Done),
        (names(&["new-inn"]), vec![], Done),
        (vec![], names(&["us"]), Done),
        (names(&["key-inn"]), vec![], Forbidden),
        (vec![], names(&["eu"]), Forbidden),
    ] {
        for role in Role::ALL {
            let mut rows = with_cancellations();
            know(&mut rows, SELF, Grant { properties: properties.clone(), regions: regions.clone(), ..grant(role) });
            let (id, details) = ("new-inn".to_owned(), in_region("us"));
            let op = Op::PutProperty { id, details, business_date: first_date(), expected_revision: None };
            let command = Command { property: NOWHERE, ..asked(principal(SELF), op) };
            let expected = if may("put property", role) { expected } else { Forbidden };
            assert_eq!(ask(&rows, &command, morning_ms()).0, expected, "{properties:?} {regions:?} {}", role.name());
            for who in
                [Who::Guest(booking_id(1)), Who::Unauthenticated, Who::Principal { number: SELF, credential: 2 }, principal(77)]
            {
                let command = Command { by: Some(actor(who)), ..command.clone() };
                assert_eq!(ask(&rows, &command, morning_ms()).0, Forbidden);
            }
        }
    }
}
