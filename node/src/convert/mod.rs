//! Conversions between the API's messages and the domain's types.
//!
//! Invariants:
//! - A malformed request ends here with a [`Problem`]. Only `requests.rs` converts texts into domain types, and it refuses
//!   card numbers in names, references and tokens. `service/catalog.rs` refuses them in a property's address.
//! - Every refusal and every failure is a [`Problem`]. Its code is stable (`keyrack_proto::Code`), its texts
//!   (`keyrack_texts`) may change.
//! - Nothing here reads a clock, a row or the network.
//!
//! Start with `problem.rs`. `requests.rs` parses requests, `answers.rs` builds answers.

pub mod answers;
mod problem;
mod quoted;
pub mod requests;

pub use problem::{Problem, QuotaLeft};
