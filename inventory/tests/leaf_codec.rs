//! A leaf has exactly one encoding: decoding accepts it and refuses everything else.
#![allow(clippy::unwrap_used, reason = "a test stops at the first surprise")]

mod leafbytes;

use keyrack_inventory::*;
use leafbytes::*;
use proptest::collection::vec;
use proptest::prelude::*;

/// Mostly the limits of the lengths of CBOR heads.
fn number() -> impl Strategy<Value = u64> {
    let edges = vec![0, 23, 24, 255, 256, 65_535, 65_536, 0xffff_ffff, 0x1_0000_0000, u64::MAX];
    prop_oneof![2 => prop::sample::select(edges), 1 => any::<u64>()]
}

fn signed() -> impl Strategy<Value = i64> {
    let edges = vec![-1, -24, -25, -256, -257, i64::MIN, i64::MAX];
    prop_oneof![2 => prop::sample::select(edges), 2 => -30i64..300, 1 => any::<i64>()]
}

fn small() -> impl Strategy<Value = u32> {
    number().prop_map(|n| n as u32)
}

fn rooms(nights: usize) -> impl Strategy<Value = Vec<LeafRooms>> {
    let line = ("[A-Za-z0-9._-]{1,20}", small(), vec((small(), signed()), nights)).prop_map(|(code, quantity, nights)| {
        LeafRooms { room_type: ShortCode::new(&code).unwrap(), quantity: quantity.max(1), runs: Vec::new(), nights }
    });
    vec(line, 1..4).prop_map(|mut lines| {
        let mut known = Vec::new();
        lines.retain(|line| {
            !known.contains(&line.room_type) && {
                known.push(line.room_type);
                true
            }
        });
        lines
    })
}

fn booking() -> impl Strategy<Value = LeafBody> {
    let nights = prop_oneof![8 => 1u32..5, 1 => 22u32..26, 1 => Just(MAX_STAY_NIGHTS)];
    let stay = (nights, small()).prop_map(|(nights, arrival)| (arrival.min(u32::MAX - nights), nights));
    let kind = prop::sample::select(LeafKind::ALL.to_vec());
    let digests = prop::array::uniform8(any::<[u8; 32]>());
    (
        kind,
        "\\PC{0,40}",
        any::<[u8; 16]>(),
        prop::option::of(number()),
        stay.prop_flat_map(|s| (Just(s), rooms(s.1 as usize))),
        digests,
    )
        .prop_map(|(kind, property, id, previous, ((arrival, nights), rooms), mut digests)| {
            // Digests are distinct.
            digests.iter_mut().enumerate().for_each(|(place, digest)| digest[31] = place as u8);
            digests.sort_unstable();
            let (arrival, departure, booking) = (Night(arrival), Night(arrival + nights), BookingId(id));
            LeafBody::Booking(BookingLeaf { kind, property, booking, previous, arrival, departure, rooms, digests })
        })
}

fn leaf() -> impl Strategy<Value = Leaf> {
    let keys = (number(), any::<[u8; 32]>(), any::<[u8; 32]>())
        .prop_map(|(node, log, cosigner)| LeafBody::KeyChange(ReplicaKeys { node, log, cosigner }));
    let seal = (number(), any::<[u8; 32]>()).prop_map(|(count, link)| LeafBody::AuditSeal { count, link });
    (number(), number(), number(), prop_oneof![8 => booking(), 1 => keys, 1 => seal])
        .prop_map(|(at_ms, term, index, body)| Leaf { at_ms, term, index, body })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 2_000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn a_leaf_round_trips(leaf in leaf()) {
        prop_assert_eq!(Leaf::decode(&leaf.encode()), Ok(leaf));
    }

    #[test]
    fn longer_heads_and_indefinite_lengths_are_refused(leaf in leaf(), place in any::<prop::sample::Index>()) {
        let bytes = leaf.encode();
        let span = *place.get(&spans(&bytes));
        for other in longer(&bytes, span).into_iter().chain(indefinite(&bytes, span)) {
            prop_assert!(Leaf::decode(&other).is_err(), "{span:?}");
        }
    }

    #[test]
    fn truncated_and_extended_leaves_are_refused(leaf in leaf(), cut in any::<prop::sample::Index>(), more in vec(any::<u8>(), 1..9)) {
        let bytes = leaf.encode();
        prop_assert!(Leaf::decode(&bytes[..cut.index(bytes.len())]).is_err());
        prop_assert!(Leaf::decode(&[bytes, more].concat()).is_err());
    }

    /// Random bytes: a decoded leaf must encode to the same bytes.
    #[test]
    fn noise_is_refused_or_is_a_leaf(leaf in leaf(), noise in vec(any::<u8>(), 0..60), at in any::<prop::sample::Index>(), gone in 0usize..60) {
        let bytes = leaf.encode();
        let at = at.index(bytes.len());
        let spliced = [&bytes[..at], &noise, bytes[at..].get(gone..).unwrap_or_default()].concat();
        for bytes in [noise, spliced] {
            if let Ok(leaf) = Leaf::decode(&bytes) {
                prop_assert_eq!(leaf.encode(), bytes);
            }
        }
    }
}

