//! The one seam between the pure domain and storage: rows by key.

use alloc::boxed::Box;
use alloc::string::String;
use alloc::sync::Arc;
use alloc::vec::Vec;

use crate::{
    Booking, BookingId, Entry, Grant, GuestSecrets, Hold, HoldId, Key, Page, Property, PropertyNumber, RatePage, ReplicaKeys,
};

/// Reads rows. `&mut` because a reader may keep what it decoded.
pub trait Read {
    /// The row of `key`.
    fn get(&mut self, key: &Key) -> Result<Option<&Row>, Fault>;

    /// The keys in `[from, to)`, ascending, at most `limit`.
    fn scan(&mut self, from: &Key, to: &Key, limit: usize) -> Result<Vec<Key>, Fault>;
}

/// Reads and changes rows.
pub trait Rows: Read {
    /// The row of `key`, to be changed in place; the row that `absent` makes if there is none.
    fn get_mut(&mut self, key: &Key, absent: fn() -> Row) -> Result<&mut Row, Fault>;

    /// Writes a row whole.
    fn put(&mut self, key: Key, row: Row);

    /// Removes a row.
    fn delete(&mut self, key: &Key);
}

/// The value of a row; which variant is fixed by the kind of key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Row {
    /// Of [`Key::Meta`].
    Meta(Meta),
    /// Of [`Key::Property`].
    Property(Arc<Property>),
    /// Of [`Key::Page`].
    Page(Box<Page>),
    /// Of [`Key::Rates`].
    Rates(Box<RatePage>),
    /// Of [`Key::Booking`].
    Booking(Arc<Booking>),
    /// Of [`Key::Guest`].
    Guest(Arc<GuestSecrets>),
    /// Of [`Key::Hold`].
    Hold(Arc<Hold>),
    /// Of [`Key::Grant`].
    Grant(Arc<Grant>),
    /// Of [`Key::HoldUsage`]: room-milliseconds.
    HoldUsage(u64),
    /// Of [`Key::Request`].
    Request(Recorded),
    /// Of [`Key::Journal`].
    Journal(Box<Entry>),
    /// Of [`Key::Leaf`]: the bytes that are hashed.
    Leaf(Vec<u8>),
    /// Of [`Key::ReplicaKeys`].
    ReplicaKeys(ReplicaKeys),
    /// Of [`Key::Checkpoint`].
    Checkpoint(Box<StoredCheckpoint>),
    /// Of the keys that are their own value: [`Key::Arrival`], [`Key::ChannelRef`], [`Key::Deadline`].
    Present,
}

impl Row {
    /// Whether it is the kind of row that `key` has.
    pub(crate) fn is_of(&self, key: &Key) -> bool {
        match key {
            Key::Meta => matches!(self, Row::Meta(_)),
            Key::ReplicaKeys(_) => matches!(self, Row::ReplicaKeys(_)),
            Key::Grant(_) => matches!(self, Row::Grant(_)),
            Key::Property(_) => matches!(self, Row::Property(_)),
            Key::Page(..) => matches!(self, Row::Page(_)),
            Key::Rates(..) => matches!(self, Row::Rates(_)),
            Key::Booking(_) => matches!(self, Row::Booking(_)),
            Key::Guest(_) => matches!(self, Row::Guest(_)),
            Key::Hold(_) => matches!(self, Row::Hold(_)),
            Key::HoldUsage(..) => matches!(self, Row::HoldUsage(_)),
            Key::Request(_) => matches!(self, Row::Request(_)),
            Key::Journal(_) => matches!(self, Row::Journal(_)),
            Key::Leaf(_) => matches!(self, Row::Leaf(_)),
            Key::Checkpoint(_) => matches!(self, Row::Checkpoint(_)),
            Key::Arrival(..) | Key::ChannelRef(..) | Key::Deadline(..) => matches!(self, Row::Present),
        }
    }
}

/// The shard's clock and cursors.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub struct Meta {
    /// The latest log time; never runs back.
    pub last_at_ms: u64,
    /// The journal's next sequence number.
    pub next_sequence: u64,
    /// No hold is due before this time; `u64::MAX` or 0 with no open hold.
    pub next_deadline_ms: u64,
    /// The journal line that expires next.
    pub expiry_cursor: u64,
    /// The log time of that line, or an earlier one.
    pub expiry_at_ms: u64,
    /// The index of the next leaf; as many are in the receipts' log.
    pub next_leaf: u64,
    /// The Raft index of the newest erasure; what the log and old snapshots have of it must go. 0 for none.
    pub last_erasure: u64,
    /// The size of the newest checkpoint, and the size below which none is kept any more.
    pub last_checkpoint: u64,
    /// See [`Meta::last_checkpoint`].
    pub first_checkpoint: u64,
    /// How many records the audit trail has, and the newest link of its chain.
    pub audit_count: u64,
    /// See [`Meta::audit_count`].
    pub audit_link: [u8; 32],
    /// How many of them a leaf has sealed.
    pub audit_sealed: u64,
    /// The log time of the first that none has; 0 when all are sealed.
    pub audit_unsealed_since_ms: u64,
}

