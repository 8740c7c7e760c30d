//! The state of an audit as a file: a line with the format, the SHA-256 of the rest, and the state.
//!
//! Version 1 has no seals of the audit trail. Version 2 has no check-ins that were undone and no bookings that were reinstated, and its
//! rooms have all nights of their booking. Both are still read, so that an audit that began with them continues.

use keyrack_inventory::{BookingId, Night, ReplicaKeys, ShortCode};
use keyrack_merkle::{Frontier, Note, leaf_hash};

use super::codec::{Reader, Writer};
use super::finding::{Finding, Findings, Kind};
use super::ledger::{BookingRecord, KINDS, Ledger, NightTally, Phase, RoomSpan, Seal};
use crate::messages::audit::{Damaged, StateError};

const FORMAT: &[u8] = b"keyrack audit state, version 3\n";
const FORMAT_2: &[u8] = b"keyrack audit state, version 2\n";
const FORMAT_1: &[u8] = b"keyrack audit state, version 1\n";
/// The number of kinds in older versions. Newer kinds come after them.
const KINDS_1: usize = 9;
const KINDS_2: usize = 10;

/// The progress of the audit of one log.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct State {
    /// The name of the log.
    pub origin: String,
    /// The newest checkpoint whose root the leaves have; `None` at first.
    pub checkpoint: Option<Note>,
    /// The tree of all replayed leaves: the tree of the checkpoint, or a beginning of the next one.
    pub frontier: Frontier,
    /// The ledger of the leaves.
    pub ledger: Ledger,
    /// The faults of the leaves.
    pub findings: Findings,
}

impl State {
    /// The state before the first leaf.
    pub fn new(origin: &str) -> State {
        State {
            origin: origin.to_owned(),
            checkpoint: None,
            frontier: Frontier::new(),
            ledger: Ledger::default(),
            findings: Findings::default(),
        }
    }

    /// The file's bytes.
    pub fn encode(&self) -> Vec<u8> {
        let mut out = Writer::default();
        out.text(&self.origin);
        out.text(&self.checkpoint.as_ref().map(ToString::to_string).unwrap_or_default());
        out.u64(self.frontier.size());
        self.frontier.edge().iter().for_each(|hash| out.fixed(hash));
        write_ledger(&mut out, &self.ledger);
        write_findings(&mut out, &self.findings);
        [FORMAT, &leaf_hash(&out.0), &out.0].concat()
    }

    /// Reads a file's bytes.
    ///
    /// # Errors
    /// [`StateError`]. A damaged state is refused as a whole.
    pub fn decode(bytes: &[u8]) -> Result<State, StateError> {
        let newest = bytes.strip_prefix(FORMAT).map(|rest| (KINDS, rest));
        let older = [(FORMAT_2, KINDS_2), (FORMAT_1, KINDS_1)];
        let older = || older.into_iter().find_map(|(format, kinds)| Some((kinds, bytes.strip_prefix(format)?)));
        let (kinds, rest) = newest.or_else(older).ok_or(StateError::Format)?;
        let (checksum, payload) = rest.split_first_chunk::<32>().ok_or(StateError::Checksum)?;
        if leaf_hash(payload) != *checksum {
            return Err(StateError::Checksum);
        }
        let mut from = Reader::new(payload);
        let origin = from.text()?;
        let note = from.text()?;
        let checkpoint = if note.is_empty() { None } else { Some(Note::parse(&note).map_err(|_| from.damaged())?) };
        let size = from.u64()?;
        let edge = (0..size.count_ones()).map(|_| from.fixed()).collect::<Result<_, _>>()?;
        let frontier = Frontier::from_parts(size, edge).map_err(|_| from.damaged())?;
        let ledger = read_ledger(&mut from, kinds)?;
        let findings = read_findings(&mut from)?;
        from.end()?;
        Ok(State { origin, checkpoint, frontier, ledger, findings })
    }
}

fn write_ledger(out: &mut Writer, ledger: &Ledger) {
    let Ledger { properties, numbers, types, bookings, nights, at_ms, entry, keys, seal, counts } = ledger;
    out.count(properties.all().len());
    properties.all().iter().for_each(|name| out.text(name));
    out.count(numbers.len());
    for (number, place) in numbers {
        out.u32(*number);
        out.u32(*place);
    }
    out.count(types.len());
    for ((property, code), place) in types {
        out.u32(*property);
        out.text(code.as_str());
        out.u32(*place);
    }
    out.count(bookings.len());
    for (id, booking) in bookings {
        out.fixed(&id.0);
        write_booking(out, booking);
    }
    out.count(nights.len());
    for ((room_type, night), tally) in nights {
        out.u32(*room_type);
        out.u32(*night);
        out.u64(tally.sold);
        // A limit fits into 32 bits, so the largest number means that there is none.
        out.u64(tally.limit.map_or(u64::MAX, u64::from));
        let (before, since_ms) = tally.cut.map_or((u64::MAX, 0), |(before, since_ms)| (before.into(), since_ms));
        out.u64(before);
        out.u64(since_ms);
        out.u32(tally.touched);
    }
    out.u64(*at_ms);
    out.u64(entry.0);
    out.u64(entry.1);
    out.count(keys.len());
    for (leaf, key) in keys.values() {
        out.u64(*leaf);
        out.u64(key.node);
        out.fixed(&key.log);
        out.fixed(&key.cosigner);
    }
    counts.kinds.iter().for_each(|count| out.u64(*count));
    [counts.room_nights, counts.forgotten, counts.booked_after_lowering].iter().for_each(|count| out.u64(*count));
    out.count(usize::from(seal.is_some()));
    if let Some(seal) = seal {
        out.u64(seal.leaf);
        out.u64(seal.records);
        out.fixed(&seal.link);
    }
}

