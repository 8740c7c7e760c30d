//! Limits of encoded values from both sides: the largest value is read, the next one is malformed. A value that does not
//! fit its type is never cut.
#![allow(clippy::unwrap_used, reason = "a test stops at the first surprise")]

use bytes::Bytes;
use keyrack_inventory::*;
use keyrack_proto::{Malformed, commands, internal as pb, rows};
use prost::Message;

/// Night 20,000 is 2024-10-04, so these spans have a leap day and many month ends.
const FIRST: u32 = 20_000;
/// 2199-12-31.
const LAST: u32 = 84_005;

fn id() -> Bytes {
    vec![7; 16].into()
}

fn said(op: pb::command::Op) -> Result<Op, Malformed> {
    let command = pb::Command { op: Some(op), ..pb::Command::default() };
    commands::decode(command.encode_to_vec().into()).map(|command| command.op)
}

fn ari(line: pb::AriLine) -> Result<AriUpdate, Malformed> {
    match said(pb::command::Op::UpdateAri(pb::UpdateAri { lines: vec![line] }))? {
        Op::UpdateAri(updates) => Ok(updates[0].clone()),
        other => panic!("not an update: {other:?}"),
    }
}

fn line(from: u32, to: u32) -> pb::AriLine {
    pb::AriLine { room_type: "DLX".into(), from, to, days: 127, ..pb::AriLine::default() }
}

#[test]
fn an_ari_range_has_at_most_1096_days() {
    for (from, to, readable) in [
        (FIRST, FIRST, true),
        (FIRST, FIRST + 1_095, true),
        (FIRST, FIRST + 1_096, false),
        (FIRST, FIRST + 70_000, false),
        (FIRST, FIRST - 1, false),
        (LAST - 1_096, LAST - 1, true),
        (LAST - 1, LAST, false),
        (0, u32::MAX, false),
        (u32::MAX, u32::MAX, false),
    ] {
        let read = ari(line(from, to)).map(|update| (update.dates.from().0, update.dates.to().0));
        assert_eq!(read, if readable { Ok((from, to)) } else { Err(Malformed("date range")) });
    }
}

/// A stay is read in commands and in rows.
#[test]
fn a_stay_has_at_most_366_nights() {
    let place = |arrival, departure| {
        let hold = pb::PlaceHold { id: id(), arrival, departure, ..pb::PlaceHold::default() };
        said(pb::command::Op::PlaceHold(hold)).map(|_| ())
    };
    let book = |arrival, departure| {
        said(pb::command::Op::Book(pb::Book { id: id(), arrival, departure, ..pb::Book::default() })).map(|_| ())
    };
    let booking = |arrival, departure| {
        let (state, currency) = (1, "EUR".into());
        let row = pb::BookingRow { id: id(), state, arrival, departure, currency, ..pb::BookingRow::default() };
        rows::decode(&Key::Booking(BookingId([7; 16])), &row.encode_to_vec()).map(|_| ())
    };
    let hold = |arrival, departure| {
        let row = pb::HoldRow { id: id(), state: 1, arrival, departure, currency: "EUR".into(), ..pb::HoldRow::default() };
        rows::decode(&Key::Hold(HoldId([7; 16])), &row.encode_to_vec()).map(|_| ())
    };
    for (arrival, departure, readable) in [
        (FIRST, FIRST + 1, true),
        (FIRST, FIRST + 366, true),
        (FIRST, FIRST + 367, false),
        (FIRST, FIRST, false),
        (FIRST + 1, FIRST, false),
        (LAST - 366, LAST, true),
        (LAST, LAST + 1, false),
        (0, u32::MAX, false),
    ] {
        let expected = if readable { Ok(()) } else { Err(Malformed("stay")) };
        let read = [place(arrival, departure), book(arrival, departure), booking(arrival, departure), hold(arrival, departure)];
        assert_eq!(read, [(); 4].map(|()| expected.clone()), "{arrival} to {departure}");
    }
}

