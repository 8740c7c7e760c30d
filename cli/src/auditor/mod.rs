//! The commands of an auditor: verify receipts, audit the receipts logs, check the audit trail.
//!
//! The auditor does not trust the cluster. A policy file (c2sp.org/tlog-policy) has the trusted keys.
//! `receipt/` verifies one receipt offline, `audit/` replays whole logs, `trail/` follows the chain of the audit trail.
//!
//! # Invariants
//! - A finding or a failed check ends with exit code 1.
//! - Text from leaves, checkpoints and records is made safe before it is printed.
//!
//! Start with `receipt/verify.rs`, the smallest of the three. `leaf_summary.rs` and `checkpoint_summary.rs` turn leaves
//! and checkpoints into text and JSON for all of them.

mod audit;
mod checkpoint_summary;
mod leaf_summary;
mod policy_file;
mod receipt;
mod trail;

pub use audit::{AuditOptions, audit};
pub use receipt::{ReceiptCommand, receipt};
pub use trail::{TrailOptions, trail};
