//! An independent auditor. It sees only leaves, and recounts every night from them.

#![allow(dead_code, reason = "every test file uses some of these")]

pub mod cbor;

use std::collections::{BTreeMap, BTreeSet};

use cbor::Item;

pub const BOOK: i128 = 1;
pub const CANCEL: i128 = 3;
pub const NO_SHOW: i128 = 6;
pub const ERASE: i128 = 7;
pub const KEY_CHANGE: i128 = 8;
pub const AUDIT_SEAL: i128 = 9;
pub const REVERT_CHECK_IN: i128 = 10;
pub const REINSTATE: i128 = 11;

/// Property, room type and day.
pub type Place = (String, String, i128);

/// The state after the leaves so far.
#[derive(Default)]
pub struct Auditor {
    pub heard: u64,
    pub at_ms: i128,
    /// Term and index of the newest leaf.
    pub log_place: [i128; 2],
    pub stays: BTreeMap<[u8; 16], Booked>,
    /// Sell limit and remaining rooms of a night, from its newest leaf.
    pub newest: BTreeMap<Place, [i128; 2]>,
    /// The newest keys of each node.
    pub keys: BTreeMap<i128, [[u8; 32]; 2]>,
    /// The number of audit records and the newest link, from the newest seal.
    pub seal: Option<(i128, [u8; 32])>,
    /// The number of leaves of each kind.
    pub kinds: BTreeMap<i128, usize>,
}

/// One booking, from its leaves.
pub struct Booked {
    property: String,
    days: [i128; 2],
    /// The rooms of each type, night by night.
    rooms: Vec<(String, Vec<i128>)>,
    /// A cancelled booking or no-show stays so until it is reinstated: an erasure does not change its rooms.
    given_up: bool,
    newest: u64,
    digests: BTreeSet<[u8; 32]>,
    /// Digests of leaves before an erasure. None of them may occur again.
    erased: BTreeSet<[u8; 32]>,
}

impl Auditor {
    /// Reads the next leaf. Returns its nights.
    pub fn hear(&mut self, bytes: &[u8]) -> Result<Vec<Place>, String> {
        let Item::Map(pairs) = cbor::read(bytes)? else { return Err("not a map".to_owned()) };
        let keys: Vec<i128> = pairs.iter().map(|(key, _)| key.number()).collect::<Result<_, _>>()?;
        let of = |key: i128| &pairs.iter().find(|(k, _)| *k == Item::Number(key)).expect("the key was checked").1;
        let kind = pairs.get(1).ok_or("too few keys")?.1.number()?;
        let expected: Vec<i128> = match kind {
            KEY_CHANGE => vec![1, 2, 10, 11, 13],
            AUDIT_SEAL => vec![1, 2, 10, 11, 14],
            // Key 15 only if the rooms differ from night to night.
            _ if pairs.len() == 13 => (1..=12).chain([15]).collect(),
            _ => (1..=12).collect(),
        };
        if keys != expected || of(1) != &Item::Number(1) || !(BOOK..=REINSTATE).contains(&kind) {
            return Err(format!("keys {keys:?} of kind {kind}"));
        }
        self.hear_when(of(10).number()?, of(11).pair()?)?;
        *self.kinds.entry(kind).or_default() += 1;
        let nights = match kind {
            KEY_CHANGE => self.hear_keys(of(13))?,
            AUDIT_SEAL => self.hear_seal(of(14))?,
            _ => self.hear_booking(kind, &of, pairs.len() == 13)?,
        };
        self.heard += 1;
        Ok(nights)
    }

    /// Time and log position never go backwards. One log entry may have several leaves.
    fn hear_when(&mut self, at_ms: i128, place: [i128; 2]) -> Result<(), String> {
        if at_ms < self.at_ms || place < self.log_place || place[1] < self.log_place[1] {
            return Err(format!("{at_ms} {place:?} after {} {:?}", self.at_ms, self.log_place));
        }
        (self.at_ms, self.log_place) = (at_ms, place);
        Ok(())
    }

    /// A key change must change a key.
    fn hear_keys(&mut self, keys: &Item) -> Result<Vec<Place>, String> {
        let [node, log, cosigner] = keys.array()? else { return Err(format!("not replica keys: {keys:?}")) };
        let (node, keys) = (node.number()?, [log.bytes()?, cosigner.bytes()?]);
        if self.keys.insert(node, keys) == Some(keys) {
            return Err(format!("node {node} already has these keys"));
        }
        Ok(Vec::new())
    }

    /// Each seal has more records than the previous one.
    fn hear_seal(&mut self, seal: &Item) -> Result<Vec<Place>, String> {
        let [count, link] = seal.array()? else { return Err(format!("not a seal: {seal:?}")) };
        let (count, link) = (count.number()?, link.bytes()?);
        if count <= self.seal.map_or(0, |(count, _)| count) {
            return Err(format!("{count} records after {:?}", self.seal));
        }
        self.seal = Some((count, link));
        Ok(Vec::new())
    }

