//! The encoding of commands in the Raft log.

use bytes::Bytes;
use keyrack_inventory::{
    AriUpdate, BookRequest, BookingId, Command, ConfirmationNumber, DateRange, HoldId, Night, Op, Price, PropertyNumber,
    ProvenKeys, RequestKey, RoomGuests, RoomRequest, Stay, Weekdays,
};
use pb::command::Op as Kind;
use prost::Message;

use crate::booking::{sealed_from_pb, sealed_to_pb};
use crate::fields::{Malformed, array, code, currency, narrow, required, stay};
use crate::guest::{lookups_from_pb, seeds_from_pb, seeds_to_pb};
use crate::internal as pb;

/// Encodes a command.
pub fn encode(command: &Command) -> Bytes {
    let (digest, fingerprint) = match &command.request {
        Some(key) => (Bytes::copy_from_slice(&key.digest), Bytes::copy_from_slice(&key.fingerprint)),
        None => (Bytes::new(), Bytes::new()),
    };
    let by = command.by.as_ref().map(Into::into);
    let message = pb::Command { property: command.property.0, digest, fingerprint, by, op: Some(op_to_pb(&command.op)) };
    message.encode_to_vec().into()
}

/// Decodes a command.
pub fn decode(bytes: Bytes) -> Result<Command, Malformed> {
    from_message(pb::Command::decode(bytes)?)
}

/// The command in a decoded message.
pub fn from_message(message: pb::Command) -> Result<Command, Malformed> {
    let request = match (message.digest.is_empty(), message.fingerprint.is_empty()) {
        (true, true) => None,
        _ => Some(RequestKey {
            digest: array(&message.digest, "request digest")?,
            fingerprint: array(&message.fingerprint, "fingerprint")?,
        }),
    };
    let by = message.by.map(TryInto::try_into).transpose()?;
    Ok(Command { property: PropertyNumber(message.property), request, by, op: op_from_pb(required(message.op, "operation")?)? })
}

fn op_to_pb(op: &Op) -> Kind {
    match op {
        Op::Tick => Kind::Tick(pb::Nothing {}),
        Op::PutProperty { id, details, business_date, expected_revision } => Kind::PutProperty(pb::PutProperty {
            id: id.clone(),
            details: Some(details.into()),
            business_date: business_date.0,
            expected_revision: *expected_revision,
        }),
        Op::PutRoomType { room_type, expected_revision } => {
            Kind::PutRoomType(pb::PutRoomType { room_type: Some(room_type.into()), expected_revision: *expected_revision })
        }
        Op::PutRatePlan { rate_plan, expected_revision } => {
            Kind::PutRatePlan(pb::PutRatePlan { rate_plan: Some(rate_plan.into()), expected_revision: *expected_revision })
        }
        Op::UpdateAri(updates) => Kind::UpdateAri(pb::UpdateAri { lines: updates.iter().map(ari_to_pb).collect() }),
        Op::PlaceHold { id, stay, rooms, ttl_ms } => Kind::PlaceHold(hold_to_pb(*id, *stay, rooms, *ttl_ms)),
        Op::ConfirmHold { hold, booking, guest, channel_ref, payment_token, seeds, number, expected_total, guests } => {
            Kind::ConfirmHold(pb::ConfirmHold {
                hold: id_bytes(&hold.0),
                booking: id_bytes(&booking.0),
                guest: sealed_to_pb(guest),
                channel_ref: channel_ref.clone(),
                payment_token: payment_token.clone(),
                seeds: seeds_to_pb(seeds),
                number: number.map(|number| number.0),
                expected_total: expected_total.map(price_to_pb),
                guests: guests.iter().map(guests_to_pb).collect(),
            })
        }
        Op::ReleaseHold(id) => Kind::ReleaseHold(id_bytes(&id.0)),
        Op::Book(request) => Kind::Book(book_to_pb(request)),
        Op::Amend { booking, arrival, departure, rooms, guest, guest_of, seeds, expected_revision, override_reason } => {
            Kind::Amend(pb::Amend {
                booking: id_bytes(&booking.0),
                arrival: arrival.map(|night| night.0),
                departure: departure.map(|night| night.0),
                rooms: rooms.iter().flatten().map(room_to_pb).collect(),
                guest: guest.as_ref().and_then(sealed_to_pb),
                expected_revision: *expected_revision,
                seeds: seeds_to_pb(seeds),
                override_reason: override_reason.clone(),
                guest_of: *guest_of,
            })
        }
        Op::Cancel { booking, expected_revision } => Kind::Cancel(step_to_pb(*booking, *expected_revision)),
        Op::CheckIn { booking, expected_revision } => Kind::CheckIn(step_to_pb(*booking, *expected_revision)),
        Op::CheckOut { booking, expected_revision } => Kind::CheckOut(step_to_pb(*booking, *expected_revision)),
        Op::RevertCheckIn { booking, expected_revision } => Kind::RevertCheckIn(step_to_pb(*booking, *expected_revision)),
        Op::Reinstate { booking, expected_revision } => Kind::Reinstate(step_to_pb(*booking, *expected_revision)),
        Op::NoShow { booking, expected_revision } => Kind::NoShow(step_to_pb(*booking, *expected_revision)),
        Op::EraseGuest { booking } => Kind::EraseGuest(id_bytes(&booking.0)),
        Op::PutGrant { number, grant } => Kind::PutGrant(pb::PutGrant { principal: *number, grant: Some(grant.into()) }),
        Op::RewrapGuest { booking, from, to, lookups } => Kind::RewrapGuest(pb::RewrapGuest {
            booking: id_bytes(&booking.0),
            from: Bytes::copy_from_slice(from),
            to: Bytes::copy_from_slice(to),
            lookups: lookups.concat().into(),
        }),
        Op::Observe(seen) => Kind::Observe(pb::Observe { seen: seen.iter().map(Into::into).collect() }),
        Op::SealAudit => Kind::SealAudit(pb::Nothing {}),
        Op::PutReplicaKeys(keys) => Kind::PutReplicaKeys(keys.into()),
        Op::PutProvenKeys(proven) => Kind::PutProvenKeys(proven_to_pb(proven)),
        Op::PutCheckpoint { size, note } => Kind::PutCheckpoint(pb::PutCheckpoint { size: *size, note: note.clone() }),
        Op::CloseBusinessDate { expected_from } => Kind::CloseBusinessDate(expected_from.0),
    }
}

