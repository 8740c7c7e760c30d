//! Generators of keys, and of rows that fit them.

use keyrack_inventory::*;
use proptest::collection::vec;
use proptest::option;
use proptest::prelude::*;

use super::access::{grant, mark, observation};
use super::catalog::{policy, property, rate_plan, room_type};
use super::{
    ages, booking_id, code, confirmation, currency, digests, hold_id, long, lookups, night, number, replica_keys, salts, sealed,
    short, stay, text,
};

pub fn key() -> impl Strategy<Value = Key> {
    let hotel = || any::<u32>().prop_map(PropertyNumber);
    let room_type = || any::<u16>().prop_map(RoomTypeIx);
    let month = || any::<u16>().prop_map(Month);
    prop_oneof![
        Just(Key::Meta),
        any::<u64>().prop_map(Key::ReplicaKeys),
        hotel().prop_map(Key::Property),
        (hotel(), room_type(), month()).prop_map(|(p, t, m)| Key::Page(p, t, m)),
        (hotel(), room_type(), any::<u16>(), month()).prop_map(|(p, t, r, m)| Key::Rates(p, t, RatePlanIx(r), m)),
        booking_id().prop_map(Key::Booking),
        (hotel(), night(), booking_id()).prop_map(|(p, n, id)| Key::Arrival(p, n, id)),
        (hotel(), any::<u64>(), booking_id()).prop_map(|(p, digest, id)| Key::ChannelRef(p, digest, id)),
        booking_id().prop_map(Key::Guest),
        (booking_id(), any::<u64>()).prop_map(|(id, sequence)| Key::BookingLine(id, sequence)),
        (any::<u64>(), booking_id()).prop_map(|(number, id)| Key::Number(number, id)),
        (hotel(), any::<[u8; 16]>(), booking_id()).prop_map(|(p, lookup, id)| Key::Lookup(p, lookup, id)),
        hold_id().prop_map(Key::Hold),
        (any::<u64>(), hold_id()).prop_map(|(at_ms, id)| Key::Deadline(at_ms, id)),
        any::<u32>().prop_map(Key::Grant),
        (any::<u32>(), hotel()).prop_map(|(principal, p)| Key::HoldUsage(principal, p)),
        any::<u32>().prop_map(Key::Refusals),
        any::<[u8; 16]>().prop_map(Key::Request),
        any::<u64>().prop_map(Key::Journal),
        any::<u64>().prop_map(Key::Leaf),
        any::<u64>().prop_map(Key::Checkpoint),
    ]
}

/// A key and a row of its kind.
pub fn row() -> impl Strategy<Value = (Key, Row)> {
    key().prop_flat_map(|key| (Just(key), row_of(key)))
}

fn row_of(key: Key) -> BoxedStrategy<Row> {
    match key {
        Key::Meta => meta().prop_map(Row::Meta).boxed(),
        Key::ReplicaKeys(_) => replica_keys().prop_map(Row::ReplicaKeys).boxed(),
        Key::Property(_) => property().prop_map(|p| Row::Property(p.into())).boxed(),
        Key::Page(..) => page().prop_map(|p| Row::Page(p.into())).boxed(),
        Key::Rates(..) => rates().prop_map(|p| Row::Rates(p.into())).boxed(),
        Key::Booking(_) => booking().prop_map(|b| Row::Booking(b.into())).boxed(),
        Key::Guest(_) => secrets().prop_map(|s| Row::Guest(s.into())).boxed(),
        Key::Hold(_) => hold().prop_map(|h| Row::Hold(h.into())).boxed(),
        Key::Grant(_) => grant().prop_map(|g| Row::Grant(g.into())).boxed(),
        Key::HoldUsage(..) => long().prop_map(Row::HoldUsage).boxed(),
        Key::Refusals(_) => {
            (any::<u32>(), any::<u32>()).prop_map(|(day, count)| Row::Refusals(RefusalCount { day, count })).boxed()
        }
        Key::Request(_) => (any::<[u8; 16]>(), long())
            .prop_map(|(fingerprint, sequence)| Row::Request(IdempotencyRecord { fingerprint, sequence }))
            .boxed(),
        Key::Journal(_) => entry().prop_map(|e| Row::Journal(e.into())).boxed(),
        Key::Leaf(_) => vec(any::<u8>(), 0..60).prop_map(Row::Leaf).boxed(),
        Key::Checkpoint(_) => {
            (long(), text()).prop_map(|(at_ms, note)| Row::Checkpoint(StoredCheckpoint { at_ms, note }.into())).boxed()
        }
        Key::Arrival(..) | Key::ChannelRef(..) | Key::BookingLine(..) | Key::Number(..) | Key::Lookup(..) | Key::Deadline(..) => {
            Just(Row::Present).boxed()
        }
    }
}

