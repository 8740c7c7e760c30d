//! The messages of `keyrackd` outside its log: failures, and notes on standard error.
//!
//! A failure is a typed error in an [`anyhow::Error`]. A note is a function that returns its text. Both have their texts
//! here, one file for each area. The problems of the API are in the crate `keyrack-texts`.
//!
//! Invariants:
//! - A message says what happened, why, and what to do, in this order (`docs/style.md`).
//! - It starts with a small letter and has no line break at its end.
//! - It does not repeat the text of its source: [`failure::text`] joins both with a colon.
//! - No message holds a key or another secret, because messages end up in logs.
//!
//! Start with `failure.rs`, which turns an error into the text that is shown.

pub mod config;
pub mod data;
pub mod dev;
pub mod failure;
pub mod files;
pub mod keyring;
pub mod outbound;
pub mod start;
pub mod tls;
pub mod usage;
