//! Leaves encoded by hand, one line for each key, and other encodings of the same values.
#![allow(clippy::unwrap_used, reason = "a test stops at the first surprise")]
#![allow(dead_code, reason = "every test file uses some of these")]

use keyrack_inventory::*;

pub fn digest(byte: u8) -> Digest {
    [byte; 32]
}

/// Three nights in one room, the last one oversold. Most leaves look like this.
pub fn stay_leaf() -> Leaf {
    let body = BookingLeaf {
        kind: LeafKind::Book,
        property: "key-inn".to_owned(),
        booking: BookingId::new(PropertyNumber(7), 0x019a_bcde_f012, 0x0a0b_0c0d_0e0f),
        previous: None,
        arrival: Night(20_788),
        departure: Night(20_791),
        rooms: vec![LeafRooms {
            room_type: ShortCode::new("DLX").unwrap(),
            quantity: 1,
            runs: Vec::new(),
            nights: vec![(20, 7), (25, 0), (300, -2)],
        }],
        digests: [1, 2, 3, 4, 5, 6, 7, 0xff].map(digest),
    };
    Leaf { at_ms: 1_764_154_200_123, term: 3, index: 4_097, body: LeafBody::Booking(body) }
}

/// The same leaf in bytes, by hand from RFC 8949. Line 0 is the map, line `n` is key `n`.
pub const STAY_LEAF: [&str; 13] = [
    "ac",                                                                                    // a map of 12
    "01 01",                                                                                 // version: 1
    "02 01",                                                                                 // kind: book
    "03 67 6b65792d696e6e",                                                                  // property: a text of 7, "key-inn"
    "04 63 444c58",                                                                          // room type: "DLX"
    "05 82 195134 195137",                      // [2026-12-01, 2026-12-04]: two bytes each
    "06 01",                                    // one room
    "07 50 00000007 019abcdef012 0a0b0c0d0e0f", // booking: 16 bytes
    "08 f6",                                    // no previous leaf: null
    "09 83 82 14 07 82 1819 00 82 19012c 21",   // [[20, 7], [25, 0], [300, -2]]
    "0a 1b 0000019abfc8d03b",                   // time: eight bytes
    "0b 82 03 191001",                          // [term 3, index 4097]
    "0c 88 5820 [01] 5820 [02] 5820 [03] 5820 [04] 5820 [05] 5820 [06] 5820 [07] 5820 [ff]", // digests: [byte] 32 times
];

/// An existing booking with rooms of two types: plain values become lists.
pub fn group_leaf() -> Leaf {
    let mut leaf = stay_leaf();
    if let LeafBody::Booking(body) = &mut leaf.body {
        body.kind = LeafKind::Erase;
        body.previous = Some(70_000);
        body.departure = Night(20_789);
        let line = |code, quantity, night| LeafRooms {
            room_type: ShortCode::new(code).unwrap(),
            quantity,
            runs: Vec::new(),
            nights: vec![night],
        };
        body.rooms = vec![line("STD", 30, (100_000, 99_970)), line("DLX", 2, (0, -100_001))];
    }
    leaf
}

pub const GROUP_LEAF: [&str; 13] = [
    "ac",
    "01 01",
    "02 07", // erase
    "03 67 6b65792d696e6e",
    "04 82 63 535444 63 444c58", // ["STD", "DLX"]
    "05 82 195134 195135",
    "06 82 181e 02", // [30, 2]
    "07 50 00000007 019abcdef012 0a0b0c0d0e0f",
    "08 1a 00011170",                                        // leaf 70000
    "09 82 81 82 1a000186a0 1a00018682 81 82 00 3a000186a0", // [[[100000, 99970]], [[0, -100001]]]
    "0a 1b 0000019abfc8d03b",
    "0b 82 03 191001",
    "0c 88 5820 [01] 5820 [02] 5820 [03] 5820 [04] 5820 [05] 5820 [06] 5820 [07] 5820 [ff]",
];