    fn hear_booking<'i>(&mut self, kind: i128, of: &impl Fn(i128) -> &'i Item, has_runs: bool) -> Result<Vec<Place>, String> {
        let (property, days, id) = (of(3).text()?.to_owned(), of(5).pair()?, of(7).bytes::<16>()?);
        let several = matches!(of(4), Item::Array(_));
        let each = |item: &Item| if several { item.array().map(<[Item]>::to_vec) } else { Ok(vec![item.clone()]) };
        let (types, quantities, nights) = (each(of(4))?, each(of(6))?, each(of(9))?);
        if several == (types.len() == 1) || quantities.len() != types.len() || nights.len() != types.len() {
            return Err(format!("{types:?} with {quantities:?} and {nights:?}"));
        }
        let runs = if has_runs { of(15).array()?.to_vec() } else { vec![Item::Array(Vec::new()); types.len()] };
        if runs.len() != types.len() {
            return Err(format!("{types:?} with {runs:?}"));
        }
        let mut rooms: Vec<(String, Vec<i128>)> = Vec::new();
        let mut about = Vec::new();
        for (((room_type, quantity), nights), runs) in types.iter().zip(&quantities).zip(&nights).zip(&runs) {
            let room_type = room_type.text()?.to_owned();
            let nights = nights.array()?;
            if nights.len() as i128 != days[1] - days[0] || rooms.iter().any(|(known, _)| *known == room_type) {
                return Err(format!("{room_type} with {} nights of {days:?}", nights.len()));
            }
            for (day, night) in (days[0]..).zip(nights) {
                let place = (property.clone(), room_type.clone(), day);
                self.newest.insert(place.clone(), night.pair()?);
                about.push(place);
            }
            let most = quantity.number()?;
            let mut each: Vec<i128> = Vec::new();
            for run in runs.array()? {
                let [nights, rooms] = run.pair()?;
                each.extend((0..nights).map(|_| rooms));
            }
            if each.is_empty() {
                each = vec![most; nights.len()];
            }
            if each.len() != nights.len() || each.iter().max() != Some(&most) {
                return Err(format!("{room_type}: {each:?} for {} nights and {most} rooms", nights.len()));
            }
            rooms.push((room_type, each));
        }
        let digests: Vec<[u8; 32]> = of(12).array()?.iter().map(Item::bytes).collect::<Result<_, _>>()?;
        if digests.len() != 8 || !digests.windows(2).all(|pair| pair[0] < pair[1]) {
            return Err(format!("digests {digests:?}"));
        }
        let previous = if *of(8) == Item::Null { None } else { Some(of(8).number()?) };
        self.chain(kind, id, previous)?;
        let newest = self.heard;
        let known = self.stays.entry(id).or_insert_with(|| Booked::unheard(&property));
        if known.property != property {
            return Err(format!("the booking moved from {} to {property}", known.property));
        }
        if kind == ERASE {
            known.erased.append(&mut known.digests);
        }
        if digests.iter().any(|digest| known.erased.contains(digest)) {
            return Err("a digest from before an erasure".to_owned());
        }
        known.digests.extend(&digests);
        known.given_up = kind != REINSTATE && (known.given_up || kind == CANCEL || kind == NO_SHOW);
        (known.days, known.rooms, known.newest) = (days, rooms, newest);
        Ok(about)
    }

    /// A booking begins once, and each of its leaves names the previous one.
    fn chain(&self, kind: i128, id: [u8; 16], previous: Option<i128>) -> Result<(), String> {
        let newest = self.stays.get(&id).map(|booked| i128::from(booked.newest));
        if previous != newest || (kind == BOOK) != newest.is_none() {
            return Err(format!("kind {kind} follows {previous:?}, but the newest is {newest:?}"));
        }
        Ok(())
    }

    /// Taken rooms by night; nights without any are left out.
    pub fn sold(&self) -> BTreeMap<Place, i128> {
        let mut sold = BTreeMap::new();
        for booked in self.stays.values().filter(|booked| !booked.given_up) {
            for (room_type, each) in &booked.rooms {
                for (day, quantity) in (booked.days[0]..booked.days[1]).zip(each).filter(|(_, quantity)| **quantity > 0) {
                    *sold.entry((booked.property.clone(), room_type.clone(), day)).or_default() += quantity;
                }
            }
        }
        sold
    }
}

impl Booked {
    fn unheard(property: &str) -> Booked {
        Booked {
            property: property.to_owned(),
            days: [0, 0],
            rooms: Vec::new(),
            given_up: false,
            newest: 0,
            digests: BTreeSet::new(),
            erased: BTreeSet::new(),
        }
    }
}
