//! The result of a command: a reply to its caller, and an entry in the shard's journal.

use alloc::sync::Arc;
use alloc::vec::Vec;

use crate::{Booking, Hold, Mark, Night, Observation, Property, PropertyNumber, Reject, ShortCode};

/// The result of [`crate::apply`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Outcome {
    /// The answer.
    pub reply: Reply,
    /// Whether the answer was given before, to the same idempotency key.
    pub replayed: bool,
    /// The wrapped key of the guest in the reply, if the caller may not have it yet.
    pub guest_key: Option<Vec<u8>>,
}

/// The answer to a command.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Reply {
    /// The command was refused and changed nothing.
    Rejected(Reject),
    /// The command was applied. There is no other result.
    Done,
    /// The property and its catalogue after the command.
    Property {
        /// The row.
        property: Arc<Property>,
        /// Whether it is new.
        created: bool,
    },
    /// The room type after the command.
    RoomType {
        /// The entry.
        room_type: crate::RoomType,
        /// Whether it is new.
        created: bool,
    },
    /// The rate plan after the command.
    RatePlan {
        /// The entry.
        rate_plan: crate::RatePlan,
        /// Whether it is new.
        created: bool,
    },
    /// The updates were applied.
    AriUpdated {
        /// The number of updates.
        updates: u32,
        /// The number of cells they changed.
        nights: u32,
        /// The number of cells that they left alone, because the nights are over.
        past: u32,
    },
    /// The hold after the command.
    Hold(Arc<Hold>),
    /// The booking after the command.
    Booking(Arc<Booking>),
    /// The new business date.
    BusinessDate(Night),
}

impl Reply {
    /// How many cells, each a room type on one night, the answer is about; see [`crate::Op::cells`].
    pub fn cells(&self) -> u64 {
        match self {
            Reply::AriUpdated { nights, past, .. } => u64::from(*nights) + u64::from(*past),
            Reply::Hold(hold) => u64::from(hold.stay.len()) * hold.rooms.len() as u64,
            Reply::Booking(booking) => u64::from(booking.stay.len()) * booking.rooms.len() as u64,
            _ => 0,
        }
    }
}

/// One line of a shard's journal. The feed, the audit trail and retries read it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// Log time, ms since 1970.
    pub at_ms: u64,
    /// The property.
    pub property: PropertyNumber,
    /// The idempotency key that this line answers.
    pub request: Option<[u8; 16]>,
    /// What happened.
    pub happened: JournalEvent,
    /// The answer.
    pub reply: Reply,
    /// Its record in the audit trail; `None` for the cluster's own commands and expiry.
    pub mark: Option<Mark>,
}

/// The event of a journal line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum JournalEvent {
    /// No event: the line only keeps a refusal, or an answer that changed nothing, for retries and the audit trail.
    Nothing,
    /// A property was onboarded or changed.
    PropertyChanged,
    /// A room type was added or changed.
    RoomTypeChanged,
    /// A rate plan was added or changed.
    RatePlanChanged,
    /// Availability, rates or inventory of these room types changed.
    AriUpdated(Vec<ShortCode>),
    /// A hold was placed.
    HoldPlaced,
    /// A hold became a booking.
    HoldConfirmed,
    /// A hold was released.
    HoldReleased,
    /// A hold expired.
    HoldExpired,
    /// A booking was made.
    Booked,
    /// A booking was amended.
    Amended,
    /// A booking was cancelled.
    Cancelled,
    /// The guest checked in.
    CheckedIn,
    /// The guest checked out.
    CheckedOut,
    /// The guest did not arrive.
    NoShow,
    /// A check-in was undone.
    CheckInReverted,
    /// A cancelled booking or a no-show was confirmed again.
    Reinstated,
    /// The guest's data were erased.
    GuestErased,
    /// The business date was closed.
    BusinessDateClosed,
    /// Edges recorded these observations; only for the audit trail.
    Observed(Vec<Observation>),
}
