//! The only interface between the pure domain and storage: rows by key.

use alloc::boxed::Box;
use alloc::string::String;
use alloc::sync::Arc;
use alloc::vec::Vec;

use crate::{
    Booking, BookingId, Entry, Grant, GuestSecrets, Hold, HoldId, IdempotencyRecord, Key, Meta, Page, Property, PropertyNumber,
    RatePage, RefusalCount, ReplicaKeys, Row, StoredCheckpoint,
};

/// Reads rows. `&mut` because a reader may cache decoded rows.
pub trait Read {
    /// The row of `key`.
    fn get(&mut self, key: &Key) -> Result<Option<&Row>, Fault>;

    /// The keys in `[from, to)`, ascending, at most `limit`.
    fn scan(&mut self, from: &Key, to: &Key, limit: usize) -> Result<Vec<Key>, Fault>;
}

/// Reads and changes rows.
pub trait Rows: Read {
    /// The row of `key`, for a change in place. If there is none, `absent` creates it.
    fn get_mut(&mut self, key: &Key, absent: fn() -> Row) -> Result<&mut Row, Fault>;

    /// Writes a whole row.
    fn put(&mut self, key: Key, row: Row);

    /// Removes a row.
    fn delete(&mut self, key: &Key);
}

/// The storage failed or has corrupt data. The replica must stop.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Fault {
    /// Reading failed.
    Storage(String),
    /// A row has the wrong kind for its key, or cannot be decoded.
    Corrupt(Key, String),
    /// A counter would fall below zero: an earlier command was applied wrongly.
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
                Some(_) => Err(Fault::Corrupt(key, String::from("the row has the wrong kind"))),
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
    /// The key and salts of a guest's data.
    guest(id: BookingId) = Key::Guest(id) => Guest -> Arc<GuestSecrets>;
    /// A replica's keys.
    replica_keys(node: u64) = Key::ReplicaKeys(node) => ReplicaKeys -> ReplicaKeys;
    /// A checkpoint.
    checkpoint(size: u64) = Key::Checkpoint(size) => Checkpoint -> Box<StoredCheckpoint>;
    /// A principal's grant.
    grant(number: u32) = Key::Grant(number) => Grant -> Arc<Grant>;
    /// The quota that a principal's open holds use.
    hold_usage(number: u32, property: PropertyNumber) = Key::HoldUsage(number, property) => HoldUsage -> u64;
    /// A principal's refusals.
    refusals(number: u32) = Key::Refusals(number) => Refusals -> RefusalCount;
    /// A hold.
    hold(id: HoldId) = Key::Hold(id) => Hold -> Arc<Hold>;
    /// An idempotency record.
    request(digest: [u8; 16]) = Key::Request(digest) => Request -> IdempotencyRecord;
    /// A journal line.
    journal(sequence: u64) = Key::Journal(sequence) => Journal -> Box<Entry>;
    /// A calendar page.
    page(key: Key) = key => Page -> Box<Page>;
    /// A rate page.
    rates(key: Key) = key => Rates -> Box<RatePage>;
}

/// A calendar page for a change in place; an empty one if there is none.
pub(crate) fn page_mut<'r, R: Rows + ?Sized>(rows: &'r mut R, key: &Key) -> Result<&'r mut Page, Fault> {
    match rows.get_mut(key, || Row::Page(Box::default()))? {
        Row::Page(page) => Ok(page),
        _ => Err(Fault::Corrupt(*key, String::from("the row has the wrong kind"))),
    }
}

/// A rate page for a change in place; an empty one if there is none.
pub(crate) fn rates_mut<'r, R: Rows + ?Sized>(rows: &'r mut R, key: &Key) -> Result<&'r mut RatePage, Fault> {
    match rows.get_mut(key, || Row::Rates(Box::default()))? {
        Row::Rates(page) => Ok(page),
        _ => Err(Fault::Corrupt(*key, String::from("the row has the wrong kind"))),
    }
}
