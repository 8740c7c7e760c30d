//! Callers: which calls they send, how they retry, and what they record.
//!
//! A caller has one operation at a time. It retries a write with the same idempotency key through other nodes, as a client
//! should. If there is no answer within its time, the outcome is unknown.
//!
//! Invariants:
//! - an operation gets its id and time before it is sent, and is recorded when it ends, even without an answer;
//! - "not done" is recorded only if no try can have taken effect;
//! - after an unknown write, a caller continues under a new process number, as Jepsen's histories require.
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
