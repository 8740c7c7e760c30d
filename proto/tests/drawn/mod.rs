//! Generators of every stored or sent value. They generate everything that the types and their limits allow, not only
//! values that the domain produces.

mod access;
mod catalog;
mod op;
mod row;

use keyrack_inventory::*;
use proptest::collection::vec;
use proptest::option;
use proptest::prelude::*;

pub use op::command;
pub use row::{key, row};

fn code() -> impl Strategy<Value = ShortCode> + Clone {
    "[A-Za-z0-9._-]{1,20}".prop_map(|text| ShortCode::new(&text).unwrap())
}

fn currency() -> impl Strategy<Value = Currency> {
    "[A-Z]{3}".prop_map(|text| Currency::new(&text).unwrap())
}

/// Any Unicode text; often empty.
fn text() -> impl Strategy<Value = String> {
    prop_oneof![1 => Just(String::new()), 3 => "\\PC{0,12}"]
}

/// Often zero, which protobuf leaves out; small numbers; and the maximum of the type. Boxed, because a command has so
/// many numbers that their choices would overflow the stack of a test.
fn number() -> impl Strategy<Value = u32> + Clone {
    prop_oneof![1 => Just(0u32), 3 => 0u32..300, 1 => any::<u32>(), 1 => Just(u32::MAX)].boxed()
}

fn long() -> impl Strategy<Value = u64> + Clone {
    prop_oneof![1 => Just(0u64), 3 => 0u64..30_000, 1 => any::<u64>(), 1 => Just(u64::MAX)].boxed()
}

fn short() -> impl Strategy<Value = u16> {
    prop_oneof![1 => Just(0u16), 3 => 0u16..5, 1 => any::<u16>(), 1 => Just(u16::MAX)].boxed()
}

/// Ages of children from infants on, and bytes that are no age.
fn ages() -> impl Strategy<Value = Vec<u8>> {
    prop_oneof![3 => vec(0u8..18, 0..6), 1 => vec(any::<u8>(), 0..4)].boxed()
}

fn revision() -> impl Strategy<Value = Option<u32>> {
    option::of(number())
}

/// A single date may have any value. Only stays and ranges are limited by their types.
fn night() -> impl Strategy<Value = Night> {
    number().prop_map(Night)
}

fn stay() -> impl Strategy<Value = Stay> {
    let nights = prop_oneof![1u32..9, Just(MAX_STAY_NIGHTS)];
    (prop_oneof![0u32..Night::LAST.0, Just(Night::LAST.0 - 1)], nights).prop_map(|(arrival, nights)| {
        let departure = (arrival + nights).min(Night::LAST.0);
        Stay::new(Night(arrival), Night(departure)).unwrap()
    })
}

fn booking_id() -> impl Strategy<Value = BookingId> {
    any::<[u8; 16]>().prop_map(BookingId)
}

fn hold_id() -> impl Strategy<Value = HoldId> {
    any::<[u8; 16]>().prop_map(HoldId)
}

fn digests() -> impl Strategy<Value = Vec<Digest>> {
    vec(any::<Digest>(), 0..=GUEST_DIGESTS + 1)
}

/// Salts may be zero, although a correct edge draws random ones.
fn salts() -> impl Strategy<Value = TermSalts> {
    let salt = || prop_oneof![1 => Just(Salt::default()), 3 => any::<Salt>()];
    let drawn = (salt(), salt(), salt()).prop_map(|(price, channel_ref, unit)| TermSalts { price, channel_ref, unit });
    prop_oneof![1 => Just(TermSalts::default()), 3 => drawn]
}

fn lookups() -> impl Strategy<Value = Vec<Lookup>> {
    vec(any::<Lookup>(), 0..=MAX_LOOKUPS)
}

fn seeds() -> impl Strategy<Value = LeafSeeds> {
    let some = (digests(), salts(), lookups()).prop_map(|(guest, salts, lookups)| LeafSeeds { guest, salts, lookups });
    prop_oneof![1 => Just(LeafSeeds::default()), 3 => some]
}

fn confirmation() -> impl Strategy<Value = Option<ConfirmationNumber>> {
    proptest::option::of(any::<u64>().prop_map(ConfirmationNumber::new))
}

fn replica_keys() -> impl Strategy<Value = ReplicaKeys> {
    (long(), any::<[u8; 32]>(), any::<[u8; 32]>()).prop_map(|(node, log, cosigner)| ReplicaKeys { node, log, cosigner })
}

fn sealed() -> impl Strategy<Value = Sealed> {
    let bytes = || vec(any::<u8>(), 0..9);
    (bytes(), bytes()).prop_map(|(ciphertext, wrapped_key)| Sealed { ciphertext, wrapped_key })
}
