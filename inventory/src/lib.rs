//! The domain of Keyrack: which room is free on which night, decided by one pure function.
//!
//! [`apply`] takes the rows of one shard, one [`Command`] and the time that the leader stamped on it. It changes rows and
//! returns an [`Outcome`]. Every replica applies the same commands in the same order and gets byte-identical rows, because
//! nothing in this crate reads a clock, draws a random number, iterates a hash table or touches a file.
//!
//! Invariants, true after every command, asserted in `apply/`:
//! - `sold` of every night equals the rooms of the bookings in a state that [holds rooms](BookingState::holds_rooms)
//!   (`ledger.rs`, `counters.rs`);
//! - `held` of every night equals the rooms of the open holds (the same);
//! - no command takes a night past its sell limit (`counters.rs`); a later cut of capacity may, which is a *deficit*, and an
//!   amendment may keep the rooms that it had in one;
//! - a refusal changes nothing but its own idempotency record (`run.rs`, `watched_rows.rs`);
//! - time ([`Meta::last_at_ms`]) never runs back (`run.rs`);
//! - journal and receipts' log grow by one at their end, and nothing in them changes (`watched_rows.rs`);
//! - every change of a booking has a revision and a leaf of its own (`booking_rows.rs`);
//! - the audit trail has a record of everything that a caller asked for, with the verdict (`run.rs`); a caller who lacks the
//!   right gets no further (`rights.rs`).
//!
//! A broken invariant is a bug of ours and panics. A row that contradicts them was damaged on disk: that is a [`Fault`].
//! Either stops the replica before it answers.
//!
//! Start with `command.rs` (what can be asked), `booking.rs`, `hold.rs` and `calendar.rs` (what there is), then
//! `apply/run.rs`. `key.rs` is the schema of a shard. `rows.rs` is the one seam to storage.
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
mod row;
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
pub use row::{Meta, Recorded, Row, StoredCheckpoint};
pub use rows::{Fault, Read, Rows};
