//! Random commands for the implementation and the model: every answer, journal line and night must be equal.
//! `PROPTEST_CASES=20000` searches longer.
#![allow(clippy::unwrap_used, reason = "a test stops at the first surprise")]

mod almanac;
mod fixture;
mod model;
mod rarities;
mod steps;
mod trail;

use std::collections::BTreeMap;
use std::fmt::Write;

use keyrack_inventory::*;
use model::Model;
use proptest::prelude::*;
use steps::{Script, drawn::Steps};

const COMMANDS: usize = 250;
/// The number of sequences that together must reach every answer.
const SEQUENCES: usize = 1_000;
const AUDIT_EVERY: usize = 50;

fn config() -> ProptestConfig {
    let cases = std::env::var("PROPTEST_CASES").ok().and_then(|n| n.parse().ok()).unwrap_or(2_000);
    // Shrinking works on commands, so that the others keep their ids and times; see `shrink`.
    ProptestConfig { cases, max_shrink_iters: 0, failure_persistence: None, ..ProptestConfig::default() }
}

proptest! {
    #![proptest_config(config())]

    #[test]
    fn the_implementation_and_the_model_agree(steps in steps::steps(COMMANDS)) {
        let said = speak(&steps);
        if compare(&said).is_err() {
            let said = shrink(said);
            let surprise = compare(&said).expect_err("the shrunk commands still fail");
            prop_assert!(false, "{surprise}\n{}", transcript(&said));
        }
    }
}

fn transcript(said: &[(Command, At)]) -> String {
    let mut text = String::from("the commands:\n");
    for (command, at) in said {
        let key = command.request.map_or((0, 0), |k| (u128::from_be_bytes(k.digest), u128::from_be_bytes(k.fingerprint)));
        let by = command.by.as_ref().map_or_else(|| "the cluster".to_owned(), |actor| actor.who.to_string());
        let Command { property, op, .. } = command;
        writeln!(text, "at {at:?}, by {by}, property {}, key {:x}, payload {}: {op:?}", property.0, key.0, key.1).unwrap();
    }
    text
}

/// The commands of the steps. Steps refer to earlier answers, which the model gives here.
fn speak(steps: &Steps) -> Vec<(Command, At)> {
    let mut script = Script::with_callers(steps.first_date);
    let mut model = Model::default();
    let mut said = script.prelude();
    for (command, at) in &said {
        model.apply(command, *at);
    }
    for step in &steps.list {
        let (command, at) = script.command(step);
        let outcome = model.apply(&command, at);
        script.heard(&command, &outcome);
        said.push((command, at));
    }
    said
}

/// Removes commands, in large chunks and then one by one, as long as the rest still fails.
fn shrink(mut said: Vec<(Command, At)>) -> Vec<(Command, At)> {
    let mut chunk = said.len();
    while chunk > 0 {
        let before = said.len();
        let mut from = 0;
        while from < said.len() {
            let mut fewer = said.clone();
            fewer.drain(from..(from + chunk).min(said.len()));
            if compare(&fewer).is_err() {
                said = fewer;
            } else {
                from += chunk;
            }
        }
        // Repeats the last round while it finds commands to remove.
        chunk = if chunk == 1 && said.len() < before { 1 } else { chunk / 2 };
    }
    said
}

fn compare(said: &[(Command, At)]) -> Result<(), String> {
    let (mut rows, mut model) = (MemRows::new(), Model::default());
    for (place, (command, at)) in said.iter().enumerate() {
        one(&mut rows, &mut model, command, *at)?;
        if (place + 1) % AUDIT_EVERY == 0 {
            audit(&mut rows, &model)?;
        }
    }
    audit(&mut rows, &model)
}

/// Applies one command to both and compares the results.
fn one(rows: &mut MemRows, model: &mut Model, command: &Command, at: At) -> Result<(), String> {
    let lines_before = model.lines.len();
    let over_before = overdrawn(rows, command.property);
    let outcome = apply(rows, command, at).map_err(|fault| format!("fault: {fault}"))?;
    let expected = model.apply(command, at);
    if outcome != expected {
        return Err(format!("the answer is\n  {outcome:?}\ninstead of\n  {expected:?}\nfor {command:?}"));
    }
    for (sequence, line) in model.lines.iter().enumerate().skip(lines_before) {
        let written = rows.get(&Key::Journal(sequence as u64)).unwrap();
        if written != Some(&Row::Journal(Box::new(line.clone()))) {
            return Err(format!("journal line {sequence} is\n  {written:?}\ninstead of\n  {line:?}"));
        }
    }
    if !matches!(command.op, Op::PutProperty { .. } | Op::PutRoomType { .. } | Op::UpdateAri(_)) {
        let grown = overdrawn(rows, command.property)
            .into_iter()
            .find(|(place, over)| over_before.get(place).is_none_or(|before| over > before));
        if let Some((place, over)) = grown {
            return Err(format!("{place:?} is over its limit by {over} after {command:?}"));
        }
    }
    Ok(())
}