/// Leaves are logged, hashed and shown to third parties: a change here is another format.
#[test]
fn leaves_are_stable() {
    for (leaf, lines) in
        [(stay_leaf(), &STAY_LEAF[..]), (group_leaf(), &GROUP_LEAF), (keys_leaf(), &KEYS_LEAF), (seal_leaf(), &SEAL_LEAF)]
    {
        assert_eq!(leaf.encode(), bytes(lines));
        assert_eq!(Leaf::decode(&bytes(lines)), Ok(leaf));
    }
}

/// Leaves are never deleted, so their size matters. Most are like the first.
#[test]
fn leaves_are_small() {
    assert_eq!(stay_leaf().encode().len(), 353, "three nights, one type");
    assert_eq!(group_leaf().encode().len(), 373, "one night, two types");
    assert_eq!(keys_leaf().encode().len(), 92, "a key change");
    assert_eq!(seal_leaf().encode().len(), 62, "a seal");
    let mut longest = stay_leaf();
    if let LeafBody::Booking(body) = &mut longest.body {
        body.departure = Night(body.arrival.0 + MAX_STAY_NIGHTS);
        body.rooms[0].nights = vec![(MAX_CAPACITY, i64::from(MAX_CAPACITY)); MAX_STAY_NIGHTS as usize];
    }
    assert_eq!(longest.encode().len(), 4_369, "a year");
}

#[test]
fn a_flipped_bit_never_gives_the_same_leaf() {
    for leaf in [stay_leaf(), group_leaf(), keys_leaf(), seal_leaf()] {
        let bytes = leaf.encode();
        let mut read = 0;
        for bit in 0..bytes.len() * 8 {
            let mut flipped = bytes.clone();
            flipped[bit / 8] ^= 1 << (bit % 8);
            // The bytes are either refused, or another leaf with its own hash.
            if let Ok(other) = Leaf::decode(&flipped) {
                assert_ne!(other, leaf, "bit {bit}");
                assert_eq!(other.encode(), flipped, "bit {bit}");
                read += 1;
            }
        }
        assert!(read > 0, "some fields may have any value");
    }
}

