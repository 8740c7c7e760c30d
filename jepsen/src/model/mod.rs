//! An independent model of one hotel: what each call must be answered, one call at a time.
//!
//! It is written from the rules and shares no code with Keyrack, so that it cannot share its bugs. What only a server can
//! choose (ids, deadlines) and what only the log knows (whether a deadline has passed) the caller gives as [`Given`];
//! everything else follows.
//!
//! Invariants:
//! - `sold` of a night is the rooms of bookings that have rooms, `held` those of open holds; nothing else is counted;
//! - every change can be undone: [`Model::set`] returns the change that takes it back;
//! - a refusal changes nothing, but that a hold which was refused as due stays due.
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
