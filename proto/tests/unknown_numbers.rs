//! Numbers of variants: each decoder reads exactly the numbers that were ever written, and refuses all others. A value
//! of a newer version must stop a node rather than become another value.
#![allow(clippy::unwrap_used, reason = "a test stops at the first surprise")]

use bytes::Bytes;
use keyrack_inventory::*;
use keyrack_proto::{Malformed, access, commands, internal as pb, rows};
use prost::Message;

/// Small numbers, and large ones that look like small numbers once they are cut to 8 or 16 bits.
fn numbers() -> impl Iterator<Item = u32> {
    (0..=1_024).chain((0..40).map(|low| 0x1_0000 + low)).chain((0..40).map(|low| 0x8000_0000 + low)).chain([u32::MAX])
}

/// Decodes every number. `known` has the numbers that were ever written; all others must be refused as `malformed`.
fn assert_reads_only<T: PartialEq + std::fmt::Debug>(
    known: &[(u32, T)],
    malformed: &'static str,
    read: impl Fn(u32) -> Result<T, Malformed>,
) {
    for number in numbers() {
        let expected = known.iter().find(|(known, _)| *known == number).map(|(_, value)| value);
        match (read(number), expected) {
            (Ok(is), Some(expected)) => assert_eq!(is, *expected, "{malformed} {number}"),
            (Err(is), None) => assert_eq!(is, Malformed(malformed), "{number}"),
            (is, expected) => panic!("{malformed} {number} is {is:?} instead of {expected:?}"),
        }
    }
}

fn id(byte: u8) -> Bytes {
    vec![byte; 16].into()
}

fn done() -> Option<pb::Reply> {
    Some(pb::Reply { reply: Some(pb::reply::Reply::Done(pb::Nothing {})) })
}

fn booking_row() -> pb::BookingRow {
    pb::BookingRow { id: id(7), state: 1, departure: 1, currency: "EUR".into(), ..pb::BookingRow::default() }
}

fn read_booking(row: &pb::BookingRow) -> Result<Booking, Malformed> {
    match rows::decode(&Key::Booking(BookingId([7; 16])), &row.encode_to_vec())? {
        Row::Booking(booking) => Ok(Booking::clone(&booking)),
        other => panic!("not a booking: {other:?}"),
    }
}

fn read_line(row: &pb::JournalRow) -> Result<Entry, Malformed> {
    match rows::decode(&Key::Journal(1), &row.encode_to_vec())? {
        Row::Journal(entry) => Ok(*entry),
        other => panic!("not a journal line: {other:?}"),
    }
}

const STATES: [(u32, BookingState); 5] = [
    (1, BookingState::Confirmed),
    (2, BookingState::CheckedIn),
    (3, BookingState::CheckedOut),
    (4, BookingState::Cancelled),
    (5, BookingState::NoShow),
];

#[test]
fn states_of_bookings() {
    let read = |state| read_booking(&pb::BookingRow { state, ..booking_row() }).map(|booking| booking.state);
    assert_reads_only(&STATES, "booking state", read);
}

#[test]
fn states_of_holds() {
    let read = |state| {
        let row =
            pb::HoldRow { id: id(7), state, booking: id(8), departure: 1, currency: "EUR".into(), ..pb::HoldRow::default() };
        match rows::decode(&Key::Hold(HoldId([7; 16])), &row.encode_to_vec())? {
            Row::Hold(hold) => Ok(hold.state),
            other => panic!("not a hold: {other:?}"),
        }
    };
    let known =
        [(1, HoldState::Open), (2, HoldState::Confirmed(BookingId([8; 16]))), (3, HoldState::Released), (4, HoldState::Expired)];
    assert_reads_only(&known, "hold state", read);
}

/// A fee is read in a rate plan, in a command and in a booking.
#[test]
fn fees() {
    let known = [(0, Fee::None), (1, Fee::FirstNight), (2, Fee::BasisPoints(300))];
    let policy = |fee| Some(pb::Policy { free_until_days: 2, fee, basis_points: 300 });
    let plan = |fee| pb::RatePlanEntry {
        code: "FLEX".into(),
        currency: "EUR".into(),
        policy: policy(fee),
        ..pb::RatePlanEntry::default()
    };
    assert_reads_only(&known, "fee", |fee| {
        let details = Some(pb::PropertyDetails { currency: "EUR".into(), ..pb::PropertyDetails::default() });
        let row = pb::PropertyRow { details, rate_plans: vec![plan(fee)], ..pb::PropertyRow::default() };
        match rows::decode(&Key::Property(PropertyNumber(7)), &row.encode_to_vec())? {
            Row::Property(property) => Ok(property.rate_plans[0].policy.fee),
            other => panic!("not a property: {other:?}"),
        }
    });
    assert_reads_only(&known, "fee", |fee| {
        let put = pb::PutRatePlan { rate_plan: Some(plan(fee)), expected_revision: None };
        match said(pb::command::Op::PutRatePlan(put))?.op {
            Op::PutRatePlan { rate_plan, .. } => Ok(rate_plan.policy.fee),
            other => panic!("not a rate plan: {other:?}"),
        }
    });
    assert_reads_only(&known, "fee", |fee| {
        let (room_type_code, rate_plan_code) = ("DLX".into(), "FLEX".into());
        let line = pb::RoomLine { room_type_code, rate_plan_code, policy: policy(fee), ..pb::RoomLine::default() };
        read_booking(&pb::BookingRow { rooms: vec![line], ..booking_row() }).map(|booking| booking.rooms[0].policy.fee)
    });
}