/// One changed line at a time: another encoding, or a wrong value.
#[test]
fn every_other_encoding_of_a_line_is_refused() {
    for (line, others) in [
        // The map: longer heads, indefinite length, fewer or more pairs, not a map.
        (0, &["b80c", "b9000c", "ba0000000c", "bb000000000000000c", "bf", "ab", "ad", "8c", "a0", "f6", "60", ""][..]),
        (
            1,
            &[
                "01 1801",
                "1801 01",
                "01 190001",
                "01 00",
                "01 20",
                "01 02",
                "01 f6",
                "01 6131",
                "01 81 01",
                "20 01",
                "6131 01",
                "00 01",
            ],
        ),
        (2, &["02 1801", "02 00", "02 08", "02 09", "02 20", "02 64626f6f6b", "02 f4", "02 81 01", "02 f93c00"]),
        (
            3,
            &[
                "03 7807 6b65792d696e6e",
                "03 7f 67 6b65792d696e6e ff",
                "03 47 6b65792d696e6e",
                "03 67 6b65792d696eff",
                "03 67 6b65792d69",
                "03 f6",
                "03 81 67 6b65792d696e6e",
            ],
        ),
        (
            4,
            &[
                "04 81 63 444c58",
                "04 80",
                "04 7803 444c58",
                "04 7f 63 444c58 ff",
                "04 60",
                "04 63 442058",
                "04 f6",
                "04 82 63 444c58 63 444c58",
                "04 82 63 444c58 63 535444",
                "04 9f 63 444c58 ff",
                "04 75 4141414141414141414141414141414141414141",
            ],
        ),
        (
            5,
            &[
                "05 82 195137 195134",
                "05 82 195134 195134",
                "05 82 195134 1a00005137",
                "05 83 195134 195137 00",
                "05 81 195134",
                "05 9f 195134 195137 ff",
                "05 82 20 02",
                "05 82 195134 1b0000000100005137",
                "05 82 195134 195138",
                "05 82 195134 195136",
                "05 82 195134 1952a3",
                "05 9802 195134 195137",
            ],
        ),
        (6, &["06 81 01", "06 82 01 01", "06 80", "06 1801", "06 20", "06 1b0000000100000000", "06 f6", "06 6131"]),
        (
            7,
            &[
                "07 4f 00000007 019abcdef012 0a0b0c0d0e",
                "07 51 00000007 019abcdef012 0a0b0c0d0e0f 00",
                "07 5810 00000007 019abcdef012 0a0b0c0d0e0f",
                "07 5f 50 00000007 019abcdef012 0a0b0c0d0e0f ff",
                "07 70 00000007 017abcdef012 0a0b0c0d0e0f",
                "07 f6",
            ],
        ),
        (8, &["08 f7", "08 f4", "08 20", "08 1800", "08 f8f6", "08 81 01", "08 e0", "08 1b00000000ffffffff"]),
        (
            9,
            &[
                "09 81 83 82 14 07 82 1819 00 82 19012c 21",
                "09 82 82 14 07 82 1819 00",
                "09 84 82 14 07 82 1819 00 82 19012c 21 82 00 00",
                "09 83 82 14 07 82 1819 00 82 19012c 3801",
                "09 83 82 14 07 82 1819 00 83 19012c 21 00",
                "09 83 82 14 07 82 1819 00 81 19012c",
                "09 83 82 20 07 82 1819 00 82 19012c 21",
                "09 83 82 14 3bffffffffffffffff 82 1819 00 82 19012c 21",
                "09 83 82 14 1b8000000000000000 82 1819 00 82 19012c 21",
                "09 83 82 14 f94700 82 1819 00 82 19012c 21",
                "09 83 82 14 07 82 1819 00 9f 19012c 21 ff",
                "09 80",
                "09 f6",
            ],
        ),
        (
            10,
            &[
                "0a 1a 00000100 1a",
                "0a 20",
                "0a c1 1b 0000019abfc8d03b",
                "0a c2 48 0000019abfc8d03b",
                "0a f6",
                "0a fb 4279abfc8d03b000",
                "0a 1b 000000000000d03b",
                "180a 1b 0000019abfc8d03b",
            ],
        ),
        (
            11,
            &[
                "0b 82 03 1a00001001",
                "0b 83 03 191001 00",
                "0b 81 191001",
                "0b 9f 03 191001 ff",
                "0b 82 20 191001",
                "0b f6",
                "0b 03",
            ],
        ),
    ] {
        for other in others {
            let mut lines = STAY_LEAF;
            lines[line] = other;
            assert!(Leaf::decode(&bytes(&lines)).is_err(), "key {line} as {other}");
        }
    }
}