/// How many rooms each night is above its sell limit, by room type; without a room type, above the house limit.
fn overdrawn(rows: &mut MemRows, number: PropertyNumber) -> BTreeMap<(Night, Option<ShortCode>), i64> {
    let mut over = BTreeMap::new();
    let Some(hotel) = fixture::property(rows, number) else { return over };
    let from = hotel.business_date.0 - 1;
    let span = Stay::new(Night(from), Night(from + 18)).unwrap();
    let mut house: BTreeMap<Night, i64> = BTreeMap::new();
    for kind in availability(rows, number, &hotel, span, None).unwrap() {
        for (night, count) in kind.nights {
            *house.entry(night).or_default() += i64::from(count.sold + count.held + count.blocked);
            if count.deficit() > 0 {
                over.insert((night, Some(kind.room_type)), i64::from(count.deficit()));
            }
        }
    }
    let limit = hotel.details.house_limit.map_or(i64::MAX, i64::from);
    over.extend(house.into_iter().filter(|(_, taken)| *taken > limit).map(|(night, taken)| ((night, None), taken - limit)));
    over
}

/// Compares every row with the model's recount.
fn audit(rows: &mut MemRows, model: &Model) -> Result<(), String> {
    let mut told = audit_told(model);
    for (key, row) in rows.iter() {
        match (key, row) {
            (Key::Meta, Row::Meta(meta)) => {
                let (lines, leaves) = (model.lines.len() as u64, model.leaves.len() as u64);
                let expected = (model.now_ms, lines, model.forgotten as u64, leaves);
                let trail = (meta.audit_count, meta.audit_link, meta.audit_unsealed_since_ms);
                if (meta.last_at_ms, meta.next_sequence, meta.expiry_cursor, meta.next_leaf) != expected || trail != model.audited
                {
                    return Err(format!("{meta:?} does not match {expected:?} {:?}", model.audited));
                }
            }
            (Key::Page(number, room_type, month), Row::Page(page)) => {
                audit_page(model, *number, *room_type, *month, page)?;
            }
            (Key::Rates(number, room_type, rate_plan, month), Row::Rates(page)) => {
                audit_rates(model, *number, *room_type, *rate_plan, *month, page)?;
            }
            (key, row) => match told.remove(key) {
                Some(Some(expected)) if expected != *row => {
                    return Err(format!("{key:?} is\n  {row:?}\ninstead of\n  {expected:?}"));
                }
                Some(_) => {}
                None => return Err(format!("unexpected row {key:?}: {row:?}")),
            },
        }
    }
    match told.first_key_value() {
        Some((key, _)) => Err(format!("{key:?} is missing")),
        None => audit_taken(rows, model),
    }
}

/// The expected rows, except the clock and pages. `None` accepts any row.
fn audit_told(model: &Model) -> BTreeMap<Key, Option<Row>> {
    let mut told = BTreeMap::new();
    for hotel in &model.hotels {
        told.insert(Key::Property(hotel.number), Some(Row::Property(hotel.property.clone().into())));
    }
    for booking in &model.bookings {
        let (id, property) = (booking.id, booking.id.property());
        told.insert(Key::Booking(id), Some(Row::Booking(booking.clone().into())));
        told.insert(Key::Arrival(property, booking.stay.arrival(), id), Some(Row::Present));
        told.insert(Key::Number(booking.confirmation_number().0, id), Some(Row::Present));
        if !booking.channel_ref.is_empty() {
            told.insert(Key::channel_ref(property, &booking.channel_ref, id), Some(Row::Present));
        }
    }
    for (id, secrets) in &model.secrets {
        told.insert(Key::Guest(*id), Some(Row::Guest(secrets.clone().into())));
        for lookup in &secrets.lookups {
            told.insert(Key::Lookup(id.property(), *lookup, *id), Some(Row::Present));
        }
    }
    for (index, leaf) in model.leaves.iter().enumerate() {
        told.insert(Key::Leaf(index as u64), Some(Row::Leaf(leaf.encode())));
    }
    for keys in &model.replica_keys {
        told.insert(Key::ReplicaKeys(keys.node), Some(Row::ReplicaKeys(*keys)));
    }
    for hold in &model.holds {
        told.insert(Key::Hold(hold.id), Some(Row::Hold(hold.clone().into())));
        if hold.state == HoldState::Open {
            told.insert(Key::Deadline(hold.expires_at_ms, hold.id), Some(Row::Present));
        }
        let (seller, property) = (hold.seller, hold.id.property());
        let usage = model.hold_usage(seller, property);
        if usage > 0 {
            told.insert(Key::HoldUsage(seller, property), Some(Row::HoldUsage(usage)));
        }
    }
    for (number, grant) in &model.grants {
        told.insert(Key::Grant(*number), Some(Row::Grant(grant.clone().into())));
    }
    for (number, refusals) in &model.refusals {
        told.insert(Key::Refusals(*number), Some(Row::Refusals(*refusals)));
    }
    for answer in &model.answers {
        told.insert(Key::Request(answer.key.digest), None);
    }
    for (sequence, line) in model.lines.iter().enumerate() {
        // A caller's line stays in the audit trail.
        if sequence >= model.forgotten || line.happened != JournalEvent::Nothing || line.mark.is_some() {
            told.insert(Key::Journal(sequence as u64), Some(Row::Journal(Box::new(line.clone()))));
            if let Reply::Booking(booking) = &line.reply
                && booking.line != Some(sequence as u64)
            {
                told.insert(Key::BookingLine(booking.id, sequence as u64), Some(Row::Present));
            }
        }
    }
    told
}

