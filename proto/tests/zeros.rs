//! A zero is a value: `Some(0)`, an empty value and `None` stay apart in every optional field of every command and row.
//! Protobuf leaves zeros out, so a field that is stored without its presence loses them.
#![allow(clippy::unwrap_used, reason = "a test stops at the first surprise")]

mod pinned;

use keyrack_inventory::*;
use keyrack_proto::{commands, rows};

/// Values of one optional field in an otherwise equal command.
fn assert_commands_stay_apart(name: &str, variants: &[Command]) {
    for command in variants {
        assert_eq!(commands::decode(commands::encode(command)).as_ref(), Ok(command), "{name}");
    }
    for (place, command) in variants.iter().enumerate() {
        assert!(!variants[..place].contains(command), "{name}: the variants differ");
    }
}

fn assert_rows_stay_apart(name: &str, key: &Key, variants: &[Row]) {
    for (place, row) in variants.iter().enumerate() {
        let mut bytes = Vec::new();
        rows::encode(row, &mut bytes);
        assert_eq!(rows::decode(key, &bytes).as_ref(), Ok(row), "{name}");
        assert!(!variants[..place].contains(row), "{name}: the variants differ");
    }
}

/// The operation with another expected revision; `None` if it expects none.
fn with_revision(op: &Op, revision: Option<u32>) -> Option<Op> {
    let mut op = op.clone();
    match &mut op {
        Op::PutProperty { expected_revision, .. }
        | Op::PutRoomType { expected_revision, .. }
        | Op::PutRatePlan { expected_revision, .. }
        | Op::Amend { expected_revision, .. }
        | Op::Cancel { expected_revision, .. }
        | Op::CheckIn { expected_revision, .. }
        | Op::CheckOut { expected_revision, .. }
        | Op::RevertCheckIn { expected_revision, .. }
        | Op::Reinstate { expected_revision, .. }
        | Op::NoShow { expected_revision, .. } => *expected_revision = revision,
        _ => return None,
    }
    Some(op)
}

#[test]
fn expected_revisions() {
    let mut found = 0;
    for (name, op) in pinned::ops() {
        let variants: Vec<Command> = [None, Some(0), Some(1)]
            .into_iter()
            .filter_map(|revision| with_revision(&op, revision))
            .map(pinned::command)
            .collect();
        found += usize::from(!variants.is_empty());
        assert_commands_stay_apart(name, &variants);
    }
    assert_eq!(found, 12, "an operation with an expected revision is missing");
}

fn nothing() -> AriUpdate {
    AriUpdate {
        room_type: ShortCode::new("DLX").unwrap(),
        rate_plan: None,
        dates: DateRange::new(Night(0), Night(0)).unwrap(),
        days: Weekdays(0),
        capacity: None,
        out_of_order: None,
        rate: None,
        clear_capacity: false,
        clear_rate: false,
        stop_sell: None,
        closed_to_arrival: None,
        closed_to_departure: None,
        min_stay_arrival: None,
        min_stay_through: None,
        max_stay: None,
    }
}

#[test]
fn fields_of_an_ari_update() {
    let update = |set: &dyn Fn(&mut AriUpdate)| {
        let mut update = nothing();
        set(&mut update);
        pinned::command(Op::UpdateAri(vec![update]))
    };
    let flag = |set: fn(&mut AriUpdate, Option<bool>)| [None, Some(false), Some(true)].map(|to| update(&|u| set(u, to)));
    let length = |set: fn(&mut AriUpdate, Option<u16>)| [None, Some(0), Some(1)].map(|to| update(&|u| set(u, to)));
    let rooms = |set: fn(&mut AriUpdate, Option<u32>)| [None, Some(0), Some(1)].map(|to| update(&|u| set(u, to)));
    let rates = [None, Some(0), Some(1)].map(|rate| update(&|u| u.rate = rate));
    for (name, variants) in [
        ("capacity", rooms(|u, to| u.capacity = to)),
        ("out of order", rooms(|u, to| u.out_of_order = to)),
        ("rate", rates),
        ("stop sell", flag(|u, to| u.stop_sell = to)),
        ("closed to arrival", flag(|u, to| u.closed_to_arrival = to)),
        ("closed to departure", flag(|u, to| u.closed_to_departure = to)),
        ("minimum stay on arrival", length(|u, to| u.min_stay_arrival = to)),
        ("minimum stay through", length(|u, to| u.min_stay_through = to)),
        ("maximum stay", length(|u, to| u.max_stay = to)),
    ] {
        assert_commands_stay_apart(name, &variants);
    }
    let plan = |text| ShortCode::new(text).unwrap();
    let plans = [None, Some(plan("0")), Some(plan("FLEX"))].map(|plan| update(&|u| u.rate_plan = plan));
    assert_commands_stay_apart("rate plan", &plans);
}