fn meta() -> impl Strategy<Value = Meta> {
    let expiry = (long(), long());
    let receipts = [long(), long(), long(), long()];
    let link = prop_oneof![1 => Just([0; 32]), 3 => any::<[u8; 32]>()];
    let audit = (long(), link, long(), long());
    (long(), long(), long(), expiry, receipts, audit).prop_map(
        |(last_at_ms, next_sequence, next_deadline_ms, (expiry_cursor, expiry_at_ms), receipts, audit)| {
            let [next_leaf, last_erasure, last_checkpoint, first_checkpoint] = receipts;
            let (audit_count, audit_link, audit_sealed, audit_unsealed_since_ms) = audit;
            Meta {
                last_at_ms,
                next_sequence,
                next_deadline_ms,
                expiry_cursor,
                expiry_at_ms,
                next_leaf,
                last_erasure,
                last_checkpoint,
                first_checkpoint,
                audit_count,
                audit_link,
                audit_sealed,
                audit_unsealed_since_ms,
            }
        },
    )
}

fn restrictions() -> impl Strategy<Value = Restrictions> {
    let set = (any::<[bool; 3]>(), [short(), short(), short()]).prop_map(|(flags, lengths)| Restrictions {
        stop_sell: flags[0],
        closed_to_arrival: flags[1],
        closed_to_departure: flags[2],
        min_stay_arrival: lengths[0],
        min_stay_through: lengths[1],
        max_stay: lengths[2],
    });
    prop_oneof![Just(Restrictions::default()), set]
}

/// Most nights have the default, and often a whole column is left out.
fn cells<C: Clone + Default + std::fmt::Debug>(cell: impl Strategy<Value = C>) -> impl Strategy<Value = Vec<C>> {
    vec(prop_oneof![3 => Just(None), 1 => cell.prop_map(Some)], 31)
        .prop_map(|cells| cells.into_iter().map(Option::unwrap_or_default).collect())
}

fn page() -> impl Strategy<Value = Page> {
    let capacity = option::of(prop_oneof![1 => Just(0), 3 => 0..=MAX_CAPACITY]);
    let zero = || prop_oneof![1 => Just(0u32), 1 => number()];
    let cell = (capacity, [zero(), zero(), zero(), zero()], restrictions()).prop_map(|(capacity, counts, restrictions)| {
        let [out_of_order, sold, held, blocked] = counts;
        Cell { capacity, out_of_order, sold, held, blocked, restrictions }
    });
    // Sometimes only one column has values.
    let sold_only = number().prop_map(|sold| Cell { sold, ..Cell::default() });
    prop_oneof![cells(cell), cells(sold_only)].prop_map(|cells| Page { cells })
}

fn rates() -> impl Strategy<Value = RatePage> {
    let cell = (option::of(prop_oneof![1 => Just(0), 3 => 0..=MAX_MINOR]), restrictions())
        .prop_map(|(rate, restrictions)| RateCell { rate, restrictions });
    cells(cell).prop_map(|cells| RatePage { cells })
}

fn room() -> impl Strategy<Value = BookedRoom> {
    let places = (any::<u16>(), any::<u16>());
    // A stored price is one more, so the largest number has no encoding.
    let seller = vec(option::of(0..u64::MAX), 0..4);
    let late = (option::of(stay()), option::of(stay()), seller);
    (places, (code(), code()), number(), short(), ages(), vec(long(), 0..5), policy(), late).prop_map(
        |(places, (room_type_code, rate_plan_code), quantity, adults, children_ages, nightly, policy, late)| BookedRoom {
            room_type: RoomTypeIx(places.0),
            rate_plan: RatePlanIx(places.1),
            room_type_code,
            rate_plan_code,
            quantity,
            adults,
            children_ages,
            nightly,
            policy,
            nights: late.0,
            late: late.1,
            seller_nightly: late.2,
        },
    )
}