fn audit_page(model: &Model, number: PropertyNumber, room_type: RoomTypeIx, month: Month, page: &Page) -> Result<(), String> {
    let hotel = model.hotels.iter().find(|h| h.number == number).unwrap();
    let code = hotel.property.room_types[usize::from(room_type.0)].code;
    let unused = page.cells[almanac::nights_of(month).count()..].iter().all(|cell| *cell == Cell::default());
    for (place, night) in almanac::nights_of(month) {
        let expected = Cell {
            capacity: hotel.capacity(code, night),
            out_of_order: hotel.out_of_order(code, night),
            sold: model.sold(number, Some(code), night, None) as u32,
            held: model.held(number, Some(code), night) as u32,
            blocked: 0,
            restrictions: hotel.restrictions(code, None, night),
        };
        if page.cells[place] != expected || !unused {
            return Err(format!("{number:?} {code} {night} is\n  {:?}\ninstead of\n  {expected:?}", page.cells[place]));
        }
    }
    Ok(())
}

fn audit_rates(
    model: &Model,
    number: PropertyNumber,
    room_type: RoomTypeIx,
    rate_plan: RatePlanIx,
    month: Month,
    page: &RatePage,
) -> Result<(), String> {
    let hotel = model.hotels.iter().find(|h| h.number == number).unwrap();
    let kind = hotel.property.room_types[usize::from(room_type.0)].code;
    let plan = hotel.property.rate_plans[usize::from(rate_plan.0)].code;
    for (place, night) in almanac::nights_of(month) {
        let expected =
            RateCell { rate: hotel.rate(kind, plan, night), restrictions: hotel.restrictions(kind, Some(plan), night) };
        if page.cells[place] != expected {
            return Err(format!("{kind} {plan} {night} is\n  {:?}\ninstead of\n  {expected:?}", page.cells[place]));
        }
    }
    Ok(())
}

/// A missing page counts as zeros. The model must have zeros for its nights.
fn audit_taken(rows: &mut MemRows, model: &Model) -> Result<(), String> {
    for hotel in &model.hotels {
        let from = hotel.opened.0 - 2;
        let span = Stay::new(Night(from), Night(from + 60)).unwrap();
        for kind in availability(rows, hotel.number, &hotel.property, span, None).unwrap() {
            for (night, count) in kind.nights {
                let taken = model.sold(hotel.number, Some(kind.room_type), night, None);
                let held = model.held(hotel.number, Some(kind.room_type), night);
                let available = model.available(hotel, kind.room_type, night, None);
                let code = kind.room_type;
                let own = hotel.room_type(code).unwrap().capacity;
                let expected = NightCount {
                    capacity: hotel.capacity(code, night).unwrap_or(own),
                    out_of_order: hotel.out_of_order(code, night),
                    limit: hotel.limit(code, night) as u32,
                    sold: taken as u32,
                    held: held as u32,
                    blocked: 0,
                    available,
                };
                let left = [available.max(0), (-available).max(0)];
                if count != expected || [count.sellable(), count.deficit()].map(i64::from) != left {
                    return Err(format!("{code} {night} counts {count:?} instead of {expected:?}"));
                }
            }
        }
    }
    Ok(())
}