#[test]
fn events_of_journal_lines() {
    use JournalEvent::*;
    let known = [
        (0, Nothing),
        (1, PropertyChanged),
        (2, RoomTypeChanged),
        (3, RatePlanChanged),
        (4, AriUpdated(vec![ShortCode::new("DLX").unwrap()])),
        (5, HoldPlaced),
        (6, HoldConfirmed),
        (7, HoldReleased),
        (8, HoldExpired),
        (9, Booked),
        (10, Amended),
        (11, Cancelled),
        (12, CheckedIn),
        (13, CheckedOut),
        (14, NoShow),
        (15, BusinessDateClosed),
        (16, GuestErased),
        (17, Observed(Vec::new())),
        (18, CheckInReverted),
        (19, Reinstated),
    ];
    assert_reads_only(&known, "journal line", |happened| {
        let room_types = vec!["DLX".into()];
        read_line(&pb::JournalRow { happened, room_types, reply: done(), ..pb::JournalRow::default() }).map(|line| line.happened)
    });
}

fn read_reject(rejection: pb::Rejection) -> Result<Reject, Malformed> {
    let reply = Some(pb::Reply { reply: Some(pb::reply::Reply::Rejected(rejection)) });
    match read_line(&pb::JournalRow { reply, ..pb::JournalRow::default() })?.reply {
        Reply::Rejected(reject) => Ok(reject),
        other => panic!("not a refusal: {other:?}"),
    }
}

#[test]
fn refusals() {
    let code = ShortCode::new("DLX").unwrap();
    let (night, business_date) = (Night(3), Night(3));
    let nights = vec![RefusedNight { night, room_type: code, available: -1, restriction: None }];
    let known = [
        (1, Reject::UnknownProperty),
        (2, Reject::UnknownRoomType(code)),
        (3, Reject::UnknownRatePlan(code)),
        (4, Reject::NotFound),
        (5, Reject::ArrivalInPast { business_date }),
        (6, Reject::NoRooms),
        (7, Reject::TooManyRooms),
        (8, Reject::OccupancyExceeded { room_type: code, occupancy: 3 }),
        (9, Reject::CurrencyMismatch),
        (10, Reject::CapacityTooLarge),
        (11, Reject::RateWithoutPlan),
        (12, Reject::Restricted(nights.clone())),
        (13, Reject::SoldOut(nights)),
        (14, Reject::WrongState(BookingState::CheckedOut)),
        (15, Reject::WrongBusinessDate { business_date }),
        (16, Reject::NotDue { business_date }),
        (17, Reject::HoldExpired),
        (18, Reject::HoldClosed),
        (19, Reject::RevisionMismatch { current: 3 }),
        (20, Reject::KeyReused),
        (21, Reject::AmountTooLarge),
        (22, Reject::InvalidStay),
        (23, Reject::StayTooLong),
        (24, Reject::Forbidden),
        (25, Reject::HoldQuota { room_minutes: 3 }),
        (26, Reject::StayOver { business_date }),
        (27, Reject::DepartureInPast { business_date }),
        (28, Reject::TooLateToRevert { business_date }),
        (29, Reject::PriceChanged { total: Some(3), currency: Currency(*b"EUR") }),
        (30, Reject::DuplicateReference(BookingId([7; 16]))),
        (31, Reject::Retired(code)),
        (32, Reject::SellerPrices { nights: 3 }),
        (33, Reject::GuestsMissing { lines: 3 }),
        (34, Reject::GuestChanged),
    ];
    assert_reads_only(&known, "rejection", |kind| {
        let nights = vec![pb::NightLine { night: 3, room_type: "DLX".into(), available: -1, restriction: 0 }];
        let (code, currency, booking) = ("DLX".into(), "EUR".into(), vec![7; 16].into());
        read_reject(pb::Rejection { kind, code, number: 3, nights, amount: Some(3), currency, booking })
    });
    let states = STATES.map(|(number, state)| (number, Reject::WrongState(state)));
    assert_reads_only(&states, "booking state", |number| {
        read_reject(pb::Rejection { kind: 14, number, ..pb::Rejection::default() })
    });
}

