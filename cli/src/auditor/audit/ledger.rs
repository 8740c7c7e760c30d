//! The ledger of a log: the rooms of every booking, and the rooms sold on every night.
//!
//! The ledger trusts only the leaves and their order. It keeps the last leaf and the rooms of each booking, and it counts
//! the rooms sold for each night of each room type. Every leaf has the sell limit and the number of rooms left, so the
//! audit compares the two counts.

use std::collections::{BTreeMap, HashMap};

use keyrack_inventory::{BookingId, MAX_HOLD_MS, Night, ReplicaKeys, ShortCode};

use super::names::Names;
use crate::clock::DAY_MS;

/// The days for which a booking is remembered after its departure and its last event.
pub const REMEMBER_DAYS: u32 = 400;
/// The longest stay. A remembered booking reaches back at most this many nights.
const LONGEST_STAY: u32 = keyrack_inventory::MAX_STAY_NIGHTS;

/// The number of a property in the ledger.
pub type Place = u32;
/// The number of a room type in the ledger.
pub type RoomTypeIndex = u32;

/// The ledger.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Ledger {
    /// The ids of the properties.
    pub properties: Names,
    /// Properties by the number in the ids of their bookings.
    pub numbers: HashMap<u32, Place>,
    /// Room types by property and code.
    pub types: HashMap<(Place, ShortCode), RoomTypeIndex>,
    /// The remembered bookings.
    pub bookings: HashMap<BookingId, BookingRecord>,
    /// The remembered nights, by room type and date.
    pub nights: HashMap<(RoomTypeIndex, u32), NightTally>,
    /// The time of the newest leaf.
    pub at_ms: u64,
    /// The Raft term and index of the newest leaf.
    pub entry: (u64, u64),
    /// The keys that replicas announced, by node, each with the index of its leaf.
    pub keys: BTreeMap<u64, (u64, ReplicaKeys)>,
    /// The newest seal of the audit trail. A later seal with fewer records is a finding and does not replace it.
    pub seal: Option<Seal>,
    /// Totals.
    pub counts: Counts,
}

/// A seal of the audit trail.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Seal {
    /// The leaf of the seal.
    pub leaf: u64,
    /// The number of records.
    pub records: u64,
    /// The newest link of their chain.
    pub link: [u8; 32],
}

/// A booking after its last leaf.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BookingRecord {
    /// Its last leaf.
    pub last: u64,
    /// Its state.
    pub phase: Phase,
    /// The first night.
    pub arrival: Night,
    /// The day of departure.
    pub departure: Night,
    /// Its rooms, by type and night.
    pub rooms: Box<[RoomSpan]>,
    /// The day of its last event.
    pub touched: u32,
}

/// Rooms of one type on some nights of a booking.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct RoomSpan {
    /// The room type.
    pub room_type: RoomTypeIndex,
    /// The first night.
    pub from: u32,
    /// The day after the last night.
    pub to: u32,
    /// How many rooms.
    pub quantity: u32,
}

/// The state of a booking.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Phase {
    /// Booked.
    Confirmed,
    /// The guest has arrived.
    CheckedIn,
    /// The guest has left. The nights still count as sold.
    CheckedOut,
    /// Cancelled.
    Cancelled,
    /// The guest did not come.
    NoShow,
    /// Its first leaf was not seen.
    Unknown,
}

/// One night of one room type.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct NightTally {
    /// Rooms sold, counted from the leaves.
    pub sold: u64,
    /// The sell limit in the newest leaf, if any had one.
    pub limit: Option<u32>,
    /// The limit before it was lowered, and the time of the leaf with the lower limit.
    pub cut: Option<(u32, u64)>,
    /// The day of the newest leaf about this night.
    pub touched: u32,
}

/// Totals since the log's first leaf.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    /// Leaves by kind. The places are those of [`super::replay`].
    pub kinds: [u64; KINDS],
    /// Room nights sold and not given back.
    pub room_nights: u64,
    /// Bookings that are no longer remembered.
    pub forgotten: u64,
    /// Nights that were held before the limit was lowered and booked afterwards.
    pub booked_after_lowering: u64,
}

/// The number of kinds of leaves.
pub const KINDS: usize = 12;

impl Ledger {
    /// The number of leaves.
    pub fn leaves(&self) -> u64 {
        self.counts.kinds.iter().fold(0, |sum, count| sum.saturating_add(*count))
    }

    /// Forgets bookings that ended [`REMEMBER_DAYS`] before the time of the log or `now_ms`, whichever is earlier: a log with
    /// a wrong time cannot make the audit forget.
    pub fn forget(&mut self, now_ms: u64) {
        let Some(from) = day(self.at_ms.min(now_ms)).checked_sub(REMEMBER_DAYS) else { return };
        let before = self.bookings.len();
        self.bookings.retain(|_, known| known.departure.0.max(known.touched) >= from);
        let gone = before - self.bookings.len();
        self.counts.forgotten = self.counts.forgotten.saturating_add(gone as u64);
        // These nights are older than all nights of the remembered bookings.
        self.nights.retain(|(_, night), tally| tally.touched >= from || night.saturating_add(LONGEST_STAY) >= from);
    }

    /// Whether a booking with this departure may have been forgotten.
    pub(super) fn may_be_forgotten(&self, departure: Night) -> bool {
        self.counts.forgotten > 0 && departure.0.saturating_add(REMEMBER_DAYS) < day(self.at_ms)
    }
}

impl Phase {
    /// All of them. The position is the number in state files.
    pub const ALL: [Phase; 6] =
        [Phase::Confirmed, Phase::CheckedIn, Phase::CheckedOut, Phase::Cancelled, Phase::NoShow, Phase::Unknown];

    /// Whether its rooms count as sold.
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

impl NightTally {
    /// Sets the limit from a leaf of this time.
    pub(super) fn set_limit(&mut self, limit: u32, at_ms: u64) {
        if let Some(before) = self.limit.filter(|before| *before > limit) {
            // If the limit was lowered in steps, a hold may be from the time of the highest limit of the last minutes.
            let highest = self.cut.filter(|(_, since_ms)| at_ms.saturating_sub(*since_ms) <= MAX_HOLD_MS);
            self.cut = Some((before.max(highest.map_or(0, |(highest, _)| highest)), at_ms));
        }
        self.limit = Some(limit);
    }

    /// Whether a hold may have kept a room while `taken` rooms were taken: the limit was at least that high within the
    /// lifetime of a hold.
    pub(super) fn was_promised(&self, taken: i128, at_ms: u64) -> bool {
        self.cut.is_some_and(|(before, since_ms)| {
            at_ms.saturating_sub(since_ms) <= MAX_HOLD_MS && taken.max(i128::from(self.sold)) <= i128::from(before)
        })
    }
}

/// The day of a time; the largest number if it does not fit.
pub(super) fn day(at_ms: u64) -> u32 {
    u32::try_from(at_ms / DAY_MS).unwrap_or(u32::MAX)
}
