//! Callers: what they ask, and what they make of the answers.

mod caller;
mod catalog;
mod hotels;
mod plans;
mod recorder;
mod request;

pub use caller::{Caller, Patience, ask_through, resolve};
pub use catalog::{NOT_IN_KEYRACK, Workload};
pub use hotels::{Scale, open, plan};
pub use recorder::Recorder;
pub use request::{booking_of, date, day, is_read, night_of, time_ms};
