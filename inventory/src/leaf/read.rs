//! Reading a leaf. The result is encoded again and compared with the input, so this code may be lenient about encoding
//! details, but not about meaning.

use alloc::string::String;
use alloc::vec::Vec;

use super::claim::LEAF_DIGESTS;
use super::content::{BookingLeaf, Leaf, LeafBody, LeafKind, LeafRooms, MAX_LEAF_CELLS, ReplicaKeys};
use super::error::LeafError;
use super::format::{AUDIT_SEAL, KEY_CHANGE, LEAF_VERSION};
use crate::cbor::Reader;
use crate::{BookingId, MAX_ROOMS, MAX_STAY_NIGHTS, Night, ShortCode};

const WRONG_KEY: LeafError = LeafError::Malformed("unexpected map key");

impl Leaf {
    /// Reads a leaf's bytes.
    ///
    /// # Errors
    /// Refuses all bytes that [`Leaf::encode`] would not write: a leaf has exactly one encoding.
    pub fn decode(bytes: &[u8]) -> Result<Leaf, LeafError> {
        let leaf = leaf(bytes)?;
        if leaf.encode() == bytes { Ok(leaf) } else { Err(LeafError::NotCanonical) }
    }
}

fn leaf(bytes: &[u8]) -> Result<Leaf, LeafError> {
    let mut from = Reader(bytes);
    let pairs = from.map()?;
    key(&mut from, 1)?;
    let version = from.uint()?;
    if version != LEAF_VERSION {
        return Err(LeafError::Version(version));
    }
    key(&mut from, 2)?;
    let kind = from.uint()?;
    let leaf = match kind {
        KEY_CHANGE => key_change(&mut from, pairs)?,
        AUDIT_SEAL => audit_seal(&mut from, pairs)?,
        _ => booking(&mut from, pairs, kind)?,
    };
    if from.0.is_empty() { Ok(leaf) } else { Err(LeafError::Malformed("extra bytes at the end")) }
}

fn key_change(from: &mut Reader<'_>, pairs: usize) -> Result<Leaf, LeafError> {
    let (at_ms, term, index) = place(from)?;
    key(from, 13)?;
    if pairs != 5 || from.array()? != 3 {
        return Err(LeafError::Malformed("a key change has unexpected fields"));
    }
    let keys = ReplicaKeys { node: from.uint()?, log: byte_array(from)?, cosigner: byte_array(from)? };
    Ok(Leaf { at_ms, term, index, body: LeafBody::KeyChange(keys) })
}

fn audit_seal(from: &mut Reader<'_>, pairs: usize) -> Result<Leaf, LeafError> {
    let (at_ms, term, index) = place(from)?;
    key(from, 14)?;
    if pairs != 5 || from.array()? != 2 {
        return Err(LeafError::Malformed("an audit seal has unexpected fields"));
    }
    Ok(Leaf { at_ms, term, index, body: LeafBody::AuditSeal { count: from.uint()?, link: byte_array(from)? } })
}

fn booking(from: &mut Reader<'_>, pairs: usize, kind: u64) -> Result<Leaf, LeafError> {
    let kind = LeafKind::ALL.into_iter().find(|known| known.number() == kind);
    let kind = kind.ok_or(LeafError::Malformed("unknown kind"))?;
    key(from, 3)?;
    let property = String::from(from.text()?);
    key(from, 4)?;
    let types = for_each_type(from, |from| {
        ShortCode::new(from.text()?).map_err(|_| LeafError::Malformed("a room type code is not valid"))
    })?;
    key(from, 5)?;
    let (arrival, departure) = stay(from)?;
    key(from, 6)?;
    let quantities = for_each_type(from, |from| narrow(from.uint()?))?;
    key(from, 7)?;
    let id = BookingId(byte_array(from)?);
    key(from, 8)?;
    let previous = if from.null() { None } else { Some(from.uint()?) };
    key(from, 9)?;
    let nights = nights_of_all(from, types.len(), departure.0 - arrival.0)?;
    let (at_ms, term, index) = place(from)?;
    key(from, 12)?;
    let digests = digests(from)?;
    let mut rooms = rooms(types, quantities, nights)?;
    match pairs {
        12 => {}
        13 => {
            key(&mut *from, 15)?;
            runs(&mut *from, &mut rooms, departure.0 - arrival.0)?;
        }
        _ => return Err(LeafError::Malformed("a booking leaf has unexpected fields")),
    }
    let body = BookingLeaf { kind, property, booking: id, previous, arrival, departure, rooms, digests };
    Ok(Leaf { at_ms, term, index, body: LeafBody::Booking(body) })
}

fn rooms(types: Vec<ShortCode>, quantities: Vec<u32>, nights: Vec<Vec<(u32, i64)>>) -> Result<Vec<LeafRooms>, LeafError> {
    if types.is_empty() || types.len() > MAX_ROOMS as usize || quantities.len() != types.len() || quantities.contains(&0) {
        return Err(LeafError::Malformed("each room type needs a quantity"));
    }
    if types.iter().enumerate().any(|(place, code)| types[..place].contains(code)) {
        return Err(LeafError::Malformed("a room type is listed twice"));
    }
    let lines = types.into_iter().zip(quantities).zip(nights);
    Ok(lines.map(|((room_type, quantity), nights)| LeafRooms { room_type, quantity, runs: Vec::new(), nights }).collect())
}