/// The property test is only useful if random commands reach every answer often.
#[test]
fn random_commands_reach_every_answer() {
    use proptest::strategy::ValueTree;
    let mut runner = proptest::test_runner::TestRunner::deterministic();
    let mut seen: BTreeMap<String, usize> = BTreeMap::new();
    for _ in 0..SEQUENCES {
        let steps = steps::steps(COMMANDS).new_tree(&mut runner).unwrap().current();
        let mut model = Model::default();
        for (command, at) in speak(&steps) {
            let before = rarities_before(&model, &command);
            let outcome = model.apply(&command, at);
            *seen.entry(kind(&outcome)).or_default() += 1;
            for rarity in rarities(&model, &command, &outcome, before) {
                *seen.entry(rarity.to_owned()).or_default() += 1;
            }
        }
        for line in &model.lines {
            *seen.entry(first_word(&line.happened)).or_default() += 1;
        }
    }
    let expected = "Replayed Done Property RoomType RatePlan AriUpdated Hold Booking BusinessDate \
        UnknownProperty UnknownRoomType UnknownRatePlan NotFound ArrivalInPast InvalidStay StayTooLong NoRooms TooManyRooms OccupancyExceeded \
        CurrencyMismatch CapacityTooLarge AmountTooLarge RateWithoutPlan SoldOut WrongState WrongBusinessDate NotDue HoldExpired HoldClosed \
        RevisionMismatch KeyReused Forbidden HoldQuota StayOver TooLateToRevert PriceChanged DuplicateReference \
        Retired SellerPrices GuestsMissing GuestChanged StopSell ClosedToArrival ClosedToDeparture MinStayArrival MinStayThrough MaxStay NoRate \
        Nothing PropertyChanged RoomTypeChanged RatePlanChanged HoldPlaced HoldConfirmed HoldReleased Booked \
        Amended Cancelled CheckedIn CheckedOut NoShow CheckInReverted Reinstated GuestErased BusinessDateClosed \
        confirmed-after-its-night line-split line-split-with-two-prices kept-from-two-lines amended-in-deficit \
        amended-above-the-house-limit rate-matching-no-date fee-above-the-price one-date-moved \
        step-with-stale-revision step-taken-twice erased-twice amended-after-erasure guest-after-erasure \
        keys-changed keys-known replayed-without-its-guest \
        property-changed payment-token sold-by-a-seller booking-of-another-seller three-decimals no-decimals free-night \
        nights-of-different-prices several-children infant child-of-17 hundreds-overbooked-by-a-fraction many-rooms \
        slept-on-29-february no-capacity in-order-again rate-of-0 min-stay-arrival-lifted min-stay-through-lifted \
        max-stay-lifted capacity-removed rate-removed past-nights-kept type-changed-in-the-stay late-after-a-move \
        fee-amended fee-cancelled fee-no_show fee-left_early fee-reinstated fee-taken-back fee-with-a-rest \
        sellers-price sellers-price-of-some-nights price-as-expected overridden";
    for word in expected.split_whitespace() {
        assert!(seen.get(word).is_some_and(|times| *times >= 20), "{word} occurred fewer than 20 times: {seen:#?}");
    }
    // Few guests stay for days and then want to have left before.
    assert!(seen.get("DepartureInPast").is_some_and(|times| *times >= 5), "{seen:#?}");
    assert!(seen["Booked"] * 30 > SEQUENCES * COMMANDS, "too few bookings: {seen:#?}");
}

/// The booking that the command changes, the number of priced plans, and the number of leaves.
fn rarities_before(model: &Model, command: &Command) -> (Option<Booking>, usize, usize) {
    let target = match &command.op {
        Op::Amend { booking, .. } | Op::EraseGuest { booking } => model.bookings.iter().find(|b| b.id == *booking).cloned(),
        _ => None,
    };
    (target, priced_plans(model), model.leaves.len())
}

fn priced_plans(model: &Model) -> usize {
    model.hotels.iter().flat_map(|h| &h.property.rate_plans).filter(|p| p.priced).count()
}

