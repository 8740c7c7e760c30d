//! The order and the encoding of keys: keys sort like their bytes, and only complete keys are decoded.
#![allow(clippy::unwrap_used, reason = "a test stops at the first surprise")]

use keyrack_inventory::*;
use proptest::prelude::*;

/// Mostly small numbers, so that the first fields of two keys are often equal, and the extremes.
fn number() -> impl Strategy<Value = u64> {
    prop_oneof![4 => 0u64..3, 1 => prop::sample::select(vec![255, 256, 65_535, u64::from(u32::MAX), u64::MAX]), 2 => any::<u64>()]
}

fn id() -> impl Strategy<Value = [u8; 16]> {
    (number(), number(), number())
        .prop_map(|(property, at_ms, random)| BookingId::new(PropertyNumber(property as u32), at_ms, random).0)
}

fn key() -> impl Strategy<Value = Key> {
    (0u8..21, number(), number(), number(), number(), id()).prop_map(|(kind, a, b, c, d, id)| {
        let property = PropertyNumber(a as u32);
        match kind {
            0 => Key::Meta,
            1 => Key::Property(property),
            2 => Key::Page(property, RoomTypeIx(b as u16), Month(c as u16)),
            3 => Key::Rates(property, RoomTypeIx(b as u16), RatePlanIx(c as u16), Month(d as u16)),
            4 => Key::Booking(BookingId(id)),
            5 => Key::Arrival(property, Night(b as u32), BookingId(id)),
            6 => Key::ChannelRef(property, b, BookingId(id)),
            7 => Key::Hold(HoldId(id)),
            8 => Key::Deadline(a, HoldId(id)),
            9 => Key::Request(id),
            10 => Key::Journal(a),
            11 => Key::ReplicaKeys(a),
            12 => Key::Guest(BookingId(id)),
            13 => Key::Checkpoint(a),
            14 => Key::Grant(a as u32),
            15 => Key::HoldUsage(b as u32, property),
            17 => Key::BookingLine(BookingId(id), b),
            16 => Key::Refusals(a as u32),
            18 => Key::Number(a, BookingId(id)),
            19 => Key::Lookup(property, id, BookingId(id)),
            _ => Key::Leaf(a),
        }
    })
}

fn encoded(key: &Key) -> Vec<u8> {
    let mut bytes = Vec::new();
    key.encode(&mut bytes);
    bytes
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 20_000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn keys_sort_like_their_bytes(a in key(), b in key()) {
        prop_assert_eq!(a.cmp(&b), encoded(&a).cmp(&encoded(&b)));
    }

    #[test]
    fn a_key_round_trips(key in key()) {
        prop_assert_eq!(Key::decode(&encoded(&key)), Ok(key));
    }

    #[test]
    fn only_complete_keys_are_decoded(key in key(), more in any::<u8>()) {
        let mut bytes = encoded(&key);
        for length in 0..bytes.len() {
            prop_assert_eq!(Key::decode(&bytes[..length]), Err(KeyError));
        }
        bytes.push(more);
        prop_assert_eq!(Key::decode(&bytes), Err(KeyError));
    }

    #[test]
    fn a_decoded_key_encodes_to_the_same_bytes(bytes in prop::collection::vec(prop::sample::select(vec![0u8, 1, 2, 3, 0x10, 0x11, 0x23, 0x32, 0x50]), 0..12)) {
        if let Ok(key) = Key::decode(&bytes) {
            prop_assert_eq!(encoded(&key), bytes);
        }
    }

    #[test]
    fn bookings_sort_by_property_first(a in id(), b in id()) {
        let (a, b) = (BookingId(a), BookingId(b));
        let order = Key::Booking(a).cmp(&Key::Booking(b));
        prop_assert!(a.property() == b.property() || order == a.property().cmp(&b.property()));
    }
}

/// The number of bytes after each tag. A tag of a newer version is no key.
#[test]
fn only_known_tags_and_lengths_are_decoded() {
    let lengths = [
        (0x01, 0),
        (0x02, 8),
        (0x03, 4),
        (0x04, 4),
        (0x10, 4),
        (0x11, 8),
        (0x12, 10),
        (0x20, 16),
        (0x21, 24),
        (0x22, 28),
        (0x23, 16),
        (0x24, 24),
        (0x25, 24),
        (0x26, 36),
        (0x30, 16),
        (0x31, 24),
        (0x32, 8),
        (0x40, 16),
        (0x41, 8),
        (0x50, 8),
        (0x51, 8),
    ];
    for tag in 0..=u8::MAX {
        for length in 0..40 {
            for filler in [0, 0x20, 0xff] {
                let bytes = [vec![tag], vec![filler; length]].concat();
                let known = lengths.contains(&(tag, length));
                assert_eq!(Key::decode(&bytes).is_ok(), known, "tag {tag:#x} with {length} bytes of {filler:#x}");
            }
        }
    }
    assert_eq!(Key::decode(&[]), Err(KeyError));
}

#[test]
fn keys_are_stable() {
    // Keys are stored on disk: a change here breaks every stored row.
    let id = BookingId::new(PropertyNumber(7), 0x0102_0304_0506, 0x0a0b_0c0d_0e0f);
    let hold = HoldId(id.0);
    let id_hex = "000000070102030405060a0b0c0d0e0f";
    for (key, hex) in [
        (Key::Meta, "01".to_owned()),
        (Key::ReplicaKeys(258), "020000000000000102".to_owned()),
        (Key::Grant(258), "0300000102".to_owned()),
        (Key::Refusals(258), "0400000102".to_owned()),
        (Key::Property(PropertyNumber(7)), "1000000007".to_owned()),
        (Key::Page(PropertyNumber(7), RoomTypeIx(2), Month(24_322)), "110000000700025f02".to_owned()),
        (Key::Rates(PropertyNumber(7), RoomTypeIx(2), RatePlanIx(3), Month(24_322)), "1200000007000200035f02".to_owned()),
        (Key::Booking(id), format!("20{id_hex}")),
        (Key::Arrival(PropertyNumber(7), Night(20_783), id), format!("21000000070000512f{id_hex}")),
        (Key::channel_ref(PropertyNumber(7), "", id), format!("2200000007cbf29ce484222325{id_hex}")),
        (Key::channel_ref(PropertyNumber(7), "foobar", id), format!("220000000785944171f73967e8{id_hex}")),
        (Key::Guest(id), format!("23{id_hex}")),
        (Key::BookingLine(id, 258), format!("24{id_hex}0000000000000102")),
        (Key::Hold(hold), format!("30{id_hex}")),
        (Key::Deadline(1, hold), format!("310000000000000001{id_hex}")),
        (Key::HoldUsage(258, PropertyNumber(7)), "320000010200000007".to_owned()),
        (Key::Request(id.0), format!("40{id_hex}")),
        (Key::Journal(258), "410000000000000102".to_owned()),
        (Key::Leaf(258), "500000000000000102".to_owned()),
        (Key::Checkpoint(258), "510000000000000102".to_owned()),
    ] {
        let bytes: String = encoded(&key).iter().map(|b| format!("{b:02x}")).collect();
        assert_eq!(bytes, hex, "{key:?}");
    }
}
