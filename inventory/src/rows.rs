//! The one seam between the pure domain and storage: rows by key.

use alloc::boxed::Box;
use alloc::string::String;
use alloc::sync::Arc;
use alloc::vec::Vec;

use crate::{
    Booking, BookingId, Entry, Grant, GuestSecrets, Hold, HoldId, Key, Meta, Page, Property, PropertyNumber, RatePage, Recorded,
    ReplicaKeys, Row, StoredCheckpoint,
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