fn op_from_pb(kind: Kind) -> Result<Op, Malformed> {
    Ok(match kind {
        Kind::Tick(_) => Op::Tick,
        Kind::PutProperty(put) => Op::PutProperty {
            id: put.id,
            details: required(put.details, "property details")?.try_into()?,
            business_date: Night(put.business_date),
            expected_revision: put.expected_revision,
        },
        Kind::PutRoomType(put) => Op::PutRoomType {
            room_type: required(put.room_type, "room type")?.try_into()?,
            expected_revision: put.expected_revision,
        },
        Kind::PutRatePlan(put) => Op::PutRatePlan {
            rate_plan: required(put.rate_plan, "rate plan")?.try_into()?,
            expected_revision: put.expected_revision,
        },
        Kind::UpdateAri(update) => Op::UpdateAri(update.lines.into_iter().map(ari_from_pb).collect::<Result<_, _>>()?),
        Kind::PlaceHold(place) => Op::PlaceHold {
            id: HoldId(array(&place.id, "hold id")?),
            stay: stay(place.arrival, place.departure)?,
            rooms: rooms_from_pb(place.rooms)?,
            ttl_ms: place.ttl_ms,
        },
        Kind::ConfirmHold(confirm) => Op::ConfirmHold {
            hold: HoldId(array(&confirm.hold, "hold id")?),
            booking: booking_id(&confirm.booking)?,
            guest: sealed_from_pb(confirm.guest),
            channel_ref: confirm.channel_ref,
            payment_token: confirm.payment_token,
            seeds: seeds_from_pb(confirm.seeds)?,
            number: confirm.number.map(ConfirmationNumber::new),
            expected_total: confirm.expected_total.map(price_from_pb).transpose()?,
            guests: confirm.guests.into_iter().map(guests_from_pb).collect::<Result<_, _>>()?,
        },
        Kind::ReleaseHold(id) => Op::ReleaseHold(HoldId(array(&id, "hold id")?)),
        Kind::Book(book) => Op::Book(book_from_pb(book)?),
        Kind::Amend(amend) => amend_from_pb(amend)?,
        Kind::Cancel(step) => step_from_pb(step, |booking, expected_revision| Op::Cancel { booking, expected_revision })?,
        Kind::CheckIn(step) => step_from_pb(step, |booking, expected_revision| Op::CheckIn { booking, expected_revision })?,
        Kind::CheckOut(step) => step_from_pb(step, |booking, expected_revision| Op::CheckOut { booking, expected_revision })?,
        Kind::RevertCheckIn(step) => {
            step_from_pb(step, |booking, expected_revision| Op::RevertCheckIn { booking, expected_revision })?
        }
        Kind::Reinstate(step) => step_from_pb(step, |booking, expected_revision| Op::Reinstate { booking, expected_revision })?,
        Kind::NoShow(step) => step_from_pb(step, |booking, expected_revision| Op::NoShow { booking, expected_revision })?,
        Kind::EraseGuest(booking) => Op::EraseGuest { booking: booking_id(&booking)? },
        Kind::PutGrant(put) => Op::PutGrant { number: put.principal, grant: required(put.grant, "grant")?.try_into()? },
        Kind::RewrapGuest(rewrap) => Op::RewrapGuest {
            booking: booking_id(&rewrap.booking)?,
            from: rewrap.from.to_vec(),
            to: rewrap.to.to_vec(),
            lookups: lookups_from_pb(&rewrap.lookups)?,
        },
        Kind::Observe(observe) => Op::Observe(observe.seen.into_iter().map(TryInto::try_into).collect::<Result<_, _>>()?),
        Kind::SealAudit(_) => Op::SealAudit,
        Kind::PutReplicaKeys(keys) => Op::PutReplicaKeys(keys.try_into()?),
        Kind::PutProvenKeys(proven) => Op::PutProvenKeys(ProvenKeys {
            keys: required(proven.keys, "replica keys")?.try_into()?,
            by_log: array(&proven.by_log, "proof of a key")?,
            by_cosigner: array(&proven.by_cosigner, "proof of a key")?,
        }),
        Kind::PutCheckpoint(put) => Op::PutCheckpoint { size: put.size, note: put.note },
        Kind::CloseBusinessDate(date) => Op::CloseBusinessDate { expected_from: Night(date) },
    })
}

