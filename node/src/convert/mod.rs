//! Conversions between the API's messages and the domain's types.
//!
//! Invariants:
//! - A malformed request ends here with a [`Problem`]. `fields.rs` checks texts: their characters, and that no free text has
//!   a card number in it. Only `requests.rs` converts texts into domain types.
//! - Every refusal and every failure is a [`Problem`]. Its code is stable (`keyrack_proto::Code`), its texts
//!   (`keyrack_texts`) may change.
//! - Nothing here reads a clock, a row or the network.
//!
//! Start with `problem.rs`. `requests.rs` parses requests, `fields.rs` their texts, `answers.rs` builds answers.

pub mod answers;
pub mod fields;
mod preconditions;
mod problem;
mod quoted;
pub mod requests;

pub use preconditions::{Demand, Preconditions};
pub use problem::{Problem, QuotaLeft};
