//! The domain of Keyrack: which room is free on which night, decided by one pure function.
//!
//! [`apply`] takes the rows of one shard, one [`Command`] and the time the leader stamped on it, and
//! decides: it changes rows, and says what happened as an [`Outcome`]. The same commands in the same
//! order give byte-identical rows on every replica, whatever the batching, because nothing in this
//! crate reads a clock, draws a random number, iterates a hash table or touches a file.
//!
//! Invariants, held by [`apply`] after every command:
//! - `sold` of every night equals the rooms of the bookings in a state that [holds rooms](BookingState::holds_rooms);
//! - `held` of every night equals the rooms of the open holds;
//! - no command takes a night past its sell limit (a later cut of capacity may: that is a *deficit*);
//! - a refusal changes nothing but its own idempotency record;
//! - time (`Meta::last_at_ms`) never runs back;
//! - what somebody asked for is in the audit trail, with what came of it; who may not ask gets no further.
#![no_std]
#![forbid(unsafe_code)]

extern crate alloc;

mod access;
mod apply;
mod audit;
mod booking;
mod booking_claims;
mod calendar;
mod catalog;
mod cbor;
mod command;
mod command_kind;
mod date;
mod guest;
mod hold;
mod house;
mod id;
mod key;
mod leaf;
mod limits;
mod memory;
mod money;
mod outcome;
mod query;
mod rates;
mod reject;
mod rows;

pub use access::{Actor, Asked, Credential, Grant, Right, Role, Scope, Who};
pub use apply::{At, EXPIRY_STEPS, RECORD_TTL_MS, apply, permits};
pub use audit::{Action, AuditRecord, Link, Mark, Observation, Verdict};
pub use booking::{BookedRoom, Booking, BookingState};
pub use calendar::{Cell, NightCount, Page, Restriction, Restrictions, sell_limit};
pub use catalog::{CancellationPolicy, Fee, Property, PropertyDetails, RatePlan, RoomType};
pub use command::{AriUpdate, BookRequest, Command, Op, RequestKey, RoomRequest};
pub use command_kind::CommandKind;
pub use date::{DateError, DateRange, MAX_STAY_NIGHTS, Month, Night, Stay, Weekdays};
pub use guest::{GuestSecrets, Sealed};
pub use hold::{Hold, HoldState, MAX_HOLD_MS};
pub use id::{BookingId, Code, HoldId, IdError, PropertyNumber, RatePlanIx, RoomTypeIx};
pub use key::{Key, KeyError};
pub use leaf::{
    BookingLeaf, Digest, Disclosure, GUEST_DIGESTS, LEAF_DIGESTS, Leaf, LeafBody, LeafError, LeafKind, LeafRooms, LeafSeeds,
    MAX_LEAF_CELLS, ReplicaKeys, Salt, TermSalts, claim_digest,
};
pub use limits::{MAX_CAPACITY, MAX_ROOMS};
pub use memory::MemRows;
pub use money::{Currency, MAX_MINOR, Minor, MoneyError};
pub use outcome::{Entry, Happened, Outcome, Reply};
pub use query::availability::{Availability, availability};
pub use query::offers::{Offer, OfferQuery, offers};
pub use rates::{RateCell, RatePage};
pub use reject::{RefusedNight, Reject};
pub use rows::{Fault, Meta, Read, Recorded, Row, Rows, StoredCheckpoint};