#[test]
fn fields_of_an_amendment() {
    let amend = |arrival, departure, rooms, guest| {
        let (booking, seeds) = (BookingId([7; 16]), LeafSeeds::default());
        pinned::command(Op::Amend {
            booking,
            arrival,
            departure,
            rooms,
            guest,
            guest_of: None,
            seeds,
            expected_revision: None,
            override_reason: None,
        })
    };
    let room = |quantity, children_ages| {
        let (room_type, rate_plan) = (ShortCode::new("0").unwrap(), ShortCode::new("0").unwrap());
        RoomRequest { room_type, rate_plan, quantity, adults: 0, children_ages, seller_nightly: Vec::new() }
    };
    let nights = [None, Some(Night(0)), Some(Night(1))];
    assert_commands_stay_apart("arrival", &nights.map(|night| amend(night, None, None, None)));
    assert_commands_stay_apart("departure", &nights.map(|night| amend(None, night, None, None)));
    let rooms = [None, Some(vec![room(0, vec![])]), Some(vec![room(0, vec![0])]), Some(vec![room(1, vec![0, 0])])];
    assert_commands_stay_apart("rooms", &rooms.map(|rooms| amend(None, None, rooms, None)));
    let sealed = |ciphertext: &[u8], wrapped_key: &[u8]| {
        Some(Sealed { ciphertext: ciphertext.to_vec(), wrapped_key: wrapped_key.to_vec() })
    };
    let guests = [None, sealed(&[0], &[]), sealed(&[], &[0]), sealed(&[0], &[0])];
    assert_commands_stay_apart("guest", &guests.map(|guest| amend(None, None, None, guest)));
}

#[test]
fn idempotency_keys_callers_and_seeds() {
    let tick = |request, by| Command { property: PropertyNumber(0), request, by, op: Op::Tick };
    let key = |digest, fingerprint| Some(RequestKey { digest: [digest; 16], fingerprint: [fingerprint; 16] });
    let keys = [None, key(0, 0), key(0, 1), key(1, 0)];
    assert_commands_stay_apart("idempotency key", &keys.map(|request| tick(request, None)));
    let by = |who| Some(Actor { who, from: [0; 16] });
    let principal = |number, credential| by(Who::Principal { number, credential });
    let callers = [
        None,
        by(Who::Unauthenticated),
        by(Who::Trusted(Role::Operator, String::new())),
        principal(1, 0),
        principal(1, 1),
        by(Who::Guest(BookingId([0; 16]))),
    ];
    assert_commands_stay_apart("caller", &callers.map(|by| tick(None, by)));
    let salts = |price, channel_ref, unit| TermSalts { price: [price; 16], channel_ref: [channel_ref; 16], unit: [unit; 16] };
    let seeds = [
        (vec![], salts(0, 0, 0)),
        (vec![[0; 32]], salts(0, 0, 0)),
        (vec![[0; 32]; 2], salts(0, 0, 0)),
        (vec![], salts(1, 0, 0)),
        (vec![], salts(0, 1, 0)),
        (vec![], salts(0, 0, 1)),
    ];
    let confirm = |(guest, salts)| Op::ConfirmHold {
        hold: HoldId([0; 16]),
        booking: BookingId([0; 16]),
        guest: Sealed::default(),
        channel_ref: String::new(),
        payment_token: String::new(),
        seeds: LeafSeeds { guest, salts, lookups: Vec::new() },
        number: None,
        expected_total: None,
        guests: Vec::new(),
    };
    assert_commands_stay_apart("seeds", &seeds.map(|seeds| pinned::command(confirm(seeds))));
}

/// The pinned row with this name.
fn pinned_row(name: &str) -> (Key, Row) {
    let found = pinned::rows().into_iter().find(|(known, ..)| *known == name);
    found.map(|(_, key, row)| (key, row)).unwrap()
}

