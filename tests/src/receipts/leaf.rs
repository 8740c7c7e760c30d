//! The leaf of a booking event, and the seal of an audit trail, as `docs/receipts.md` describes them.

use super::cbor::{self, Item};

/// The contents of a booking event's leaf.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Leaf {
    /// 1 book, 2 amend, 3 cancel, 4 check-in, 5 check-out, 6 no-show, 7 erase.
    pub kind: u64,
    pub property: String,
    pub rooms: Vec<LeafRooms>,
    /// Days since 1970-01-01.
    pub arrival: u64,
    pub departure: u64,
    /// 16 bytes.
    pub booking: Vec<u8>,
    /// The index of this booking's previous leaf.
    pub previous: Option<u64>,
    pub at_ms: u64,
    pub term: u64,
    pub raft_index: u64,
    pub digests: Vec<[u8; 32]>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LeafRooms {
    pub room_type: String,
    pub quantity: u64,
    /// The sell limit and the remaining rooms, night by night, after the event.
    pub nights: Vec<(u64, i64)>,
}

/// A seal: the number of audit records and the link of the newest.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Seal {
    pub records: u64,
    pub link: [u8; 32],
    pub at_ms: u64,
    pub term: u64,
    pub raft_index: u64,
}

impl Seal {
    pub fn parse(bytes: &[u8]) -> Result<Seal, String> {
        let Item::Map(map) = cbor::read(bytes)? else { return Err("a leaf is a map".into()) };
        let [(1, Item::Uint(1)), (2, Item::Uint(9)), (10, Item::Uint(at_ms)), (11, place), (14, seal)] = map.as_slice() else {
            return Err(format!("not a seal: {map:?}"));
        };
        let [term, raft_index] = pair(place.clone(), uint)?;
        match list(seal.clone())?.as_slice() {
            [Item::Uint(records), link @ Item::Bytes(_)] => {
                Ok(Seal { records: *records, link: digest(link.clone())?, at_ms: *at_ms, term, raft_index })
            }
            other => Err(format!("not [records, link]: {other:?}")),
        }
    }
}

impl Leaf {
    pub fn parse(bytes: &[u8]) -> Result<Leaf, String> {
        let Item::Map(map) = cbor::read(bytes)? else { return Err("a leaf is a map".into()) };
        let keys: Vec<u64> = map.iter().map(|(key, _)| *key).collect();
        if keys != (1..=12).collect::<Vec<u64>>() {
            return Err(format!("the leaf of a booking has other keys: {keys:?}"));
        }
        let mut items = map.into_iter().map(|(_, item)| item);
        let mut next = || items.next().ok_or_else(|| "a key is missing".to_string());
        if uint(next()?)? != 1 {
            return Err("an unknown version".into());
        }
        let kind = uint(next()?)?;
        let property = text(next()?)?;
        let room_types = each(next()?, text)?;
        let [arrival, departure] = pair(next()?, uint)?;
        let quantities = each(next()?, uint)?;
        let Item::Bytes(booking) = next()? else { return Err("the booking's id is bytes".into()) };
        let previous = match next()? {
            Item::Null => None,
            item => Some(uint(item)?),
        };
        let nights = nights(next()?, room_types.len())?;
        let at_ms = uint(next()?)?;
        let [term, raft_index] = pair(next()?, uint)?;
        let digests = list(next()?)?.into_iter().map(digest).collect::<Result<Vec<_>, _>>()?;
        if quantities.len() != room_types.len() || nights.len() != room_types.len() || booking.len() != 16 {
            return Err("the leaf's lists differ in length".into());
        }
        if !digests.is_sorted() {
            return Err("the digests are not sorted".into());
        }
        let rooms = room_types.into_iter().zip(quantities).zip(nights);
        let rooms = rooms.map(|((room_type, quantity), nights)| LeafRooms { room_type, quantity, nights }).collect();
        Ok(Leaf { kind, property, rooms, arrival, departure, booking, previous, at_ms, term, raft_index, digests })
    }