/// The lists of several room types have the same length, and each type occurs once.
#[test]
fn lists_of_room_types_must_match() {
    let one = "81 82 1a000186a0 1a00018682";
    let other = "81 82 00 3a000186a0";
    let nights = |head: &str, lists: &[&str]| format!("09 {head} {}", lists.join(" "));
    for (line, others) in [
        (
            4,
            [
                "82 63 535444 63 535444",
                "83 63 535444 63 444c58 61 41",
                "81 63 535444",
                "63 535444",
                "80",
                "9f 63 535444 63 444c58 ff",
            ]
            .map(|types| format!("04 {types}"))
            .to_vec(),
        ),
        (6, ["83 181e 02 01", "81 181e", "181e", "80", "9f 181e 02 ff"].map(|rooms| format!("06 {rooms}")).to_vec()),
        (
            9,
            vec![
                nights("", &[one]),
                nights("80", &[]),
                nights("81", &[one]),
                nights("83", &[one, other, one]),
                nights("82 81", &[one, other]),
                nights("82", &["80", other]),
                nights("9f", &[one, other, "ff"]),
            ],
        ),
    ] {
        for other in others {
            let mut lines = GROUP_LEAF;
            lines[line] = &other;
            assert!(Leaf::decode(&bytes(&lines)).is_err(), "{other}");
        }
    }
}

#[test]
fn digests_are_eight_and_sorted() {
    let line =
        |order: &[&str], head: &str| format!("0c {head} {}", order.iter().map(|d| format!("5820 [{d}] ")).collect::<String>());
    let sorted = ["01", "02", "03", "04", "05", "06", "07", "ff"];
    let decode = |line: &str| Leaf::decode(&bytes(&[&STAY_LEAF[..12], &[line]].concat()));
    assert!(decode(&line(&sorted, "88")).is_ok());
    for place in 0..7 {
        let mut swapped = sorted;
        swapped.swap(place, place + 1);
        assert!(decode(&line(&swapped, "88")).is_err(), "{swapped:?}");
    }
    for (order, head) in
        [(&sorted[..7], "87"), (&[&sorted[..], &["ff"]].concat()[..], "89"), (&sorted, "9808"), (&sorted, "9f"), (&[], "80")]
    {
        assert!(decode(&line(order, head)).is_err(), "{head}");
    }
    // A digest of 31 bytes, one of 33, one as text, and null.
    for wrong in ["581f [ff]", "5821 [ff] 00", "7820 [41]", "f6"] {
        let all = line(&sorted[..7], "88") + wrong;
        assert!(decode(&all).is_err(), "{wrong}");
    }
}

/// Map keys are sorted and complete, each occurs once, and no other key is allowed.
#[test]
fn keys_must_be_complete_and_sorted() {
    for lines in [&STAY_LEAF[..], &GROUP_LEAF, &KEYS_LEAF, &SEAL_LEAF] {
        for place in 1..lines.len() {
            for other in 1..place {
                let mut swapped = lines.to_vec();
                swapped.swap(place, other);
                assert!(Leaf::decode(&bytes(&swapped)).is_err(), "{place} and {other} swapped");
            }
            let head = hex(lines[0])[0];
            let mut missing = lines.to_vec();
            missing.remove(place);
            let mut twice = lines.to_vec();
            twice.insert(place, lines[place]);
            for (mut bytes, head) in
                [(bytes(&missing), head - 1), (bytes(&missing), head), (bytes(&twice), head + 1), (bytes(&twice), head)]
            {
                bytes[0] = head;
                assert!(Leaf::decode(&bytes).is_err(), "key {place} is missing or occurs twice");
            }
        }
        for more in ["0e 00", "0d f6", "1864 00", "20 00", "6161 00"] {
            let mut bytes = bytes(&[lines, &[more]].concat());
            bytes[0] += 1;
            assert!(Leaf::decode(&bytes).is_err(), "extra key {more}");
        }
    }
}