impl Meta {
    /// Whether the cursors can all be right.
    pub(crate) fn is_consistent(&self) -> bool {
        self.expiry_cursor <= self.next_sequence
            && self.audit_sealed <= self.audit_count
            && self.last_checkpoint <= self.next_leaf
            && self.first_checkpoint <= self.last_checkpoint
    }
}

/// A checkpoint as it was decided that receipts refer to it: every replica, and every retry, answers with the same.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StoredCheckpoint {
    /// Log time, ms since 1970.
    pub at_ms: u64,
    /// The signed note.
    pub note: String,
}

/// An idempotency record: the answer itself is in the journal.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Recorded {
    /// What was asked.
    pub fingerprint: [u8; 16],
    /// The journal line with the answer.
    pub sequence: u64,
}

/// The storage failed or holds what it must not: this replica has to stop.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Fault {
    /// Reading failed.
    Storage(String),
    /// A row is not what its key says, or cannot be decoded.
    Corrupt(Key, String),
    /// A counter would fall below zero: some earlier command was applied wrongly.
    Counter(Key),
}

impl core::fmt::Display for Fault {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        match self {
            Fault::Storage(cause) => write!(f, "cannot read rows: {cause}"),
            Fault::Corrupt(key, cause) => write!(f, "corrupt row {key:?}: {cause}"),
            Fault::Counter(key) => write!(f, "corrupt row {key:?}: a counter would fall below zero"),
        }
    }
}

impl core::error::Error for Fault {}

/// Typed reads over [`Read::get`].
macro_rules! typed {
    ($(#[$doc:meta] $name:ident($($arg:ident: $type:ty),*) = $key:expr => $variant:ident -> $row:ty;)*) => {
        $(#[$doc]
        pub(crate) fn $name<R: Read + ?Sized>(rows: &mut R $(, $arg: $type)*) -> Result<Option<&$row>, Fault> {
            let key = $key;
            match rows.get(&key)? {
                None => Ok(None),
                Some(Row::$variant(row)) => Ok(Some(row)),
                Some(_) => Err(Fault::Corrupt(key, String::from("another kind of row"))),
            }
        })*
    };
}

typed! {
    /// The shard's clock and cursors.
    meta() = Key::Meta => Meta -> Meta;
    /// A property.
    property(number: PropertyNumber) = Key::Property(number) => Property -> Arc<Property>;
    /// A booking.
    booking(id: BookingId) = Key::Booking(id) => Booking -> Arc<Booking>;
    /// What protects a guest's data.
    guest(id: BookingId) = Key::Guest(id) => Guest -> Arc<GuestSecrets>;
    /// A replica's keys.
    replica_keys(node: u64) = Key::ReplicaKeys(node) => ReplicaKeys -> ReplicaKeys;
    /// A checkpoint.
    checkpoint(size: u64) = Key::Checkpoint(size) => Checkpoint -> Box<StoredCheckpoint>;
    /// What a principal may do.
    grant(number: u32) = Key::Grant(number) => Grant -> Arc<Grant>;
    /// What a principal's open holds take.
    hold_usage(number: u32, property: PropertyNumber) = Key::HoldUsage(number, property) => HoldUsage -> u64;
    /// A hold.
    hold(id: HoldId) = Key::Hold(id) => Hold -> Arc<Hold>;
    /// An idempotency record.
    request(digest: [u8; 16]) = Key::Request(digest) => Request -> Recorded;
    /// A journal line.
    journal(sequence: u64) = Key::Journal(sequence) => Journal -> Box<Entry>;
    /// A calendar page.
    page(key: Key) = key => Page -> Box<Page>;
    /// A rate page.
    rates(key: Key) = key => Rates -> Box<RatePage>;
}

/// A calendar page to be changed; an empty one if there was none.
pub(crate) fn page_mut<'r, R: Rows + ?Sized>(rows: &'r mut R, key: &Key) -> Result<&'r mut Page, Fault> {
    match rows.get_mut(key, || Row::Page(Box::default()))? {
        Row::Page(page) => Ok(page),
        _ => Err(Fault::Corrupt(*key, String::from("another kind of row"))),
    }
}

/// A rate page to be changed; an empty one if there was none.
pub(crate) fn rates_mut<'r, R: Rows + ?Sized>(rows: &'r mut R, key: &Key) -> Result<&'r mut RatePage, Fault> {
    match rows.get_mut(key, || Row::Rates(Box::default()))? {
        Row::Rates(page) => Ok(page),
        _ => Err(Fault::Corrupt(*key, String::from("another kind of row"))),
    }
}