/// Rare cases that must also occur.
fn rarities(
    model: &Model,
    command: &Command,
    outcome: &Outcome,
    (old, priced, leaves): (Option<Booking>, usize, usize),
) -> Vec<&'static str> {
    let mut found = Vec::new();
    if outcome.replayed {
        if matches!(&outcome.reply, Reply::Booking(b) if b.guest != Sealed::default() && outcome.guest_key.is_none()) {
            found.push("replayed-without-its-guest");
        }
        return found;
    }
    found.extend(rarities::of(model, command, outcome));
    let told = model.leaves.len() > leaves;
    let was_erased = old.as_ref().is_some_and(|b| b.guest_erased);
    match (&command.op, &outcome.reply) {
        (Op::PutReplicaKeys(_), Reply::Done) => found.push(if told { "keys-changed" } else { "keys-known" }),
        (Op::EraseGuest { .. }, Reply::Booking(_)) if was_erased => found.push("erased-twice"),
        (Op::Amend { .. }, Reply::Booking(new)) if was_erased => {
            found.push(if new.guest_erased { "amended-after-erasure" } else { "guest-after-erasure" });
        }
        _ => {}
    }
    match (&command.op, &outcome.reply) {
        (Op::ConfirmHold { .. }, Reply::Rejected(Reject::ArrivalInPast { .. })) => found.push("confirmed-after-its-night"),
        (Op::PutRatePlan { .. }, Reply::Rejected(Reject::AmountTooLarge)) => found.push("fee-above-the-price"),
        (Op::UpdateAri(updates), Reply::AriUpdated { .. }) => {
            let hotel = model.hotels.iter().find(|h| h.number == command.property).unwrap();
            let unpriced = |u: &AriUpdate| {
                let plan = hotel.property.rate_plans.iter().find(|p| Some(p.code) == u.rate_plan);
                u.rate.is_some() && plan.is_some_and(|p| !p.priced)
            };
            if updates.iter().any(unpriced) && priced == priced_plans(model) {
                found.push("rate-matching-no-date");
            }
        }
        (Op::Amend { arrival, departure, rooms, .. }, Reply::Booking(new))
            if arrival.is_some() || departure.is_some() || rooms.is_some() =>
        {
            if arrival.is_some() != departure.is_some() {
                found.push("one-date-moved");
            }
            found.extend(changes(model, rooms.as_deref(), &old.unwrap(), new));
        }
        (Op::CheckIn { .. } | Op::CheckOut { .. } | Op::NoShow { .. }, Reply::Rejected(reject)) => match reject {
            Reject::RevisionMismatch { .. } => found.push("step-with-stale-revision"),
            Reject::WrongState(state) if leads_to(&command.op) == Some(*state) => found.push("step-taken-twice"),
            _ => {}
        },
        _ => {}
    }
    found
}

fn leads_to(op: &Op) -> Option<BookingState> {
    match op {
        Op::CheckIn { .. } => Some(BookingState::CheckedIn),
        Op::CheckOut { .. } => Some(BookingState::CheckedOut),
        Op::NoShow { .. } => Some(BookingState::NoShow),
        _ => None,
    }
}

fn changes(model: &Model, wanted: Option<&[RoomRequest]>, old: &Booking, new: &Booking) -> Vec<&'static str> {
    let mut found = Vec::new();
    let same = |a: &BookedRoom, b: &BookedRoom| (a.room_type, a.rate_plan) == (b.room_type, b.rate_plan);
    if let Some(wanted) = wanted
        && new.rooms.len() > wanted.len()
    {
        found.push("line-split");
        let differ = |pair: &[BookedRoom]| same(&pair[0], &pair[1]) && pair[0].nightly != pair[1].nightly;
        if new.rooms.windows(2).any(differ) {
            found.push("line-split-with-two-prices");
        }
        let old_lines = |room: &BookedRoom| old.rooms.iter().filter(|o| same(o, room)).count();
        if wanted.len() == 1 && new.rooms.iter().any(|room| old_lines(room) > 1) {
            found.push("kept-from-two-lines");
        }
    }
    let hotel = model.hotels.iter().find(|h| h.number == new.id.property()).unwrap();
    let deficit = |room: &BookedRoom, night| model.available(hotel, room.room_type_code, night, None) < 0;
    if new.rooms.iter().any(|room| new.stay.nights().any(|night| deficit(room, night))) {
        found.push("amended-in-deficit");
    }
    let limit = hotel.property.details.house_limit.map_or(i64::MAX, i64::from);
    let taken = |night| model.sold(hotel.number, None, night, None) + model.held(hotel.number, None, night);
    if new.stay.nights().any(|night| taken(night) > limit) {
        found.push("amended-above-the-house-limit");
    }
    found
}

fn kind(outcome: &Outcome) -> String {
    match &outcome.reply {
        _ if outcome.replayed => "Replayed".to_owned(),
        Reply::Rejected(Reject::Restricted(nights)) => first_word(&nights[0].restriction.unwrap()),
        Reply::Rejected(reject) => first_word(reject),
        reply => first_word(reply),
    }
}

fn first_word(debug: &impl std::fmt::Debug) -> String {
    format!("{debug:?}").split(|c: char| !c.is_alphanumeric()).next().unwrap_or_default().to_owned()
}
