//! Checks receipts from the specifications alone: RFC 6962, c2sp.org/signed-note, tlog-checkpoint, tlog-cosignature,
//! tlog-proof, tlog-policy and tlog-tiles.
//!
//! Invariants:
//! - nothing here is taken from Keyrack's own code, so that a mistake there is not repeated here;
//! - every parser refuses what its format does not allow, and its error says what is wrong.
//!
//! Start with `receipt.rs`, the whole check. `note.rs` and `policy.rs` decide whose signatures count, `merkle.rs`
//! verifies the proofs, `leaf.rs` parses leaves, and `log.rs` follows a log as an auditor does.

pub mod cbor;
mod leaf;
mod log;
pub mod merkle;
mod note;
mod policy;
mod receipt;
pub(crate) mod text;

pub use leaf::{Leaf, LeafRooms, Seal};
pub use log::{LogView, assert_consistent};
pub use note::{Checkpoint, Key, KeyKind, Note, Signature, Signer};
pub use policy::Policy;
pub use receipt::{Disclosure, ProofFile, Proved, Receipt};
