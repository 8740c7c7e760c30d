//! The values of rows.

use alloc::boxed::Box;
use alloc::string::String;
use alloc::sync::Arc;
use alloc::vec::Vec;

use crate::{Booking, Entry, Grant, GuestSecrets, Hold, Key, Page, Property, RatePage, ReplicaKeys};

/// The value of a row. The kind of key determines the variant.
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
    /// Of [`Key::Refusals`].
    Refusals(RefusalCount),
    /// Of [`Key::Request`].
    Request(IdempotencyRecord),
    /// Of [`Key::Journal`].
    Journal(Box<Entry>),
    /// Of [`Key::Leaf`]: the bytes that are hashed.
    Leaf(Vec<u8>),
    /// Of [`Key::ReplicaKeys`].
    ReplicaKeys(ReplicaKeys),
    /// Of [`Key::Checkpoint`].
    Checkpoint(Box<StoredCheckpoint>),
    /// The empty value of keys without a value: [`Key::Arrival`], [`Key::ChannelRef`], [`Key::BookingLine`], [`Key::Number`],
    /// [`Key::Lookup`], [`Key::Deadline`].
    Present,
}

impl Row {
    /// Whether this is the kind of row for `key`.
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
            Key::Refusals(_) => matches!(self, Row::Refusals(_)),
            Key::Request(_) => matches!(self, Row::Request(_)),
            Key::Journal(_) => matches!(self, Row::Journal(_)),
            Key::Leaf(_) => matches!(self, Row::Leaf(_)),
            Key::Checkpoint(_) => matches!(self, Row::Checkpoint(_)),
            Key::Arrival(..)
            | Key::ChannelRef(..)
            | Key::BookingLine(..)
            | Key::Number(..)
            | Key::Lookup(..)
            | Key::Deadline(..) => matches!(self, Row::Present),
        }
    }
}

/// The shard's clock and cursors.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub struct Meta {
    /// The latest log time. It never runs backwards.
    pub last_at_ms: u64,
    /// The journal's next sequence number.
    pub next_sequence: u64,
    /// The earliest deadline, or an earlier time; `u64::MAX` or 0 if no hold is open.
    pub next_deadline_ms: u64,
    /// The journal line that expires next.
    pub expiry_cursor: u64,
    /// The log time of that line, or an earlier one.
    pub expiry_at_ms: u64,
    /// The index of the next leaf, which is the number of leaves.
    pub next_leaf: u64,
    /// The Raft index of the newest erasure; 0 for none. Log entries and snapshots from before it must be deleted,
    /// because they may contain the erased key.
    pub last_erasure: u64,
    /// The size of the newest checkpoint.
    pub last_checkpoint: u64,
    /// The size below which no checkpoint is kept any more.
    pub first_checkpoint: u64,
    /// The number of records of the audit trail.
    pub audit_count: u64,
    /// The newest link of the audit trail's chain.
    pub audit_link: [u8; 32],
    /// How many of the records a leaf has sealed.
    pub audit_sealed: u64,
    /// The log time of the first unsealed record; 0 if all are sealed.
    pub audit_unsealed_since_ms: u64,
}

impl Meta {
    /// Whether the cursors do not contradict each other.
    pub(crate) fn is_consistent(&self) -> bool {
        self.expiry_cursor <= self.next_sequence
            && self.audit_sealed <= self.audit_count
            && self.last_checkpoint <= self.next_leaf
            && self.first_checkpoint <= self.last_checkpoint
    }
}

/// A checkpoint that went through the Raft log, so that every replica and every retry answers with the same one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StoredCheckpoint {
    /// Log time, ms since 1970.
    pub at_ms: u64,
    /// The signed note.
    pub note: String,
}

/// Refused commands of one principal on one day.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RefusalCount {
    /// The day of log time, in days since 1970.
    pub day: u32,
    /// How many commands were refused on it.
    pub count: u32,
}

/// An idempotency record. The answer itself is in the journal.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct IdempotencyRecord {
    /// The digest of the request.
    pub fingerprint: [u8; 16],
    /// The journal line with the answer.
    pub sequence: u64,
}