    /// `bk_` and the 16 bytes in Crockford's base 32.
    pub fn booking_id(&self) -> String {
        const DIGITS: &[u8; 32] = b"0123456789abcdefghjkmnpqrstvwxyz";
        let number = self.booking.iter().fold(0u128, |number, byte| number << 8 | u128::from(*byte));
        // 26 digits of 5 bits are 130 bits, so the first digit holds 3.
        let digit = |place: u32| char::from(DIGITS[(number >> (5 * place) & 31) as usize]);
        format!("bk_{}", (0..26).rev().map(digit).collect::<String>())
    }
}

/// Key 9: a list of `[limit, remaining]`, or a list of such lists if there are several room types.
fn nights(item: Item, room_types: usize) -> Result<Vec<Vec<(u64, i64)>>, String> {
    let of_one = |item: Item| list(item)?.into_iter().map(limit_and_remaining).collect::<Result<Vec<_>, _>>();
    match item {
        Item::Null => Ok(vec![Vec::new(); room_types]),
        item if room_types == 1 => Ok(vec![of_one(item)?]),
        item => list(item)?.into_iter().map(of_one).collect(),
    }
}

fn limit_and_remaining(item: Item) -> Result<(u64, i64), String> {
    match list(item)?.as_slice() {
        [Item::Uint(limit), Item::Uint(remaining)] => Ok((*limit, *remaining as i64)),
        [Item::Uint(limit), Item::Negative(remaining)] => Ok((*limit, *remaining)),
        other => Err(format!("not [limit, remaining]: {other:?}")),
    }
}

/// A plain value for one room type, a list for several.
fn each<T>(item: Item, read: fn(Item) -> Result<T, String>) -> Result<Vec<T>, String> {
    match item {
        Item::Array(items) if items.len() > 1 => items.into_iter().map(read).collect(),
        Item::Array(_) => Err("a list of fewer than two".into()),
        item => Ok(vec![read(item)?]),
    }
}

fn pair<T>(item: Item, read: fn(Item) -> Result<T, String>) -> Result<[T; 2], String> {
    let items = list(item)?.into_iter().map(read).collect::<Result<Vec<_>, _>>()?;
    items.try_into().map_err(|_| "a pair was expected".into())
}

fn list(item: Item) -> Result<Vec<Item>, String> {
    if let Item::Array(items) = item { Ok(items) } else { Err(format!("not a list: {item:?}")) }
}

fn uint(item: Item) -> Result<u64, String> {
    if let Item::Uint(value) = item { Ok(value) } else { Err(format!("not a number: {item:?}")) }
}

fn text(item: Item) -> Result<String, String> {
    if let Item::Text(value) = item { Ok(value) } else { Err(format!("not a text: {item:?}")) }
}

fn digest(item: Item) -> Result<[u8; 32], String> {
    let Item::Bytes(bytes) = item else { return Err("a digest is bytes".into()) };
    bytes.try_into().map_err(|_| "a digest has 32 bytes".into())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// `{1: 1, 2: 9, 10: 1764154200123, 11: [3, 4097], 14: [70000, link]}` by hand.
    #[test]
    fn a_seal_is_parsed_and_similar_bytes_are_refused() {
        let head = [0xa5, 1, 1, 2, 9, 10, 0x1b, 0, 0, 1, 0x9a, 0xbf, 0xc8, 0xd0, 0x3b, 11, 0x82, 3, 0x19, 0x10, 1];
        let seal = [&head[..], &[14, 0x82, 0x1a, 0, 1, 0x11, 0x70, 0x58, 32], &[0xcc; 32]].concat();
        let read = Seal { records: 70_000, link: [0xcc; 32], at_ms: 1_764_154_200_123, term: 3, raft_index: 4_097 };
        assert_eq!(Seal::parse(&seal), Ok(read));
        assert!(Leaf::parse(&seal).is_err());
        let mut booking = seal.clone();
        booking[4] = 8;
        let mut other_key = seal.clone();
        other_key[21] = 13;
        let short = [&head[..], &[14, 0x82, 0x1a, 0, 1, 0x11, 0x70, 0x58, 31], &[0xcc; 31]].concat();
        let alone = [&head[..], &[14, 0x81, 0x1a, 0, 1, 0x11, 0x70]].concat();
        for wrong in [&booking[..], &other_key, &short, &alone, &seal[..seal.len() - 1], &[&seal[..], &[0]].concat()] {
            assert!(Seal::parse(wrong).is_err(), "{wrong:02x?}");
        }
    }
}