pub fn keys_leaf() -> Leaf {
    let keys = ReplicaKeys { node: 2, log: digest(0xaa), cosigner: digest(0xbb) };
    Leaf { at_ms: 1_764_154_200_123, term: 3, index: 4_097, body: LeafBody::KeyChange(keys) }
}

pub const KEYS_LEAF: [&str; 6] = [
    "a5", // a map of 5
    "01 01",
    "02 08", // key change
    "0a 1b 0000019abfc8d03b",
    "0b 82 03 191001",
    "0d 83 02 5820 [aa] 5820 [bb]", // [node, log key, cosigner key]
];

pub fn seal_leaf() -> Leaf {
    let body = LeafBody::AuditSeal { count: 70_000, link: digest(0xcc) };
    Leaf { at_ms: 1_764_154_200_123, term: 3, index: 4_097, body }
}

pub const SEAL_LEAF: [&str; 6] = [
    "a5", // a map of 5
    "01 01",
    "02 09", // audit seal
    "0a 1b 0000019abfc8d03b",
    "0b 82 03 191001",
    "0e 82 1a 00011170 5820 [cc]", // [records, newest link]
];

/// `[ff]` is that byte 32 times; spaces are ignored.
pub fn hex(text: &str) -> Vec<u8> {
    let bytes = |digits: &str| base16ct::lower::decode_vec(digits).unwrap();
    let word = |word: &str| match word.strip_prefix('[') {
        Some(digits) => bytes(&digits[..2]).repeat(32),
        None => bytes(word),
    };
    text.split_whitespace().flat_map(word).collect()
}

pub fn bytes(lines: &[&str]) -> Vec<u8> {
    hex(&lines.join(" "))
}

/// The position of an item in the bytes of a leaf.
#[derive(Clone, Copy, Debug)]
pub struct Span {
    pub start: usize,
    pub end: usize,
    pub head: usize,
    pub major: u8,
    pub argument: u64,
}

/// All items of deterministic CBOR, including nested ones but not null.
pub fn spans(bytes: &[u8]) -> Vec<Span> {
    let mut found = Vec::new();
    let end = walk(bytes, 0, &mut found);
    assert_eq!(end, bytes.len());
    found
}

fn walk(bytes: &[u8], start: usize, found: &mut Vec<Span>) -> usize {
    let (major, info) = (bytes[start] >> 5, bytes[start] & 31);
    if major == 7 {
        return start + 1;
    }
    let width = if info < 24 { 0 } else { 1 << (info - 24) };
    let head = 1 + width;
    let wide = bytes[start + 1..start + head].iter().fold(0, |n, byte| n << 8 | u64::from(*byte));
    let argument = if width == 0 { u64::from(info) } else { wide };
    let place = found.len();
    found.push(Span { start, end: 0, head, major, argument });
    let inside = match major {
        4 => argument,
        5 => 2 * argument,
        _ => 0,
    };
    let payload = if matches!(major, 2 | 3) { argument as usize } else { 0 };
    let end = (0..inside).fold(start + head + payload, |at, _| walk(bytes, at, found));
    found[place].end = end;
    end
}

/// The same item with each longer head.
pub fn longer(bytes: &[u8], span: Span) -> Vec<Vec<u8>> {
    let widths = [(1usize, 24u8), (2, 25), (4, 26), (8, 27)].into_iter().filter(|(width, _)| 1 + width > span.head);
    let longer = |(width, info): (usize, u8)| {
        let argument = &span.argument.to_be_bytes()[8 - width..];
        [&bytes[..span.start], &[span.major << 5 | info], argument, &bytes[span.start + span.head..]].concat()
    };
    widths.map(longer).collect()
}

/// The same item with an indefinite length, if its type allows one: strings in chunks, the others up to a break.
pub fn indefinite(bytes: &[u8], span: Span) -> Option<Vec<u8>> {
    let inner = match span.major {
        2 | 3 => span.start,
        4 | 5 => span.start + span.head,
        _ => return None,
    };
    let open = [span.major << 5 | 31];
    Some([&bytes[..span.start], &open, &bytes[inner..span.end], &[0xff], &bytes[span.end..]].concat())
}
