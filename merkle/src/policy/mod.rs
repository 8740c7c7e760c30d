//! Trust policies (c2sp.org/tlog-policy): the trusted logs and witnesses, and how many witnesses must have signed a
//! checkpoint.
//!
//! A policy is a text file that people write. Each line defines a key or a group that later lines may name.
//!
//! Invariants:
//! - a group's members are defined before it, so that a quorum is evaluated without recursion;
//! - no two keys have the same name and id, so that a signature belongs to at most one key;
//! - one invalid signature of a known key refuses the whole note.
//!
//! Start with `trust.rs`, [`Policy::check`]; `parse.rs` reads the file.

mod parse;
mod trust;

pub use parse::{MAX_POLICY_BYTES, MAX_POLICY_ITEMS, PolicyError, PolicyFault};
pub use trust::{Distrust, Policy, Trusted};