fn read_ledger(from: &mut Reader<'_>, kinds: usize) -> Result<Ledger, Damaged> {
    let mut ledger = Ledger::default();
    for _ in 0..from.count(8)? {
        let name = from.text()?;
        ledger.properties.place(&name);
    }
    for _ in 0..from.count(8)? {
        ledger.numbers.insert(from.u32()?, from.u32()?);
    }
    for _ in 0..from.count(16)? {
        let property = from.u32()?;
        let code = from.text()?;
        let code = ShortCode::new(&code).map_err(|_| from.damaged())?;
        ledger.types.insert((property, code), from.u32()?);
    }
    for _ in 0..from.count(48)? {
        let id = BookingId(from.fixed()?);
        ledger.bookings.insert(id, read_booking(from, kinds > KINDS_2)?);
    }
    for _ in 0..from.count(44)? {
        let night = (from.u32()?, from.u32()?);
        let (sold, limit) = (from.u64()?, read_limit(from)?);
        let (before, since_ms, touched) = (read_limit(from)?, from.u64()?, from.u32()?);
        let cut = before.map(|before| (before, since_ms));
        ledger.nights.insert(night, NightTally { sold, limit, cut, touched });
    }
    ledger.at_ms = from.u64()?;
    ledger.entry = (from.u64()?, from.u64()?);
    for _ in 0..from.count(80)? {
        let leaf = from.u64()?;
        let keys = ReplicaKeys { node: from.u64()?, log: from.fixed()?, cosigner: from.fixed()? };
        ledger.keys.insert(keys.node, (leaf, keys));
    }
    for count in &mut ledger.counts.kinds[..kinds] {
        *count = from.u64()?;
    }
    let counts = &mut ledger.counts;
    for count in [&mut counts.room_nights, &mut counts.forgotten, &mut counts.booked_after_lowering] {
        *count = from.u64()?;
    }
    if kinds > KINDS_1 {
        ledger.seal = match from.count(48)? {
            0 => None,
            1 => Some(Seal { leaf: from.u64()?, records: from.u64()?, link: from.fixed()? }),
            _ => return Err(from.damaged()),
        };
    }
    Ok(ledger)
}

fn read_limit(from: &mut Reader<'_>) -> Result<Option<u32>, Damaged> {
    match from.u64()? {
        u64::MAX => Ok(None),
        limit => u32::try_from(limit).map(Some).map_err(|_| from.damaged()),
    }
}

fn write_booking(out: &mut Writer, booking: &BookingRecord) {
    out.u64(booking.last);
    out.u32(Phase::ALL.iter().position(|phase| *phase == booking.phase).unwrap_or_default() as u32);
    out.u32(booking.arrival.0);
    out.u32(booking.departure.0);
    out.u32(booking.touched);
    out.count(booking.rooms.len());
    for RoomSpan { room_type, from, to, quantity } in &booking.rooms {
        [room_type, from, to, quantity].iter().for_each(|number| out.u32(**number));
    }
}

fn read_booking(from: &mut Reader<'_>, has_spans: bool) -> Result<BookingRecord, Damaged> {
    let last = from.u64()?;
    let phase = from.one_of(&Phase::ALL)?;
    let (arrival, departure, touched) = (Night(from.u32()?), Night(from.u32()?), from.u32()?);
    let span = |from: &mut Reader<'_>| {
        let room_type = from.u32()?;
        let (first, to) = if has_spans { (from.u32()?, from.u32()?) } else { (arrival.0, departure.0) };
        Ok(RoomSpan { room_type, from: first, to, quantity: from.u32()? })
    };
    let lines = from.count(if has_spans { 16 } else { 8 })?;
    let rooms = (0..lines).map(|_| span(from)).collect::<Result<_, Damaged>>()?;
    Ok(BookingRecord { last, phase, arrival, departure, rooms, touched })
}

fn write_findings(out: &mut Writer, findings: &Findings) {
    out.u64(findings.count());
    out.count(findings.kept().len());
    for finding in findings.kept() {
        out.u32(Kind::ALL.iter().position(|kind| *kind == finding.kind).unwrap_or_default() as u32);
        // The largest number means that there is no leaf.
        out.u64(finding.leaf.unwrap_or(u64::MAX));
        out.text(&finding.what);
    }
}

fn read_findings(from: &mut Reader<'_>) -> Result<Findings, Damaged> {
    let count = from.u64()?;
    let mut kept = Vec::new();
    for _ in 0..from.count(20)? {
        let kind = from.one_of(&Kind::ALL)?;
        let leaf = from.u64()?;
        kept.push(Finding { kind, leaf: (leaf != u64::MAX).then_some(leaf), what: from.text()? });
    }
    Ok(Findings::from_parts(kept, count))
}
