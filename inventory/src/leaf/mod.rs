//! Leaves of the receipts log: one for each event of a booking, as deterministic CBOR.
//!
//! A leaf shows an auditor the decision (rooms, nights, remaining rooms) and hides the guest: name, contact and price
//! are only in it as salted digests. The holder of a salt and a value can disclose that one claim and keep the others
//! private ([`Disclosure`]).
//!
//! Invariants: a leaf has exactly one encoding ([`Leaf::decode`] refuses any other). It always has [`LEAF_DIGESTS`]
//! digests, sorted, so that neither their number nor their order reveals anything. It never changes.
//!
//! The map's keys are integers (RFC 8949 section 4.2.1, core deterministic encoding): 1 version, 2 kind, 3 property, 4
//! room type, 5 `[arrival, departure]` in days since 1970-01-01, 6 rooms, 7 booking, 8 the index of the booking's
//! previous leaf, 9 `[sell limit, remaining]` of each night after the event, 10 time in ms, 11 `[term, index]` in the
//! Raft log, 12 sorted digests, 13 `[node, log key, cosigner key]`.
//!
//! A booking of one room type has plain values in 4, 6 and 9; a booking of several types has lists. A booking of more
//! than [`MAX_LEAF_CELLS`] nights times room types has null in 9. A key change has only 1, 2, 10, 11 and 13. A seal of
//! the audit trail has only 1, 2, 10, 11 and 14 `[records, newest link]`.
//!
//! Start with `content.rs`. `write.rs` and `read.rs` define the format, `claim.rs` the digests.

mod claim;
mod content;
mod error;
mod format;
mod read;
mod write;

pub use claim::{Digest, Disclosure, GUEST_DIGESTS, LEAF_DIGESTS, LeafSeeds, Salt, TermSalts, claim_digest};
pub use content::{BookingLeaf, Leaf, LeafBody, LeafKind, LeafRooms, MAX_LEAF_CELLS, ReplicaKeys};
pub use error::LeafError;
