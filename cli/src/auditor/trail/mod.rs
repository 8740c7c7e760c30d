//! `keyrack trail`: the audit trail of a shard, checked link by link.
//!
//! Each record of the trail is hashed together with the link before it. The check from the first record notices every
//! changed, added or removed record. A seal is a link in the receipts log; `--sealed` compares the trail with it.
//!
//! # Invariants
//! - A record is printed only after its link was checked.
//! - `--json` prints each record with all fields that the node sent.
//!
//! Start with `follow.rs`; `chain.rs` computes the links, `page.rs` has the messages of the API.

mod chain;
mod follow;
mod page;

pub use follow::{TrailOptions, trail};
