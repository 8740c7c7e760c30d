//! Receipts, checked by someone who has only the specifications: RFC 6962, c2sp.org/signed-note, tlog-checkpoint,
//! tlog-cosignature, tlog-proof, tlog-policy and tlog-tiles.
//!
//! Invariants:
//! - nothing here was taken from Keyrack's own code, so that a mistake made there is not made here again;
//! - every reader refuses what the format does not allow, and says in words what is wrong.
//!
//! Start with `receipt.rs`, the whole check. `note.rs` and `policy.rs` decide whose signatures count, `merkle.rs` verifies
//! the proofs, `leaf.rs` reads what a leaf says, and `log.rs` follows a log as an auditor does.

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
