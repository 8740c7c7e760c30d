//! The messages of `keyrack`: failures, wrong usage, and notes on standard error. Results are not messages.
//!
//! A failure is a typed error in an [`anyhow::Error`]. A note is a text that `output.rs` prints. Both have
//! their texts here, one file for each area.
//!
//! # Invariants
//! - A message says what happened, why, and what to do, in this order (`docs/style.md`).
//! - It starts with a small letter and has no line break at its end.
//! - An error with a source does not repeat the source's text: [`failure::text`] joins both with a colon.
//!
//! Start with `failure.rs`, which turns an error into the shown text and the exit code. `connection.rs` explains the
//! refusals of the nodes.

pub mod audit;
pub mod bad_rows;
pub mod bench;
pub mod connection;
pub mod failure;
pub mod files;
pub mod import;
pub mod operator;
pub mod pki;
pub mod receipt;
pub mod row;
pub mod table;
pub mod trail;
pub mod usage;