fn hold_to_pb(id: HoldId, stay: Stay, rooms: &[RoomRequest], ttl_ms: u64) -> pb::PlaceHold {
    let (arrival, departure) = (stay.arrival().0, stay.departure().0);
    pb::PlaceHold { id: id_bytes(&id.0), arrival, departure, rooms: rooms.iter().map(room_to_pb).collect(), ttl_ms }
}

fn proven_to_pb(proven: &ProvenKeys) -> pb::ProvenKeys {
    pb::ProvenKeys {
        keys: Some((&proven.keys).into()),
        by_log: Bytes::copy_from_slice(&proven.by_log),
        by_cosigner: Bytes::copy_from_slice(&proven.by_cosigner),
    }
}

fn book_to_pb(request: &BookRequest) -> pb::Book {
    pb::Book {
        id: id_bytes(&request.id.0),
        arrival: request.stay.arrival().0,
        departure: request.stay.departure().0,
        rooms: request.rooms.iter().map(room_to_pb).collect(),
        guest: sealed_to_pb(&request.guest),
        channel_ref: request.channel_ref.clone(),
        payment_token: request.payment_token.clone(),
        seeds: seeds_to_pb(&request.seeds),
        number: request.number.map(|number| number.0),
        expected_total: request.expected_total.map(price_to_pb),
        override_reason: request.override_reason.clone(),
    }
}

fn book_from_pb(book: pb::Book) -> Result<BookRequest, Malformed> {
    Ok(BookRequest {
        id: booking_id(&book.id)?,
        stay: stay(book.arrival, book.departure)?,
        rooms: rooms_from_pb(book.rooms)?,
        guest: sealed_from_pb(book.guest),
        channel_ref: book.channel_ref,
        payment_token: book.payment_token,
        seeds: seeds_from_pb(book.seeds)?,
        number: book.number.map(ConfirmationNumber::new),
        expected_total: book.expected_total.map(price_from_pb).transpose()?,
        override_reason: book.override_reason,
    })
}

fn amend_from_pb(amend: pb::Amend) -> Result<Op, Malformed> {
    Ok(Op::Amend {
        booking: booking_id(&amend.booking)?,
        arrival: amend.arrival.map(Night),
        departure: amend.departure.map(Night),
        rooms: if amend.rooms.is_empty() { None } else { Some(rooms_from_pb(amend.rooms)?) },
        guest: amend.guest.map(|guest| sealed_from_pb(Some(guest))),
        seeds: seeds_from_pb(amend.seeds)?,
        expected_revision: amend.expected_revision,
        override_reason: amend.override_reason,
        guest_of: amend.guest_of,
    })
}