fn state() -> impl Strategy<Value = BookingState> {
    use BookingState::{Cancelled, CheckedIn, CheckedOut, Confirmed, NoShow};
    prop::sample::select(vec![Confirmed, CheckedIn, CheckedOut, Cancelled, NoShow])
}

fn fees() -> impl Strategy<Value = FeeLedger> {
    let line = (night(), prop::sample::select(FeeKind::ALL.to_vec()), any::<i64>());
    let lines = vec(line.prop_map(|(date, kind, amount)| FeeLine { date, kind, amount }), 0..4);
    (lines, -5_000..5_000, option::of(night())).prop_map(|(lines, rest, given_up_on)| FeeLedger { lines, rest, given_up_on })
}

fn booking() -> impl Strategy<Value = Booking> {
    let sold = (stay(), vec(room(), 0..3), currency());
    let told = (sealed(), text(), text());
    let when = (long(), long(), option::of(long()), fees(), option::of(night()), long());
    let logged = (option::of(long()), any::<bool>(), number(), confirmation(), option::of(long()));
    (booking_id(), state(), number(), sold, told, when, logged).prop_map(|(id, state, revision, sold, told, when, logged)| {
        Booking {
            id,
            state,
            revision,
            stay: sold.0,
            rooms: sold.1,
            currency: sold.2,
            guest: told.0,
            channel_ref: told.1,
            payment_token: told.2,
            created_at_ms: when.0,
            updated_at_ms: when.1,
            cancellation_fee: when.2,
            fees: when.3,
            checked_in_on: when.4,
            moved_at_ms: when.5,
            leaf: logged.0,
            guest_erased: logged.1,
            seller: logged.2,
            number: logged.3,
            line: logged.4,
        }
    })
}

fn secrets() -> impl Strategy<Value = GuestSecrets> {
    (vec(any::<u8>(), 0..9), digests(), salts(), lookups()).prop_map(|(wrapped_key, digests, salts, lookups)| GuestSecrets {
        wrapped_key,
        digests,
        salts,
        lookups,
    })
}

fn hold() -> impl Strategy<Value = Hold> {
    let state = prop_oneof![
        Just(HoldState::Open),
        booking_id().prop_map(HoldState::Confirmed),
        Just(HoldState::Released),
        Just(HoldState::Expired),
    ];
    (hold_id(), state, stay(), vec(room(), 0..3), currency(), long(), (number(), long())).prop_map(
        |(id, state, stay, rooms, currency, expires_at_ms, (seller, charge_ms))| Hold {
            id,
            state,
            stay,
            rooms,
            currency,
            expires_at_ms,
            seller,
            charge_ms,
        },
    )
}

fn entry() -> impl Strategy<Value = Entry> {
    (long(), number(), option::of(any::<[u8; 16]>()), happened(), reply(), option::of(mark())).prop_map(
        |(at_ms, property, request, happened, reply, mark)| Entry {
            at_ms,
            property: PropertyNumber(property),
            request,
            happened,
            reply,
            mark,
        },
    )
}

fn happened() -> impl Strategy<Value = JournalEvent> {
    let plain = prop::sample::select(vec![
        JournalEvent::Nothing,
        JournalEvent::PropertyChanged,
        JournalEvent::RoomTypeChanged,
        JournalEvent::RatePlanChanged,
        JournalEvent::HoldPlaced,
        JournalEvent::HoldConfirmed,
        JournalEvent::HoldReleased,
        JournalEvent::HoldExpired,
        JournalEvent::Booked,
        JournalEvent::Amended,
        JournalEvent::Cancelled,
        JournalEvent::CheckedIn,
        JournalEvent::CheckedOut,
        JournalEvent::NoShow,
        JournalEvent::CheckInReverted,
        JournalEvent::Reinstated,
        JournalEvent::GuestErased,
        JournalEvent::BusinessDateClosed,
    ]);
    prop_oneof![
        6 => plain,
        1 => vec(code(), 0..4).prop_map(JournalEvent::AriUpdated),
        1 => vec(observation(), 0..4).prop_map(JournalEvent::Observed),
    ]
}