/// Reads how many rooms of each type there are on each night.
fn runs(from: &mut Reader<'_>, rooms: &mut [LeafRooms], nights: u32) -> Result<(), LeafError> {
    const WRONG: LeafError = LeafError::Malformed("runs must cover the nights of the stay");
    if from.array()? != rooms.len() {
        return Err(WRONG);
    }
    for line in rooms.iter_mut() {
        let count = from.array()?;
        if count > nights as usize {
            return Err(WRONG);
        }
        for _ in 0..count {
            if from.array()? != 2 {
                return Err(WRONG);
            }
            line.runs.push((narrow(from.uint()?)?, narrow(from.uint()?)?));
        }
        let covered: u64 = line.runs.iter().map(|(nights, _)| u64::from(*nights)).sum();
        let most = line.runs.iter().map(|(_, quantity)| *quantity).max();
        let changes = line.runs.windows(2).all(|pair| pair[0].1 != pair[1].1);
        let is_whole = covered == u64::from(nights) && most == Some(line.quantity) && changes && count > 1;
        if count > 0 && !is_whole || line.runs.iter().any(|(nights, _)| *nights == 0) {
            return Err(WRONG);
        }
    }
    if rooms.iter().all(|line| line.runs.is_empty()) { Err(WRONG) } else { Ok(()) }
}

/// Reads a plain value, or a list of them.
fn for_each_type<T>(from: &mut Reader<'_>, one: impl Fn(&mut Reader<'_>) -> Result<T, LeafError>) -> Result<Vec<T>, LeafError> {
    let items = if from.array_next() { from.array()? } else { 1 };
    (0..items).map(|_| one(from)).collect()
}

fn stay(from: &mut Reader<'_>) -> Result<(Night, Night), LeafError> {
    if from.array()? != 2 {
        return Err(LeafError::Malformed("a stay must be [arrival, departure]"));
    }
    let (arrival, departure) = (narrow(from.uint()?)?, narrow(from.uint()?)?);
    let nights = departure.checked_sub(arrival).filter(|nights| (1..=MAX_STAY_NIGHTS).contains(nights));
    nights.map(|_| (Night(arrival), Night(departure))).ok_or(LeafError::Malformed("a stay has no nights or too many"))
}

fn nights_of_all(from: &mut Reader<'_>, types: usize, nights_each: u32) -> Result<Vec<Vec<(u32, i64)>>, LeafError> {
    let left_out = types * nights_each as usize > MAX_LEAF_CELLS;
    if left_out != from.null() {
        return Err(LeafError::Malformed("nights must be null exactly when there are too many"));
    }
    if left_out {
        return Ok(alloc::vec![Vec::new(); types]);
    }
    if types != 1 && from.array()? != types {
        return Err(LeafError::Malformed("each room type needs its nights"));
    }
    (0..types).map(|_| nights(from, nights_each)).collect()
}

fn nights(from: &mut Reader<'_>, nights: u32) -> Result<Vec<(u32, i64)>, LeafError> {
    if from.array()? != nights as usize {
        return Err(LeafError::Malformed("each night needs a sell limit"));
    }
    let night = |from: &mut Reader<'_>| match from.array()? {
        2 => Ok((narrow(from.uint()?)?, from.int()?)),
        _ => Err(LeafError::Malformed("a night must be [sell limit, remaining]")),
    };
    (0..nights).map(|_| night(from)).collect()
}

fn digests(from: &mut Reader<'_>) -> Result<[[u8; 32]; LEAF_DIGESTS], LeafError> {
    if from.array()? != LEAF_DIGESTS {
        return Err(LeafError::Malformed("wrong number of digests"));
    }
    let mut digests = [[0; 32]; LEAF_DIGESTS];
    for digest in &mut digests {
        *digest = byte_array(from)?;
    }
    if digests.is_sorted_by(|one, next| one < next) { Ok(digests) } else { Err(LeafError::Malformed("digests are not sorted")) }
}

fn place(from: &mut Reader<'_>) -> Result<(u64, u64, u64), LeafError> {
    key(from, 10)?;
    let at_ms = from.uint()?;
    key(from, 11)?;
    if from.array()? != 2 {
        return Err(LeafError::Malformed("the log position must be [term, index]"));
    }
    Ok((at_ms, from.uint()?, from.uint()?))
}

fn key(from: &mut Reader<'_>, wanted: u64) -> Result<(), LeafError> {
    if from.uint()? == wanted { Ok(()) } else { Err(WRONG_KEY) }
}

fn narrow(value: u64) -> Result<u32, LeafError> {
    u32::try_from(value).map_err(|_| LeafError::Malformed("a number is out of range"))
}

fn byte_array<const N: usize>(from: &mut Reader<'_>) -> Result<[u8; N], LeafError> {
    from.bytes()?.try_into().map_err(|_| LeafError::Malformed("a byte string has the wrong length"))
}
