//! Ids of bookings and holds: their parts, their order, and the confirmation number that a guest gives at the desk.
#![allow(clippy::unwrap_used, reason = "a test stops at the first surprise")]

use std::collections::BTreeSet;

use keyrack_inventory::*;
use proptest::prelude::*;

const NOW_MS: u64 = 1_795_000_000_000;
/// The bits of an id that are drawn at random.
const RANDOM: u64 = (1 << 48) - 1;

/// The letters of an id and of a confirmation number: Crockford's base 32.
const LETTERS: &str = "0123456789abcdefghjkmnpqrstvwxyz";

/// The number that letters encode, in upper or lower case.
fn number_of(letters: &str) -> u128 {
    letters.to_ascii_lowercase().chars().fold(0, |number, letter| number << 5 | LETTERS.find(letter).unwrap() as u128)
}

/// The number of a confirmation number, which must be two groups of five letters.
fn confirmed(id: BookingId) -> u64 {
    let text = ConfirmationNumber::of_older(id).to_string();
    let (one, two) = text.split_once('-').unwrap();
    assert_eq!((one.len(), two.len()), (5, 5), "{text}");
    assert_eq!(text, text.to_ascii_uppercase());
    number_of(&format!("{one}{two}")) as u64
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 2_000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn an_id_has_its_property_its_time_and_its_random_bits(
        property in any::<u32>(),
        at_ms in prop_oneof![Just(0u64), Just(RANDOM), 0..=RANDOM],
        random in any::<u64>(),
    ) {
        let expected = u128::from(property) << 96 | u128::from(at_ms) << 48 | u128::from(random & RANDOM);
        let property = PropertyNumber(property);
        let (booking, hold) = (BookingId::new(property, at_ms, random), HoldId::new(property, at_ms, random));
        prop_assert_eq!((booking.0, hold.0), (expected.to_be_bytes(), expected.to_be_bytes()));
        prop_assert_eq!((booking.property(), hold.property()), (property, property));
        let (text, hold_text) = (booking.to_string(), hold.to_string());
        prop_assert_eq!((number_of(&text[3..]), number_of(&hold_text[3..])), (expected, expected));
        prop_assert_eq!((&text[..3], &hold_text[..3], text.len()), ("bk_", "hd_", 29));
        prop_assert_eq!((BookingId::parse(&text), HoldId::parse(&hold_text)), (Ok(booking), Ok(hold)));
    }

    /// A caller who knows the property and the millisecond knows nothing about the number: it has all random bits.
    #[test]
    fn a_confirmation_number_has_all_random_bits(property in any::<u32>(), at_ms in 0..=RANDOM, random in any::<u64>()) {
        let id = BookingId::new(PropertyNumber(property), at_ms, random);
        prop_assert_eq!(confirmed(id) & RANDOM, random & RANDOM);
    }
}

#[test]
fn confirmation_numbers_of_one_millisecond_differ() {
    let number = |random| ConfirmationNumber::of_older(BookingId::new(PropertyNumber(7), NOW_MS, random)).to_string();
    // Neighbours, and values that differ in a single bit.
    let mut drawn: BTreeSet<u64> = (0..1_000).collect();
    drawn.extend((0..48).map(|bit| 1u64 << bit));
    drawn.extend((0..48).map(|bit| RANDOM ^ 1 << bit));
    let numbers: BTreeSet<String> = drawn.iter().map(|random| number(*random)).collect();
    assert_eq!(numbers.len(), drawn.len());
}

/// Every letter varies with the random bits. The first has two bits of the time and three random ones.
#[test]
fn no_letter_of_a_confirmation_number_can_be_guessed() {
    let mut letters: [BTreeSet<char>; 11] = Default::default();
    for draw in 1..3_000u64 {
        // Numbers without a pattern, but the same in every run.
        let random = draw.wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 16;
        let number = ConfirmationNumber::of_older(BookingId::new(PropertyNumber(7), NOW_MS, random)).to_string();
        letters.iter_mut().zip(number.chars()).for_each(|(seen, letter)| seen.extend([letter]));
    }
    assert_eq!(letters.each_ref().map(BTreeSet::len), [8, 32, 32, 32, 32, 1, 32, 32, 32, 32, 32]);
}

/// Newer ids of one property sort after older ones, and properties do not mix.
#[test]
fn ids_sort_by_property_then_time() {
    let id = |property, at_ms, random| BookingId::new(PropertyNumber(property), at_ms, random);
    let sorted = [id(1, 0, RANDOM), id(1, 1, 0), id(1, 1, 1), id(1, 256, 0), id(1, RANDOM, 0), id(2, 0, 0), id(256, 0, 0)];
    assert!(sorted.is_sorted());
    let texts = sorted.map(|id| id.to_string());
    assert!(texts.is_sorted(), "{texts:?}");
}
