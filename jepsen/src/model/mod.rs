//! An independent model of one hotel: the required answer to each call, one call at a time.
//!
//! It is written from the rules and shares no code with Keyrack, so it cannot share Keyrack's bugs. The caller passes the
//! values that only a server chooses (ids, deadlines) or only the log determines (whether a deadline has passed) as
//! [`Given`]. The model derives everything else.
//!
//! Invariants:
//! - `sold` counts the rooms of bookings that have rooms, `held` those of open or due holds, and nothing else;
//! - every change can be undone: [`Model::set`] returns the change that undoes it;
//! - a refusal changes nothing, except that a hold refused as expired becomes due.
//!
//! Start with `decide.rs`, one function for each kind of call; `state.rs` keeps bookings, holds and counts.

mod counts;
mod decide;
mod refusal;
mod rooms;
mod state;

pub use counts::Counts;
pub use decide::{Decision, Given, MAX_HOLD_MS, MAX_ROOMS};
pub use refusal::Refusal;
pub use rooms::{by_type, has_rooms, same_booking, same_rooms};
pub use state::{Change, Hold, HoldState, Model};