fn reply() -> impl Strategy<Value = Reply> {
    prop_oneof![
        4 => reject().prop_map(Reply::Rejected),
        1 => Just(Reply::Done),
        1 => (property(), any::<bool>()).prop_map(|(p, created)| Reply::Property { property: p.into(), created }),
        1 => (room_type(), any::<bool>()).prop_map(|(room_type, created)| Reply::RoomType { room_type, created }),
        1 => (rate_plan(), any::<bool>()).prop_map(|(rate_plan, created)| Reply::RatePlan { rate_plan, created }),
        1 => (number(), number(), number()).prop_map(|(updates, nights, past)| Reply::AriUpdated { updates, nights, past }),
        1 => hold().prop_map(|h| Reply::Hold(h.into())),
        1 => booking().prop_map(|b| Reply::Booking(b.into())),
        1 => night().prop_map(Reply::BusinessDate),
    ]
}

fn reject() -> impl Strategy<Value = Reject> {
    let plain = prop::sample::select(vec![
        Reject::UnknownProperty,
        Reject::NotFound,
        Reject::InvalidStay,
        Reject::StayTooLong,
        Reject::NoRooms,
        Reject::TooManyRooms,
        Reject::CurrencyMismatch,
        Reject::CapacityTooLarge,
        Reject::AmountTooLarge,
        Reject::RateWithoutPlan,
        Reject::HoldExpired,
        Reject::HoldClosed,
        Reject::KeyReused,
        Reject::Forbidden,
        Reject::GuestChanged,
    ]);
    let nights = || vec(refused_night(), 0..4);
    prop_oneof![
        5 => plain,
        1 => code().prop_map(Reject::UnknownRoomType),
        1 => code().prop_map(Reject::UnknownRatePlan),
        1 => night().prop_map(|business_date| Reject::ArrivalInPast { business_date }),
        1 => (code(), short()).prop_map(|(room_type, occupancy)| Reject::OccupancyExceeded { room_type, occupancy }),
        1 => nights().prop_map(Reject::Restricted),
        1 => nights().prop_map(Reject::SoldOut),
        1 => state().prop_map(Reject::WrongState),
        1 => night().prop_map(|business_date| Reject::WrongBusinessDate { business_date }),
        1 => night().prop_map(|business_date| Reject::NotDue { business_date }),
        1 => number().prop_map(|current| Reject::RevisionMismatch { current }),
        1 => number().prop_map(|room_minutes| Reject::HoldQuota { room_minutes }),
        1 => night().prop_map(|business_date| Reject::StayOver { business_date }),
        1 => night().prop_map(|business_date| Reject::DepartureInPast { business_date }),
        1 => night().prop_map(|business_date| Reject::TooLateToRevert { business_date }),
        1 => (option::of(long()), currency()).prop_map(|(total, currency)| Reject::PriceChanged { total, currency }),
        1 => booking_id().prop_map(Reject::DuplicateReference),
        1 => code().prop_map(Reject::Retired),
        1 => number().prop_map(|nights| Reject::SellerPrices { nights }),
        1 => number().prop_map(|lines| Reject::GuestsMissing { lines }),
    ]
}

fn refused_night() -> impl Strategy<Value = RefusedNight> {
    let restriction = prop::sample::select(vec![
        Restriction::StopSell,
        Restriction::ClosedToArrival,
        Restriction::ClosedToDeparture,
        Restriction::MinStayArrival,
        Restriction::MinStayThrough,
        Restriction::MaxStay,
        Restriction::NoRate,
    ]);
    (night(), code(), prop_oneof![1 => -3i64..3, 1 => any::<i64>()], option::of(restriction))
        .prop_map(|(night, room_type, available, restriction)| RefusedNight { night, room_type, available, restriction })
}