#[test]
fn restrictions_of_refused_nights() {
    let known = [
        (0, None),
        (1, Some(Restriction::StopSell)),
        (2, Some(Restriction::ClosedToArrival)),
        (3, Some(Restriction::ClosedToDeparture)),
        (4, Some(Restriction::MinStayArrival)),
        (5, Some(Restriction::MinStayThrough)),
        (6, Some(Restriction::MaxStay)),
        (7, Some(Restriction::NoRate)),
    ];
    for kind in [12, 13] {
        assert_reads_only(&known, "restriction", |restriction| {
            let nights = vec![pb::NightLine { night: 3, room_type: "DLX".into(), available: 0, restriction }];
            match read_reject(pb::Rejection { kind, nights, ..pb::Rejection::default() })? {
                Reject::Restricted(nights) | Reject::SoldOut(nights) => Ok(nights[0].restriction),
                other => panic!("no nights: {other:?}"),
            }
        });
    }
}

/// A role is read in a grant, in an actor, and by nodes. An actor without a role is no trusted caller.
#[test]
fn roles() {
    let known =
        [(1, Role::Operator), (2, Role::Manager), (3, Role::Channel), (4, Role::Desk), (5, Role::Auditor), (6, Role::Guest)];
    assert_reads_only(&known, "role", access::role_of);
    assert_reads_only(&known, "role", |role| {
        match rows::decode(&Key::Grant(1), &pb::GrantRow { role, ..pb::GrantRow::default() }.encode_to_vec())? {
            Row::Grant(grant) => Ok(grant.role),
            other => panic!("not a grant: {other:?}"),
        }
    });
    let trusted = known.map(|(number, role)| (number, Who::Trusted(role, "desk".into())));
    let actors = [&[(0, Who::Unauthenticated)], &trusted[..]].concat();
    assert_reads_only(&actors, "role", |role| {
        let by = Some(pb::Actor { role, trusted: "desk".into(), from: id(1), ..pb::Actor::default() });
        let tick = Some(pb::command::Op::Tick(pb::Nothing {}));
        let command = pb::Command { by, op: tick, ..pb::Command::default() };
        commands::decode(command.encode_to_vec().into()).map(|command| command.by.unwrap().who)
    });
}

/// Bits of the restrictions of a night. A bit of a newer version is a restriction that this version would not respect.
#[test]
fn flags_of_restrictions() {
    let known: Vec<(u32, [bool; 3])> = (0..8).map(|flags| (flags, [flags & 1 > 0, flags & 2 > 0, flags & 4 > 0])).collect();
    let columns = |flags| Some(pb::RestrictionColumns { flags: vec![flags; 31], ..pb::RestrictionColumns::default() });
    let read = |r: Restrictions| [r.stop_sell, r.closed_to_arrival, r.closed_to_departure];
    let hotel = PropertyNumber(7);
    assert_reads_only(&known, "restrictions", |flags| {
        let row = pb::PageRow { restrictions: columns(flags), ..pb::PageRow::default() };
        match rows::decode(&Key::Page(hotel, RoomTypeIx(0), Month(1)), &row.encode_to_vec())? {
            Row::Page(page) => Ok(read(page.cells[30].restrictions)),
            other => panic!("not a page: {other:?}"),
        }
    });
    assert_reads_only(&known, "restrictions", |flags| {
        let row = pb::RatesRow { restrictions: columns(flags), ..pb::RatesRow::default() };
        match rows::decode(&Key::Rates(hotel, RoomTypeIx(0), RatePlanIx(0), Month(1)), &row.encode_to_vec())? {
            Row::Rates(page) => Ok(read(page.cells[30].restrictions)),
            other => panic!("not a page: {other:?}"),
        }
    });
}

fn said(op: pb::command::Op) -> Result<Command, Malformed> {
    commands::decode(pb::Command { op: Some(op), ..pb::Command::default() }.encode_to_vec().into())
}

/// A message with one field of this number: an empty message.
fn field(number: u32) -> Vec<u8> {
    let mut bytes = Vec::new();
    prost::encoding::encode_key(number, prost::encoding::WireType::LengthDelimited, &mut bytes);
    bytes.push(0);
    bytes
}

/// The operation of a command and the kind of a reply are field numbers. An unknown one leaves none.
#[test]
fn operations_and_replies_of_a_newer_version() {
    for number in [60, 100, 1_000, 100_000] {
        assert_eq!(commands::decode(field(number).into()), Err(Malformed("operation")), "operation {number}");
        let mut line = pb::JournalRow { reply: Some(pb::Reply { reply: None }), ..pb::JournalRow::default() }.encode_to_vec();
        assert_eq!(rows::decode(&Key::Journal(1), &line), Err(Malformed("reply")));
        // The reply again, now with an unknown kind.
        let reply = field(number);
        prost::encoding::encode_key(6, prost::encoding::WireType::LengthDelimited, &mut line);
        line.push(reply.len() as u8);
        line.extend(reply);
        assert_eq!(rows::decode(&Key::Journal(1), &line), Err(Malformed("reply")), "reply {number}");
    }
}