#[test]
fn fields_of_a_booking() {
    let (key, Row::Booking(pinned)) = pinned_row("booking of a seller") else { panic!("not a booking") };
    let row = |set: &dyn Fn(&mut Booking)| {
        let mut booking = Booking::clone(&pinned);
        set(&mut booking);
        Row::Booking(booking.into())
    };
    let amounts = [None, Some(0), Some(1)];
    assert_rows_stay_apart("cancellation fee", &key, &amounts.map(|fee| row(&|b| b.cancellation_fee = fee)));
    assert_rows_stay_apart("leaf", &key, &amounts.map(|leaf| row(&|b| b.leaf = leaf)));
    assert_rows_stay_apart("seller", &key, &[0, 1].map(|seller| row(&|b| b.seller = seller)));
    let prices = [vec![], vec![0], vec![0, 0], vec![0, 1]];
    assert_rows_stay_apart("nightly prices", &key, &prices.map(|prices| row(&|b| b.rooms[0].nightly = prices.clone())));
    let ages = [vec![], vec![0], vec![0, 0], vec![0, 17]];
    assert_rows_stay_apart("ages", &key, &ages.map(|ages| row(&|b| b.rooms[0].children_ages = ages.clone())));
    let fees = [Fee::None, Fee::FirstNight, Fee::BasisPoints(0), Fee::BasisPoints(1)];
    let policies = fees.map(|fee| [0, 1].map(|free_until_days| CancellationPolicy { free_until_days, fee })).concat();
    let variants: Vec<Row> = policies.iter().map(|policy| row(&|b| b.rooms[0].policy = *policy)).collect();
    assert_rows_stay_apart("policy", &key, &variants);
}

#[test]
fn fields_of_a_property() {
    let (key, Row::Property(pinned)) = pinned_row("property") else { panic!("not a property") };
    let limit = |house_limit| {
        let mut property = Property::clone(&pinned);
        property.details.house_limit = house_limit;
        Row::Property(property.into())
    };
    assert_rows_stay_apart("house limit", &key, &[None, Some(0), Some(1)].map(limit));
    let put = |house_limit| {
        let details = PropertyDetails { house_limit, ..pinned.details.clone() };
        let (id, business_date) = (String::new(), Night(0));
        pinned::command(Op::PutProperty { id, details, business_date, expected_revision: None })
    };
    assert_commands_stay_apart("house limit of a command", &[None, Some(0), Some(1)].map(put));
}

/// One night differs from the 30 others, also the first and the last.
#[test]
fn cells_of_pages() {
    for place in [0, 1, 27, 28, 29, 30] {
        let (key, Row::Page(_)) = pinned_row("page") else { panic!("not a page") };
        for others in [None, Some(0), Some(7)] {
            let page = |capacity| {
                let mut page = Page { cells: vec![Cell { capacity: others, ..Cell::default() }; 31] };
                page.cells[place].capacity = capacity;
                Row::Page(page.into())
            };
            assert_rows_stay_apart("capacity", &key, &[None, Some(0), Some(1), Some(MAX_CAPACITY)].map(page));
        }
        let (key, Row::Rates(_)) = pinned_row("rates") else { panic!("not a rate page") };
        for others in [None, Some(0), Some(7)] {
            let page = |rate| {
                let mut page = RatePage { cells: vec![RateCell { rate: others, ..RateCell::default() }; 31] };
                page.cells[place].rate = rate;
                Row::Rates(page.into())
            };
            assert_rows_stay_apart("rate", &key, &[None, Some(0), Some(1), Some(MAX_MINOR)].map(page));
        }
    }
}

#[test]
fn fields_of_a_journal_line() {
    let (key, Row::Journal(pinned)) = pinned_row("journal with a mark") else { panic!("not a journal line") };
    let row = |set: &dyn Fn(&mut Entry)| {
        let mut entry = Entry::clone(&pinned);
        set(&mut entry);
        Row::Journal(entry.into())
    };
    assert_rows_stay_apart("request", &key, &[None, Some([0; 16])].map(|request| row(&|e| e.request = request)));
    let mark = |record| {
        let actor = Actor { who: Who::Unauthenticated, from: [0; 16] };
        Some(Mark { actor, action: Action(0), record, reason: None, link: [0; 32] })
    };
    let marks = [None, mark(None), mark(Some([0; 16]))];
    assert_rows_stay_apart("mark", &key, &marks.map(|mark| row(&|e| e.mark = mark.clone())));
    let night = |restriction| {
        let refused = RefusedNight { night: Night(0), room_type: ShortCode::new("0").unwrap(), available: 0, restriction };
        Reply::Rejected(Reject::SoldOut(vec![refused]))
    };
    let replies = [night(None), night(Some(Restriction::StopSell)), Reply::Rejected(Reject::SoldOut(Vec::new()))];
    assert_rows_stay_apart("refused night", &key, &replies.map(|reply| row(&|e| e.reply = reply.clone())));
    let replies = [
        Reply::Done,
        Reply::BusinessDate(Night(0)),
        Reply::AriUpdated { updates: 0, nights: 0, past: 0 },
        Reply::Rejected(Reject::RevisionMismatch { current: 0 }),
        Reply::Rejected(Reject::HoldQuota { room_minutes: 0 }),
    ];
    assert_rows_stay_apart("reply", &key, &replies.map(|reply| row(&|e| e.reply = reply.clone())));
}