fn step_to_pb(booking: BookingId, expected_revision: Option<u32>) -> pb::Step {
    pb::Step { booking: id_bytes(&booking.0), expected_revision }
}

fn step_from_pb(step: pb::Step, op: impl FnOnce(BookingId, Option<u32>) -> Op) -> Result<Op, Malformed> {
    Ok(op(booking_id(&step.booking)?, step.expected_revision))
}

fn room_to_pb(room: &RoomRequest) -> pb::RoomRequest {
    pb::RoomRequest {
        room_type: room.room_type.as_str().into(),
        rate_plan: room.rate_plan.as_str().into(),
        quantity: room.quantity,
        adults: room.adults.into(),
        children_ages: Bytes::copy_from_slice(&room.children_ages),
        seller_nightly: room.seller_nightly.clone(),
    }
}

fn guests_to_pb(guests: &RoomGuests) -> pb::RoomGuests {
    pb::RoomGuests { adults: guests.adults.into(), children_ages: Bytes::copy_from_slice(&guests.children_ages) }
}

fn guests_from_pb(guests: pb::RoomGuests) -> Result<RoomGuests, Malformed> {
    Ok(RoomGuests { adults: narrow(guests.adults, "adults")?, children_ages: guests.children_ages.to_vec() })
}

fn price_to_pb(price: Price) -> pb::Price {
    pb::Price { amount: price.amount, currency: price.currency.as_str().into() }
}

fn price_from_pb(price: pb::Price) -> Result<Price, Malformed> {
    Ok(Price { amount: price.amount, currency: currency(&price.currency)? })
}

fn rooms_from_pb(rooms: Vec<pb::RoomRequest>) -> Result<Vec<RoomRequest>, Malformed> {
    let room = |room: pb::RoomRequest| {
        Ok(RoomRequest {
            room_type: code(&room.room_type)?,
            rate_plan: code(&room.rate_plan)?,
            quantity: room.quantity,
            adults: narrow(room.adults, "adults")?,
            children_ages: room.children_ages.to_vec(),
            seller_nightly: room.seller_nightly,
        })
    };
    rooms.into_iter().map(room).collect()
}

fn ari_to_pb(update: &AriUpdate) -> pb::AriLine {
    pb::AriLine {
        room_type: update.room_type.as_str().into(),
        rate_plan: update.rate_plan.map(|code| code.as_str().into()),
        from: update.dates.from().0,
        to: update.dates.to().0,
        days: update.days.0.into(),
        capacity: update.capacity,
        out_of_order: update.out_of_order,
        rate: update.rate,
        stop_sell: update.stop_sell,
        closed_to_arrival: update.closed_to_arrival,
        closed_to_departure: update.closed_to_departure,
        min_stay_arrival: update.min_stay_arrival.map(Into::into),
        min_stay_through: update.min_stay_through.map(Into::into),
        max_stay: update.max_stay.map(Into::into),
        clear_capacity: update.clear_capacity,
        clear_rate: update.clear_rate,
    }
}

fn ari_from_pb(line: pb::AriLine) -> Result<AriUpdate, Malformed> {
    let length = |n: Option<u32>| n.map(|n| narrow(n, "stay length")).transpose();
    Ok(AriUpdate {
        room_type: code(&line.room_type)?,
        rate_plan: line.rate_plan.as_deref().map(code).transpose()?,
        dates: DateRange::new(Night(line.from), Night(line.to)).map_err(|_| Malformed("date range"))?,
        days: Weekdays(narrow(line.days, "weekdays")?),
        capacity: line.capacity,
        out_of_order: line.out_of_order,
        rate: line.rate,
        stop_sell: line.stop_sell,
        closed_to_arrival: line.closed_to_arrival,
        closed_to_departure: line.closed_to_departure,
        min_stay_arrival: length(line.min_stay_arrival)?,
        min_stay_through: length(line.min_stay_through)?,
        max_stay: length(line.max_stay)?,
        clear_capacity: line.clear_capacity,
        clear_rate: line.clear_rate,
    })
}

fn id_bytes(id: &[u8; 16]) -> Bytes {
    Bytes::copy_from_slice(id)
}

fn booking_id(bytes: &[u8]) -> Result<BookingId, Malformed> {
    array(bytes, "booking id").map(BookingId)
}
