//! What a log's leaves add up to: every booking's rooms, and what is sold of every night.
//!
//! The ledger believes nothing but the leaves and their order. It keeps, for each booking, its last leaf and the rooms
//! it has, and for each night of a room type how many rooms are sold, counted here. Every leaf says how many
//! rooms may be sold and how many are left after it, so the two accounts can be compared.

use std::collections::{BTreeMap, HashMap};

use keyrack_inventory::{BookingId, Code, Leaf, LeafBody, LeafError, MAX_HOLD_MS, Night, ReplicaKeys};

use super::finding::{Findings, Kind};
use crate::clock::{DAY_MS, utc};

/// How long bookings are remembered after their guests left and their last event happened.
pub const REMEMBER_DAYS: u32 = 400;
/// The longest stay, so the most nights that a remembered booking reaches back.
const LONGEST_STAY: u32 = keyrack_inventory::MAX_STAY_NIGHTS;

/// A property's place in the ledger.
pub type Place = u32;
/// A room type's place in the ledger.
pub type TypePlace = u32;

/// The account.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Ledger {
    /// Property ids by place.
    pub properties: Names,
    /// Properties by the number that is in their bookings' ids.
    pub numbers: HashMap<u32, Place>,
    /// Room types by property and code.
    pub types: HashMap<(Place, Code), TypePlace>,
    /// Bookings that are remembered.
    pub bookings: HashMap<BookingId, Known>,
    /// Nights that are remembered, by room type and date.
    pub nights: HashMap<(TypePlace, u32), Tally>,
    /// The newest leaf's time and Raft entry.
    pub at_ms: u64,
    /// The newest leaf's Raft term and index.
    pub entry: (u64, u64),
    /// The keys that replicas announced, by node, each with its leaf.
    pub keys: BTreeMap<u64, (u64, ReplicaKeys)>,
    /// The audit trail's newest seal; the one with the most records, should a later one have fewer.
    pub seal: Option<Seal>,
    /// What was counted.
    pub counts: Counts,
}

/// How far the audit trail is sealed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Seal {
    /// Which leaf says so.
    pub leaf: u64,
    /// How many records there were.
    pub records: u64,
    /// The newest link of their chain.
    pub link: [u8; 32],
}

/// Texts, each with a number.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Names {
    places: HashMap<String, u32>,
    names: Vec<String>,
}

/// A booking as its last leaf left it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Known {
    /// Its last leaf.
    pub last: u64,
    /// Where it is in its life.
    pub phase: Phase,
    /// The first night.
    pub arrival: Night,
    /// The day of leaving.
    pub departure: Night,
    /// Rooms by type.
    pub rooms: Box<[(TypePlace, u32)]>,
    /// The day of its last event.
    pub touched: u32,
}

/// Where a booking is in its life.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Phase {
    /// Taken.
    Confirmed,
    /// The guest is there.
    CheckedIn,
    /// The guest has left; the nights stay sold.
    CheckedOut,
    /// Given up.
    Cancelled,
    /// Never came.
    NoShow,
    /// Its story began before what this audit saw.
    Unknown,
}

/// One night of one room type.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Tally {
    /// Rooms sold, counted from the leaves.
    pub sold: u64,
    /// The sell limit that the newest leaf told, if any did.
    pub limit: Option<u32>,
    /// The limit before it was lowered, and the time of the leaf that told so.
    pub cut: Option<(u32, u64)>,
    /// The day of the newest leaf about it.
    pub touched: u32,
}

/// Totals since the log's first leaf.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    /// Leaves by kind, as [`keyrack_inventory::LeafKind::ALL`] has them; then key changes; then unreadable ones; then seals
    /// of the audit trail.
    pub kinds: [u64; KINDS],
    /// Room nights sold and not given back.
    pub room_nights: u64,
    /// Bookings no longer remembered.
    pub aside: u64,
    /// Nights that holds had promised before a limit was lowered, and that were booked after.
    pub after_cut: u64,
}

const KEY_CHANGES: usize = 7;
const UNREADABLE: usize = 8;
const SEALS: usize = 9;
/// Kinds of leaves that are counted.
pub const KINDS: usize = 10;

impl Ledger {
    /// Takes the next leaf into account; says what is wrong with it.
    pub fn take(&mut self, index: u64, leaf: Result<&Leaf, &LeafError>, findings: &mut Findings) {
        let leaf = match leaf {
            Ok(leaf) => leaf,
            Err(error) => {
                bump(&mut self.counts.kinds[UNREADABLE]);
                findings.add(Kind::Unreadable, Some(index), format!("{error}; what it did to rooms is unknown"));
                return;
            }
        };
        self.check_order(index, leaf, findings);
        match &leaf.body {
            LeafBody::Booking(booking) => {
                let kind = keyrack_inventory::LeafKind::ALL.iter().position(|kind| *kind == booking.kind).unwrap_or(UNREADABLE);
                bump(&mut self.counts.kinds[kind]);
                self.take_booking(index, leaf.at_ms, booking, findings);
            }
            LeafBody::KeyChange(keys) => {
                bump(&mut self.counts.kinds[KEY_CHANGES]);
                self.keys.insert(keys.node, (index, *keys));
            }
            LeafBody::AuditSeal { count, link } => {
                bump(&mut self.counts.kinds[SEALS]);
                self.take_seal(Seal { leaf: index, records: *count, link: *link }, findings);
            }
        }
    }

