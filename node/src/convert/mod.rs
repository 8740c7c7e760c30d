//! Conversions between what callers send and get and the domain's types.
//!
//! Invariants:
//! - A request that is not well-formed ends here with a [`Problem`]: `requests.rs` is the only way from texts to the domain's
//!   types, and it looks for card numbers in every text that is kept.
//! - Everything that is answered instead of what was asked is a [`Problem`]. Its code is stable (`keyrack_proto::Code`);
//!   its texts may change.
//! - Nothing here reads a clock, a row or the network.
//!
//! Start with `problem.rs`. `requests.rs` reads, `answers.rs` writes, `titles.rs` names a problem in the caller's language.

pub mod answers;
mod problem;
pub mod requests;
mod titles;

pub use problem::{Problem, QuotaLeft};
pub use titles::title;
