//! Callers: what they ask, and what they make of the answers.

mod caller;
mod catalog;
mod hotels;
mod next_call;
mod recorder;
mod request;

pub use caller::{Caller, RetryPolicy, ask_through, resolve};
pub use catalog::{NOT_IN_KEYRACK, Workload};
pub use hotels::{Scale, open_hotels, plan_hotels};
pub use recorder::Recorder;
pub use request::{booking_of, date, day, is_read, night_of, time_ms};
