//! The membership of the cluster: how it begins, how a node rejoins with new data, and how leadership moves.
//!
//! A new cluster begins when all its first members have reached each other (`first_members.rs`). A node that lost its data
//! asks to rejoin (`returning.rs`), and the leaders admit it again (`replacements.rs`, ADR 11). `hand_over.rs` moves the
//! leadership of a shard. A node whose folder is a copy first asks its peers what to do with it (`copied.rs`, `copy_verdict.rs`,
//! ADR 17). Start with `first_members.rs`.
//!
//! Invariants:
//! - a node with new data never votes as the member that it was before: it has a new incarnation;
//! - every change of a group's members needs a majority of the others, so it loses nothing that was acknowledged;
//! - a node can ask for itself only.

mod copied;
mod copy_verdict;
mod first_members;
mod hand_over;
mod replacements;
mod returning;
mod settings;

pub use copied::{CopyUse, all_have_decided, decide_on_copy, folder_of, raise_ends};
pub use first_members::begin;
pub use hand_over::{HandOverError, hand_over};
pub use replacements::{RejoinRequests, readmit_members};
pub use returning::rejoin;
pub use settings::{check_settings, must_agree};