    /// The trail grows and is never written anew.
    fn take_seal(&mut self, seal: Seal, findings: &mut Findings) {
        let records = seal.records;
        let wrong = match self.seal {
            Some(known) if records < known.records => {
                format!("the audit trail has {records} records, but it had {} at leaf {}", known.records, known.leaf)
            }
            Some(known) if records == known.records && seal.link != known.link => {
                format!("the audit trail of {records} records ends otherwise than at leaf {}", known.leaf)
            }
            _ => return self.seal = Some(seal),
        };
        findings.add(Kind::Contradiction, Some(seal.leaf), wrong);
    }

    /// Leaves seen.
    pub fn leaves(&self) -> u64 {
        self.counts.kinds.iter().fold(0, |sum, count| sum.saturating_add(*count))
    }

    /// Forgets what ended long before the log's time, which may not run ahead of `now_ms`: a log that lies about time
    /// must not make its auditor forget.
    pub fn forget(&mut self, now_ms: u64) {
        let Some(from) = day(self.at_ms.min(now_ms)).checked_sub(REMEMBER_DAYS) else { return };
        let before = self.bookings.len();
        self.bookings.retain(|_, known| known.departure.0.max(known.touched) >= from);
        let gone = before - self.bookings.len();
        self.counts.aside = self.counts.aside.saturating_add(gone as u64);
        // Older than every night of a booking that is still remembered.
        self.nights.retain(|(_, night), tally| tally.touched >= from || night.saturating_add(LONGEST_STAY) >= from);
    }

    /// Whether a booking that left on this day may have been forgotten.
    pub(super) fn may_be_forgotten(&self, departure: Night) -> bool {
        self.counts.aside > 0 && departure.0.saturating_add(REMEMBER_DAYS) < day(self.at_ms)
    }

    fn check_order(&mut self, index: u64, leaf: &Leaf, findings: &mut Findings) {
        if leaf.at_ms < self.at_ms {
            let what = format!("its time {} is before the leaf before it, {}", utc(leaf.at_ms), utc(self.at_ms));
            findings.add(Kind::Order, Some(index), what);
        }
        let (term, entry) = self.entry;
        // Leaves of one Raft entry share its place; later entries have later places and never an earlier term.
        let follows = leaf.index > entry && leaf.term >= term || leaf.index == entry && leaf.term == term;
        if !follows && self.leaves() > 0 {
            let what = format!("its Raft entry {} of term {} comes after entry {entry} of term {term}", leaf.index, leaf.term);
            findings.add(Kind::Order, Some(index), what);
        }
        self.at_ms = self.at_ms.max(leaf.at_ms);
        self.entry = (leaf.term, leaf.index);
    }
}

impl Names {
    /// The text's number; a new one if it has none.
    pub fn place(&mut self, name: &str) -> u32 {
        if let Some(place) = self.places.get(name) {
            return *place;
        }
        let place = self.names.len() as u32;
        self.places.insert(name.to_owned(), place);
        self.names.push(name.to_owned());
        place
    }

    /// All of them by number.
    pub fn all(&self) -> &[String] {
        &self.names
    }

    /// The text with this number.
    pub fn name(&self, place: u32) -> &str {
        self.names.get(place as usize).map_or("?", String::as_str)
    }
}

impl Phase {
    /// All of them; the place is the number in state files.
    pub const ALL: [Phase; 6] =
        [Phase::Confirmed, Phase::CheckedIn, Phase::CheckedOut, Phase::Cancelled, Phase::NoShow, Phase::Unknown];

    /// Whether its rooms are sold.
    pub fn holds_rooms(self) -> bool {
        matches!(self, Phase::Confirmed | Phase::CheckedIn | Phase::CheckedOut)
    }

    /// Its name.
    pub fn name(self) -> &'static str {
        match self {
            Phase::Confirmed => "confirmed",
            Phase::CheckedIn => "checked in",
            Phase::CheckedOut => "checked out",
            Phase::Cancelled => "cancelled",
            Phase::NoShow => "a no-show",
            Phase::Unknown => "in an unknown state",
        }
    }
}

impl Tally {
    /// Takes the limit that a leaf of this time tells.
    pub(super) fn tell(&mut self, limit: u32, at_ms: u64) {
        if let Some(before) = self.limit.filter(|before| *before > limit) {
            // Lowered step by step, the highest of the last minutes is what a hold may have been placed under.
            let highest = self.cut.filter(|(_, since_ms)| at_ms.saturating_sub(*since_ms) <= MAX_HOLD_MS);
            self.cut = Some((before.max(highest.map_or(0, |(highest, _)| highest)), at_ms));
        }
        self.limit = Some(limit);
    }

    /// Whether a hold may have promised a room when so many were taken: the limit was at least that high, no longer ago than
    /// holds live.
    pub(super) fn was_promised(&self, taken: i128, at_ms: u64) -> bool {
        self.cut.is_some_and(|(before, since_ms)| {
            at_ms.saturating_sub(since_ms) <= MAX_HOLD_MS && taken.max(i128::from(self.sold)) <= i128::from(before)
        })
    }
}

/// The day of a time, at most the last that 32 bits can name.
pub(super) fn day(at_ms: u64) -> u32 {
    u32::try_from(at_ms / DAY_MS).unwrap_or(u32::MAX)
}

fn bump(count: &mut u64) {
    *count = count.saturating_add(1);
}
