//! Callers: what they ask, how they retry, and what they record of the answers.
//!
//! A caller does one thing at a time. It retries a write with the same idempotency key through other nodes, as a client
//! should, until it is answered or its time is up; then the outcome is unknown.
//!
//! Invariants:
//! - an operation is recorded before it is sent, so that nothing that may have happened is missing from the history;
//! - "not done" is recorded only when no try can have reached a node that acted on it;
//! - a caller without an answer goes on under another process number, as Jepsen's histories ask for.
//!
//! Start with `caller.rs`; `catalog.rs` lists the workloads and `next_call.rs` draws what a caller asks next.

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
pub use request::{booking_of, date, day, night_of, time_ms};
