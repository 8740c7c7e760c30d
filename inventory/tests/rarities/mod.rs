//! Names of rare values in a command and its answer, so that a test can require that random commands reach them.

use keyrack_inventory::*;

use crate::almanac;
use crate::model::{Hotel, Model};

/// The rare values of an answer that is not a replay.
pub fn of(model: &Model, command: &Command, outcome: &Outcome) -> Vec<&'static str> {
    let mut found = match &outcome.reply {
        Reply::Booking(booking) => of_booking(model, booking),
        Reply::Hold(hold) => of_rooms(model, hold.id.property(), hold.stay, &hold.rooms),
        Reply::Property { created: false, .. } => vec!["property-changed"],
        Reply::Rejected(reject) => return of_refusal(model, command, reject),
        _ => Vec::new(),
    };
    let agrees = match (&command.op, &outcome.reply) {
        (Op::Book(BookRequest { expected_total, .. }) | Op::ConfirmHold { expected_total, .. }, Reply::Booking(_)) => {
            expected_total.is_some()
        }
        _ => false,
    };
    found.extend(agrees.then_some("price-as-expected"));
    found.extend(command.op.override_reason().map(|_| "overridden"));
    if matches!(outcome.reply, Reply::AriUpdated { past: 1.., .. }) {
        found.push("past-nights-kept");
    }
    if let Op::UpdateAri(updates) = &command.op {
        found.extend(updates.iter().flat_map(of_update));
    }
    found
}

fn of_booking(model: &Model, booking: &Booking) -> Vec<&'static str> {
    let mut found = of_rooms(model, booking.id.property(), booking.stay, &booking.rooms);
    let priced = booking.rooms.iter().any(|room| !room.nightly.is_empty());
    found.extend((!booking.payment_token.is_empty()).then_some("payment-token"));
    found.extend((booking.seller != 0).then_some("sold-by-a-seller"));
    let types = |room: &BookedRoom| room.nights.is_some() && room.room_type != booking.rooms[0].room_type;
    found.extend(booking.rooms.iter().any(types).then_some("type-changed-in-the-stay"));
    found.extend(booking.rooms.iter().any(|room| room.late.is_some()).then_some("late-after-a-move"));
    for line in &booking.fees.lines {
        found.extend((line.amount < 0).then_some("fee-taken-back"));
        found.push(match line.kind {
            FeeKind::Amended => "fee-amended",
            FeeKind::Cancelled => "fee-cancelled",
            FeeKind::NoShow => "fee-no_show",
            FeeKind::LeftEarly => "fee-left_early",
            FeeKind::Reinstated => "fee-reinstated",
        });
    }
    found.extend((booking.fees.rest != 0).then_some("fee-with-a-rest"));
    for room in &booking.rooms {
        found.extend((!room.seller_nightly.is_empty()).then_some("sellers-price"));
        found.extend(room.seller_nightly.contains(&None).then_some("sellers-price-of-some-nights"));
    }
    found.extend(match &booking.currency.0 {
        b"KWD" if priced => Some("three-decimals"),
        b"JPY" | b"KRW" if priced => Some("no-decimals"),
        _ => None,
    });
    found
}

fn of_rooms(model: &Model, property: PropertyNumber, stay: Stay, rooms: &[BookedRoom]) -> Vec<&'static str> {
    let hotel = hotel(model, property);
    let mut found = Vec::new();
    let leap = |night| (almanac::day(night).month, almanac::day(night).day) == (2, 29);
    found.extend(almanac::nights(stay).any(leap).then_some("slept-on-29-february"));
    for room in rooms {
        found.extend(room.nightly.contains(&0).then_some("free-night"));
        let differ = room.nightly.windows(2).any(|pair| pair[0] != pair[1]);
        found.extend(differ.then_some("nights-of-different-prices"));
        found.extend((room.children_ages.len() > 1).then_some("several-children"));
        found.extend(room.children_ages.contains(&0).then_some("infant"));
        found.extend(room.children_ages.contains(&17).then_some("child-of-17"));
        let points = hotel.room_type(room.room_type_code).map_or(0, |kind| kind.overbooking_basis_points);
        let large = almanac::nights(stay).any(|night| hotel.limit(room.room_type_code, night) >= 100);
        found.extend((large && !points.is_multiple_of(1_000)).then_some("hundreds-overbooked-by-a-fraction"));
        found.extend((room.quantity >= 20).then_some("many-rooms"));
    }
    found
}

fn of_update(update: &AriUpdate) -> Vec<&'static str> {
    let mut found = Vec::new();
    found.extend(update.clear_capacity.then_some("capacity-removed"));
    found.extend(update.clear_rate.then_some("rate-removed"));
    found.extend((update.capacity == Some(0)).then_some("no-capacity"));
    found.extend((update.out_of_order == Some(0)).then_some("in-order-again"));
    found.extend((update.rate == Some(0)).then_some("rate-of-0"));
    found.extend((update.min_stay_arrival == Some(0)).then_some("min-stay-arrival-lifted"));
    found.extend((update.min_stay_through == Some(0)).then_some("min-stay-through-lifted"));
    found.extend((update.max_stay == Some(0)).then_some("max-stay-lifted"));
    found
}

fn of_refusal(model: &Model, command: &Command, reject: &Reject) -> Vec<&'static str> {
    let sought = match &command.op {
        Op::Amend { booking, .. } | Op::Cancel { booking, .. } | Op::CheckIn { booking, .. } => *booking,
        _ => return Vec::new(),
    };
    let exists = model.bookings.iter().any(|booking| booking.id == sought && sought.property() == command.property);
    if *reject == Reject::NotFound && exists { vec!["booking-of-another-seller"] } else { Vec::new() }
}

fn hotel(model: &Model, property: PropertyNumber) -> &Hotel {
    model.hotels.iter().find(|hotel| hotel.number == property).expect("a booking has a property")
}