#[test]
fn a_number_that_does_not_fit_is_malformed() {
    let of_line = |set: fn(&mut pb::AriLine, u32)| {
        move |number| {
            let mut line = line(FIRST, FIRST);
            set(&mut line, number);
            ari(line).map(|_| ())
        }
    };
    let wish = |adults| {
        let rooms =
            vec![pb::RoomRequest { room_type: "DLX".into(), rate_plan: "FLEX".into(), adults, ..pb::RoomRequest::default() }];
        said(pb::command::Op::Book(pb::Book { id: id(), departure: 1, rooms, ..pb::Book::default() })).map(|_| ())
    };
    let of_room = |set: fn(&mut pb::RoomLine, u32)| {
        move |number| {
            let mut room =
                pb::RoomLine { room_type_code: "DLX".into(), rate_plan_code: "FLEX".into(), ..pb::RoomLine::default() };
            set(&mut room, number);
            let (state, departure, currency) = (1, 1, "EUR".into());
            let row = pb::BookingRow { id: id(), state, departure, currency, rooms: vec![room], ..pb::BookingRow::default() };
            rows::decode(&Key::Booking(BookingId([7; 16])), &row.encode_to_vec()).map(|_| ())
        }
    };
    let kind = |occupancy| {
        let room_type = Some(pb::RoomTypeEntry { code: "DLX".into(), occupancy, ..pb::RoomTypeEntry::default() });
        said(pb::command::Op::PutRoomType(pb::PutRoomType { room_type, expected_revision: None })).map(|_| ())
    };
    let free_days = of_room(|room, n| room.policy = Some(pb::Policy { free_until_days: n, ..pb::Policy::default() }));
    let longest = |number| {
        let columns = pb::RestrictionColumns { max_stay: vec![number; 31], ..pb::RestrictionColumns::default() };
        let row = pb::PageRow { restrictions: Some(columns), ..pb::PageRow::default() };
        rows::decode(&Key::Page(PropertyNumber(7), RoomTypeIx(0), Month(1)), &row.encode_to_vec()).map(|_| ())
    };
    type Reads<'r> = &'r dyn Fn(u32) -> Result<(), Malformed>;
    let table: [(&str, u32, Reads<'_>); 11] = [
        ("weekdays", 255, &of_line(|line, n| line.days = n)),
        ("stay length", 65_535, &of_line(|line, n| line.min_stay_arrival = Some(n))),
        ("stay length", 65_535, &of_line(|line, n| line.min_stay_through = Some(n))),
        ("stay length", 65_535, &of_line(|line, n| line.max_stay = Some(n))),
        ("stay length", 65_535, &longest),
        ("adults", 65_535, &wish),
        ("adults", 65_535, &of_room(|room, n| room.adults = n)),
        ("room type", 65_535, &of_room(|room, n| room.room_type = n)),
        ("rate plan", 65_535, &of_room(|room, n| room.rate_plan = n)),
        ("policy", 65_535, &free_days),
        ("occupancy", 65_535, &kind),
    ];
    for (name, most, read) in table {
        for number in [0, 1, most - 1, most] {
            assert_eq!(read(number), Ok(()), "{name} {number}");
        }
        for number in [most + 1, most + 2, 2 * most + 2, u32::MAX] {
            assert_eq!(read(number), Err(Malformed(name)), "{name} {number}");
        }
    }
}

/// A page has 31 places in every column that is not left out.
#[test]
fn a_column_has_31_places() {
    let page = |sold: usize| {
        let row = pb::PageRow { sold: vec![1; sold], ..pb::PageRow::default() };
        rows::decode(&Key::Page(PropertyNumber(7), RoomTypeIx(0), Month(1)), &row.encode_to_vec()).map(|_| ())
    };
    let rates = |rate: usize| {
        let row = pb::RatesRow { rate: vec![1; rate], ..pb::RatesRow::default() };
        let key = Key::Rates(PropertyNumber(7), RoomTypeIx(0), RatePlanIx(0), Month(1));
        rows::decode(&key, &row.encode_to_vec()).map(|_| ())
    };
    for places in 0..=40 {
        let expected = if places == 0 || places == 31 { Ok(()) } else { Err(Malformed("page")) };
        assert_eq!((page(places), rates(places)), (expected.clone(), expected), "{places} places");
    }
}
