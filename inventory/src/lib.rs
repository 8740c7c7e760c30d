//! The domain of Keyrack: one pure function decides which room is free on which night.
//!
//! [`apply`] takes the rows of one shard, one [`Command`] and the time that the leader stamped on it. It changes rows and
//! returns an [`Outcome`]. Every replica applies the same commands in the same order and gets byte-identical rows, because
//! nothing in this crate reads a clock, draws a random number, iterates a hash table or touches a file.
//!
//! These invariants hold after every command. `apply/` asserts them:
//! - `sold` of every night equals the rooms of the bookings in a state that [holds rooms](BookingState::holds_rooms)
//!   (`ledger.rs`, `counters.rs`);
//! - `held` of every night equals the rooms of the open holds (same files);
//! - no command takes a night past its sell limit (`counters.rs`). A later cut of capacity may do so, which is a *deficit*;
//!   an amendment may keep the rooms that its booking already has on such a night;
//! - a refusal changes nothing but its own idempotency record and the caller's count of refusals (`run.rs`, `watched_rows.rs`);
//! - time ([`Meta::last_at_ms`]) never runs backwards (`run.rs`);
//! - the journal and the receipts log grow by one at their end. Nothing in them changes, except that an erasure removes what is about
//!   the guest from journal lines (`watched_rows.rs`);
//! - every change of a booking increments its revision and appends a leaf (`booking_rows.rs`);
//! - the audit trail has a record of every caller's command, with the verdict (`run.rs`). A caller without the right
//!   is refused before any other check (`rights.rs`). After [`KEPT_REFUSALS`] refusals of a caller in a day, one record counts
//!   [`COUNTED_REFUSALS`] more (`refusals.rs`).
//!
//! A broken invariant is a bug and panics. A row that contradicts an invariant was damaged on disk: that is a [`Fault`].
//! Either stops the replica before it answers.
//!
//! Start with `command.rs` (the commands), `booking.rs`, `hold.rs` and `calendar.rs` (the state), then `apply/run.rs`.
//! `key.rs` is the schema of a shard. `rows.rs` is the only interface to storage.
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
mod fee_ledger;
mod fees;
mod guest;
mod hold;
mod id;
mod key;
mod leaf;
mod life_cycle;
mod limits;
mod lookup;
mod memory;
mod money;
mod outcome;
mod property_total;
mod query;
mod rates;
mod reject;
mod row;
mod rows;

pub use access::{Actor, Credential, Grant, Right, RightQuery, Role, Scope, Who};
pub use apply::{At, COUNTED_REFUSALS, EXPIRY_STEPS, KEPT_REFUSALS, RECORD_TTL_MS, Rules, apply, permits};
pub use audit::{Action, AuditRecord, Link, Mark, Observation, Verdict};
pub use booking::{BookedRoom, Booking, BookingState};
pub use calendar::{Cell, NightCount, Page, Restriction, Restrictions, sell_limit};
pub use catalog::{CancellationPolicy, Fee, Property, PropertyDetails, RatePlan, RoomType};
pub use command::{AriUpdate, BookRequest, Command, Op, Price, ProvenKeys, RequestKey, RoomGuests, RoomRequest};
pub use command_kind::CommandKind;
pub use date::{DateError, DateRange, MAX_STAY_NIGHTS, Month, Night, Stay, Weekdays};
pub use fee_ledger::{FeeKind, FeeLedger, FeeLine};
pub use guest::{GuestSecrets, Sealed};
pub use hold::{Hold, HoldState, MAX_HOLD_MS};
pub use id::{BookingId, ConfirmationNumber, HoldId, IdError, PropertyNumber, RatePlanIx, RoomTypeIx, ShortCode};
pub use key::{Key, KeyError};
pub use leaf::{
    BookingLeaf, Digest, Disclosure, GUEST_DIGESTS, LEAF_DIGESTS, Leaf, LeafBody, LeafError, LeafKind, LeafRooms, LeafSeeds,
    MAX_LEAF_CELLS, ReplicaKeys, Salt, TermSalts, claim_digest,
};
pub use life_cycle::Verb;
pub use limits::{MAX_ARI_UPDATES, MAX_CAPACITY, MAX_REASON, MAX_ROOM_LINES, MAX_ROOMS};
pub use lookup::{Lookup, MAX_LOOKUPS};
pub use memory::MemRows;
pub use money::{Currency, MAX_MINOR, Minor, MoneyError};
pub use outcome::{Entry, JournalEvent, Outcome, Reply};
pub use query::availability::{Availability, availability};
pub use query::offers::{Offer, OfferQuery, offers};
pub use rates::{RateCell, RatePage};
pub use reject::{RefusedNight, Reject};
pub use row::{IdempotencyRecord, Meta, RefusalCount, Row, StoredCheckpoint};
pub use rows::{Fault, Read, Rows};