/// Leaves of bookings, key changes and seals must not have each other's keys.
#[test]
fn each_kind_of_leaf_has_its_own_keys() {
    let mut as_keys = STAY_LEAF;
    as_keys[2] = "02 08";
    let mut as_seal = STAY_LEAF;
    as_seal[2] = "02 09";
    let [mut keys_as_booking, mut keys_as_seal, mut seal_as_booking, mut seal_as_keys] =
        [KEYS_LEAF, KEYS_LEAF, SEAL_LEAF, SEAL_LEAF];
    (keys_as_booking[2], keys_as_seal[2], seal_as_booking[2], seal_as_keys[2]) = ("02 01", "02 09", "02 01", "02 08");
    let small = [&keys_as_booking, &keys_as_seal, &seal_as_booking, &seal_as_keys].map(|lines| bytes(lines));
    for mut bytes in [bytes(&as_keys), bytes(&as_seal)].into_iter().chain(small) {
        for pairs in [0xac, 0xa5] {
            bytes[0] = pairs;
            assert!(Leaf::decode(&bytes).is_err());
        }
    }
    for seal in [
        "0e 81 1a 00011170",
        "0e 83 1a 00011170 5820 [cc] 00",
        "0e 82 1b 0000000000011170 5820 [cc]",
        "0e 82 1a 00011170 581f [cc]",
        "0e 82 1a 00011170 7820 [41]",
        "0e 82 20 5820 [cc]",
        "0e 82 1a 00011170 f6",
        "0e 9f 1a 00011170 5820 [cc] ff",
        "0e 5820 [cc]",
        "0d 82 1a 00011170 5820 [cc]",
    ] {
        let mut lines = SEAL_LEAF;
        lines[5] = seal;
        assert!(Leaf::decode(&bytes(&lines)).is_err(), "{seal}");
    }
    for keys in [
        "0d 82 02 5820 [aa]",
        "0d 84 02 5820 [aa] 5820 [bb] 00",
        "0d 83 1802 5820 [aa] 5820 [bb]",
        "0d 83 02 581f [aa] 5820 [bb]",
        "0d 83 20 5820 [aa] 5820 [bb]",
        "0d 9f 02 5820 [aa] 5820 [bb] ff",
    ] {
        let mut lines = KEYS_LEAF;
        lines[5] = keys;
        assert!(Leaf::decode(&bytes(&lines)).is_err(), "{keys}");
    }
}

/// A small number in CBOR.
fn small_number(number: u16) -> String {
    match number {
        0..24 => format!("{number:02x}"),
        24..256 => format!("18 {number:02x}"),
        _ => format!("19 {number:04x}"),
    }
}

/// A leaf of another kind may come from a newer version. It must not be read as one of the known kinds.
#[test]
fn only_known_kinds_and_versions_of_leaves_are_read() {
    for number in (0..=1_024).chain([0x0101, 0x0801, 0xff01, 0xffff]) {
        let of_booking = [1, 2, 3, 4, 5, 6, 7, 10, 11];
        for (lines, kinds) in [(&STAY_LEAF[..], &of_booking[..]), (&KEYS_LEAF[..], &[8]), (&SEAL_LEAF[..], &[9])] {
            let (kind, version) = (format!("02 {}", small_number(number)), format!("01 {}", small_number(number)));
            let other_kind = bytes(&[&lines[..2], &[&kind], &lines[3..]].concat());
            assert_eq!(Leaf::decode(&other_kind).is_ok(), kinds.contains(&number), "kind {number}");
            let other_version = bytes(&[&lines[..1], &[&version], &lines[2..]].concat());
            let read = Leaf::decode(&other_version).err();
            assert_eq!(read, (number != 1).then_some(LeafError::Version(number.into())), "version {number}");
        }
    }
}

/// A leaf of a newer version gives an error with the version.
#[test]
fn an_unknown_version_is_reported() {
    for (line, version) in [("01 02", 2), ("01 1818", 24)] {
        let mut lines = STAY_LEAF;
        lines[1] = line;
        assert_eq!(Leaf::decode(&bytes(&lines)), Err(LeafError::Version(version)));
    }
    assert_eq!(Leaf::decode(&bytes(&[&["b80c"], &STAY_LEAF[1..]].concat())), Err(LeafError::NotCanonical));
}

/// A length above the remaining bytes is refused before memory is allocated.
#[test]
fn a_length_beyond_the_end_is_refused() {
    for (line, other) in [
        (0, "bb ffffffffffffffff"),
        (3, "03 7b ffffffffffffffff"),
        (4, "04 9b 7fffffffffffffff"),
        (9, "09 9b ffffffffffffffff"),
        (12, "0c 9a ffffffff"),
    ] {
        let mut lines = STAY_LEAF;
        lines[line] = other;
        assert!(Leaf::decode(&bytes(&lines)).is_err(), "{other}");
    }
    // Nested arrays do not overflow the stack.
    assert!(Leaf::decode(&[bytes(&STAY_LEAF[..4]), vec![4], vec![0x81; 100_000]].concat()).is_err());
}
