//! What came of a command: a reply to its caller, and an entry in the shard's journal.

use alloc::sync::Arc;
use alloc::vec::Vec;

use crate::{Booking, Code, Hold, Mark, Night, Observation, Property, PropertyNumber, Reject};

/// What [`crate::apply`] returns.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Outcome {
    /// The answer.
    pub reply: Reply,
    /// Whether the answer was given before, to the same idempotency key.
    pub replayed: bool,
    /// The wrapped key of the guest in the reply, where the caller cannot know the guest already.
    pub guest_key: Option<Vec<u8>>,
}

/// The answer to a command.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Reply {
    /// Refused: nothing happened.
    Rejected(Reject),
    /// Nothing to say.
    Done,
    /// The property as it now is; its catalogue too.
    Property {
        /// The row.
        property: Arc<Property>,
        /// Whether it is new.
        created: bool,
    },
    /// The room type as it now is.
    RoomType {
        /// The entry.
        room_type: crate::RoomType,
        /// Whether it is new.
        created: bool,
    },
    /// The rate plan as it now is.
    RatePlan {
        /// The entry.
        rate_plan: crate::RatePlan,
        /// Whether it is new.
        created: bool,
    },
    /// The updates were made.
    AriUpdated {
        /// How many updates.
        updates: u32,
        /// How many cells they changed.
        nights: u32,
    },
    /// The hold as it now is.
    Hold(Arc<Hold>),
    /// The booking as it now is.
    Booking(Arc<Booking>),
    /// The new business date.
    BusinessDate(Night),
}

/// One line of a shard's journal: the truth that feed, receipts and retries read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// Log time, ms since 1970.
    pub at_ms: u64,
    /// Whose.
    pub property: PropertyNumber,
    /// The idempotency key that this line answers.
    pub request: Option<[u8; 16]>,
    /// What happened.
    pub happened: Happened,
    /// What was answered.
    pub reply: Reply,
    /// Its record in the audit trail; lines of what the cluster itself did have none.
    pub mark: Option<Mark>,
}

/// What a journal line is about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Happened {
    /// Nothing: the line only keeps a refusal, or an answer that changed nothing, for its retries.
    Nothing,
    /// A property was onboarded or changed.
    PropertyChanged,
    /// A room type was added or changed.
    RoomTypeChanged,
    /// A rate plan was added or changed.
    RatePlanChanged,
    /// Availability, rates or inventory changed, of these room types.
    AriUpdated(Vec<Code>),
    /// A hold took rooms.
    HoldPlaced,
    /// A hold became a booking.
    HoldConfirmed,
    /// A hold was given back.
    HoldReleased,
    /// A hold ran out.
    HoldExpired,
    /// A booking was taken.
    Booked,
    /// A booking was changed.
    Amended,
    /// A booking was given up.
    Cancelled,
    /// The guest came.
    CheckedIn,
    /// The guest left.
    CheckedOut,
    /// The guest never came.
    NoShow,
    /// The guest's data were erased.
    GuestErased,
    /// The hotel's day ended.
    BusinessDateClosed,
    /// Edges saw this: only for the audit trail.
    Observed(Vec<Observation>),
}
