//! Generators of commands.

use keyrack_inventory::*;
use proptest::collection::vec;
use proptest::option;
use proptest::prelude::*;

use super::access::{actor, grant, observation};
use super::catalog::{details, rate_plan, room_type};
use super::{
    ages, booking_id, code, confirmation, currency, hold_id, long, lookups, night, number, replica_keys, revision, sealed, seeds,
    short, stay, text,
};

pub fn command() -> impl Strategy<Value = Command> {
    let digest = || any::<[u8; 16]>();
    let request = (digest(), digest()).prop_map(|(digest, fingerprint)| RequestKey { digest, fingerprint });
    (number(), option::of(request), option::of(actor()), op()).prop_map(|(property, request, by, op)| Command {
        property: PropertyNumber(property),
        request,
        by,
        op,
    })
}

fn op() -> impl Strategy<Value = Op> {
    prop_oneof![setting_up(), holding(), booking(), stepping(), guarding()]
}

fn setting_up() -> impl Strategy<Value = Op> {
    prop_oneof![
        Just(Op::Tick),
        (text(), details(), night(), revision()).prop_map(|(id, details, business_date, expected_revision)| {
            Op::PutProperty { id, details, business_date, expected_revision }
        }),
        (room_type(), revision()).prop_map(|(room_type, expected_revision)| Op::PutRoomType { room_type, expected_revision }),
        (rate_plan(), revision()).prop_map(|(rate_plan, expected_revision)| Op::PutRatePlan { rate_plan, expected_revision }),
        vec(ari(), 0..4).prop_map(Op::UpdateAri),
        night().prop_map(|expected_from| Op::CloseBusinessDate { expected_from }),
        replica_keys().prop_map(Op::PutReplicaKeys),
        (replica_keys(), any::<u8>(), any::<u8>()).prop_map(|(keys, one, other)| {
            Op::PutProvenKeys(ProvenKeys { keys, by_log: [one; 64], by_cosigner: [other; 64] })
        }),
        (long(), text()).prop_map(|(size, note)| Op::PutCheckpoint { size, note }),
    ]
}

fn holding() -> impl Strategy<Value = Op> {
    prop_oneof![
        (hold_id(), stay(), vec(wish(), 0..3), long()).prop_map(|(id, stay, rooms, ttl_ms)| Op::PlaceHold {
            id,
            stay,
            rooms,
            ttl_ms
        }),
        (hold_id(), booking_id(), sealed(), text(), text(), (seeds(), confirmation()), option::of(price()), vec(guests(), 0..3))
            .prop_map(|(hold, booking, guest, channel_ref, payment_token, (seeds, number), expected_total, guests)| {
                Op::ConfirmHold { hold, booking, guest, channel_ref, payment_token, seeds, number, expected_total, guests }
            }),
        hold_id().prop_map(Op::ReleaseHold),
    ]
}

fn booking() -> impl Strategy<Value = Op> {
    // Two values have no encoding, and the edge sends neither: an empty list of rooms, and a guest without bytes.
    let some_rooms = option::of(vec(wish(), 1..3));
    let some_guest = option::of(sealed().prop_filter("a sealed guest has bytes", |guest| *guest != Sealed::default()));
    prop_oneof![
        (
            (booking_id(), stay(), vec(wish(), 0..3)),
            (sealed(), text(), text()),
            (seeds(), confirmation()),
            option::of(price()),
            option::of(text())
        )
            .prop_map(
                |((id, stay, rooms), (guest, channel_ref, payment_token), (seeds, number), expected_total, override_reason)| {
                    Op::Book(BookRequest {
                        id,
                        stay,
                        rooms,
                        guest,
                        channel_ref,
                        payment_token,
                        seeds,
                        number,
                        expected_total,
                        override_reason,
                    })
                }
            ),
        (
            (booking_id(), option::of(night()), option::of(night())),
            some_rooms,
            some_guest,
            seeds(),
            (revision(), revision(), option::of(text()))
        )
            .prop_map(
                |((booking, arrival, departure), rooms, guest, seeds, (expected_revision, guest_of, override_reason))| {
                    Op::Amend { booking, arrival, departure, rooms, guest, guest_of, seeds, expected_revision, override_reason }
                }
            ),
    ]
}

fn stepping() -> impl Strategy<Value = Op> {
    let step = || (booking_id(), revision());
    prop_oneof![
        step().prop_map(|(booking, expected_revision)| Op::Cancel { booking, expected_revision }),
        step().prop_map(|(booking, expected_revision)| Op::CheckIn { booking, expected_revision }),
        step().prop_map(|(booking, expected_revision)| Op::CheckOut { booking, expected_revision }),
        step().prop_map(|(booking, expected_revision)| Op::NoShow { booking, expected_revision }),
        step().prop_map(|(booking, expected_revision)| Op::RevertCheckIn { booking, expected_revision }),
        step().prop_map(|(booking, expected_revision)| Op::Reinstate { booking, expected_revision }),
        booking_id().prop_map(|booking| Op::EraseGuest { booking }),
    ]
}

fn guarding() -> impl Strategy<Value = Op> {
    let key = || vec(any::<u8>(), 0..9);
    prop_oneof![
        (number(), grant()).prop_map(|(number, grant)| Op::PutGrant { number, grant }),
        (booking_id(), key(), key(), lookups()).prop_map(|(booking, from, to, lookups)| Op::RewrapGuest {
            booking,
            from,
            to,
            lookups
        }),
        vec(observation(), 0..4).prop_map(Op::Observe),
        Just(Op::SealAudit),
    ]
}

fn wish() -> impl Strategy<Value = RoomRequest> {
    (code(), code(), number(), short(), ages(), vec(long(), 0..4)).prop_map(
        |(room_type, rate_plan, quantity, adults, children_ages, seller_nightly)| RoomRequest {
            room_type,
            rate_plan,
            quantity,
            adults,
            children_ages,
            seller_nightly,
        },
    )
}

fn price() -> impl Strategy<Value = Price> {
    (long(), currency()).prop_map(|(amount, currency)| Price { amount, currency })
}

fn guests() -> impl Strategy<Value = RoomGuests> {
    (short(), ages()).prop_map(|(adults, children_ages)| RoomGuests { adults, children_ages })
}

/// From one day to the longest range. The last valid date cannot be part of a range.
fn dates() -> impl Strategy<Value = DateRange> {
    let more = prop_oneof![0u32..40, Just(DateRange::MAX_DAYS - 1)];
    (0u32..Night::LAST.0, more).prop_map(|(from, more)| {
        let to = (from + more).min(Night::LAST.0 - 1);
        DateRange::new(Night(from), Night(to)).unwrap()
    })
}

fn ari() -> impl Strategy<Value = AriUpdate> {
    let flag = || option::of(any::<bool>());
    let length = || option::of(short());
    (
        (code(), option::of(code()), dates(), any::<u8>()),
        (option::of(number()), option::of(number()), option::of(long())),
        (flag(), flag(), flag()),
        (length(), length(), length()),
        any::<[bool; 2]>(),
    )
        .prop_map(|(what, (capacity, out_of_order, rate), flags, lengths, [clear_capacity, clear_rate])| AriUpdate {
            room_type: what.0,
            rate_plan: what.1,
            dates: what.2,
            days: Weekdays(what.3),
            capacity,
            out_of_order,
            rate,
            clear_capacity,
            clear_rate,
            stop_sell: flags.0,
            closed_to_arrival: flags.1,
            closed_to_departure: flags.2,
            min_stay_arrival: lengths.0,
            min_stay_through: lengths.1,
            max_stay: lengths.2,
        })
}
