//! Trust policies (c2sp.org/tlog-policy): which logs and witnesses are known, and how many of them make a checkpoint
//! believable.
//!
//! A policy is a file that people write, line by line; each line defines something that later lines may name.
//!
//! Invariants:
//! - a group's members are defined before it, so that a quorum is evaluated without recursion;
//! - no two keys share name and id, so that a signature belongs to one key at most;
//! - a bad signature of a known key refuses the whole note, whatever else is in it.
//!
//! Start with `trust.rs`, [`Policy::check`]; `parse.rs` reads the file.

mod parse;
mod trust;

pub use parse::{MAX_POLICY_BYTES, MAX_POLICY_ITEMS, PolicyError, PolicyFault};
pub use trust::{Distrust, Policy, Trusted};
