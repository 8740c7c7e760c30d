//! Who belongs to the cluster: how it begins, how a member comes back with other data, and how leadership moves.
//!
//! A new cluster begins once all its first members have met (`first_members.rs`). A node that lost its data asks to be taken
//! in anew (`returning.rs`), and the leaders take it in (`replacements.rs`, ADR 11). `hand_over.rs` moves the leadership of a
//! shard. Start with `first_members.rs`.
//!
//! Invariants:
//! - a node with new data never votes as the one it was before: its incarnation is another;
//! - every change of a group's members needs a majority of the others, so nothing that was acknowledged is lost by it;
//! - a node can ask for itself only.

mod first_members;
mod hand_over;
mod replacements;
mod returning;

pub use first_members::begin;
pub use hand_over::{HandOverError, hand_over};
pub use replacements::{Replacements, take_in};
pub use returning::return_to_the_cluster;
