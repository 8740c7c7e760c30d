//! What a row holds.

use alloc::boxed::Box;
use alloc::string::String;
use alloc::sync::Arc;
use alloc::vec::Vec;

use crate::{Booking, Entry, Grant, GuestSecrets, Hold, Key, Page, Property, RatePage, ReplicaKeys};

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
