//! The receipts log: the parts of a transparency log that a cluster needs to publish one and an auditor needs to check it.
//!
//! The crate has no standard library, clock, randomness or IO and knows nothing about hotels. An auditor's own program can
//! embed it.
//!
//! # A log, a checkpoint, a receipt
//! A *log* is a list of byte strings, its leaves, that only grows. A Merkle tree (RFC 6962) hashes the leaves in pairs, then
//! the hashes in pairs, up to a single *root*: 32 bytes that commit to all leaves in their order. Against a known root, a
//! few hashes prove that
//! - a leaf is in the tree at its index: an *inclusion proof*, [`inclusion_proof`] and [`verify_inclusion`];
//! - a later tree begins with all leaves of an earlier one, so no leaf was removed or changed: a *consistency proof*,
//!   [`consistency_proof`] and [`verify_consistency`].
//!
//! A [`Checkpoint`] is a log's name, its size and its root, in three lines of text. The log signs it. *Witnesses* cosign it:
//! each keeps the newest checkpoint that it has seen and requires a consistency proof from there. To show different
//! histories to different readers, a log needs as many dishonest witnesses as the readers' [`Policy`] requires.
//!
//! A *receipt* is a leaf with a [`ProofFile`]: an inclusion proof and the signed checkpoint that it leads to.
//! [`verify_receipt`] checks all of it offline against a policy: the list of trusted keys.
//!
//! # A small log
//! ```
//! use keyrack_merkle::*;
//!
//! # fn main() -> Result<(), Box<dyn core::error::Error>> {
//! // The log appends leaves. The frontier keeps the right edge; complete nodes go to a store, here a window.
//! let leaves = ["room 12 is Ada's", "room 14 is Bob's", "room 12 is free again"];
//! let (mut frontier, mut nodes) = (Frontier::new(), Window::new(1024));
//! for leaf in leaves {
//!     frontier.append(leaf_hash(leaf.as_bytes()), |level, index, hash| nodes.push(level, index, hash));
//! }
//!
//! // The log signs its state, and a witness cosigns it. The seeds are secret.
//! let log = NoteKey::from_seed("example.com/log", KeyKind::Log, &[1; 32])?;
//! let witness = NoteKey::from_seed("example.org/witness", KeyKind::Cosigner, &[2; 32])?;
//! let checkpoint = Checkpoint { origin: "example.com/log".into(), size: frontier.size(), root: frontier.root() };
//! let signatures = vec![checkpoint.sign(&log), checkpoint.cosign(&witness, 1_700_000_000)];
//!
//! // Bob gets a receipt for leaf 1: a text file.
//! let proof = ProofFile {
//!     extra: None,
//!     index: 1,
//!     hashes: inclusion_proof(&mut &nodes, 1, frontier.size())?,
//!     checkpoint: Note { text: checkpoint.body(), signatures },
//! };
//! let receipt = proof.to_string();
//!
//! // Every reader who trusts these two keys can check it.
//! let policy = format!("log {}\nwitness W {}\nquorum W\n", log.verifier(), witness.verifier());
//! let policy = Policy::parse(policy.as_bytes())?;
//! let proof = ProofFile::parse(&receipt)?;
//! let trusted = verify_receipt(b"room 14 is Bob's", &proof, &policy)?;
//! assert_eq!(trusted.cosigned, [("W".into(), 1_700_000_000)]);
//! assert!(verify_receipt(b"room 14 is Eve's", &proof, &policy).is_err());
//!
//! // Later the log has grown. It proves that the old leaves are unchanged.
//! let old = checkpoint;
//! frontier.append(leaf_hash(b"room 14 is free again"), |level, index, hash| nodes.push(level, index, hash));
//! let grew = consistency_proof(&mut &nodes, old.size, frontier.size())?;
//! verify_consistency(old.size, frontier.size(), &old.root, &frontier.root(), &grew)?;
//! # Ok(())
//! # }
//! ```
//!
//! # Formats
//! All formats are public specifications, so independent verifiers can read the output of this crate:
//! [signed notes](https://c2sp.org/signed-note) ([`Note`], [`VerifierKey`]), [checkpoints](https://c2sp.org/tlog-checkpoint)
//! ([`Checkpoint`]), [cosignatures](https://c2sp.org/tlog-cosignature) ([`Checkpoint::cosign`]; Ed25519 only),
//! [proof files](https://c2sp.org/tlog-proof) ([`ProofFile`]), [policies](https://c2sp.org/tlog-policy) ([`Policy`]) and
//! [tiles](https://c2sp.org/tlog-tiles) ([`Resource`], [`node_in_tile`], [`encode_bundle`]).
//!
//! # Invariants
//! - Every parser is strict: it accepts only text that its writer produces, byte for byte. There are two exceptions:
//!   policies, which people write, and extension lines of checkpoints, which are not kept.
//! - No parser panics, recurses with its input, or allocates more than a small multiple of its size.
//! - Ed25519 signatures are checked with `verify_strict`: a second signature cannot be derived from a first one.
//! - An append reads only the frontier. A proof reads one stored node per level and per set bit of the size.
#![no_std]
#![forbid(unsafe_code)]

extern crate alloc;

mod bundle;
mod checkpoint;
mod frontier;
mod hash;
mod key;
mod nodes;
mod note;
mod policy;
mod proof;
mod proof_file;
mod receipt;
mod text;
mod tile;
mod window;

pub use bundle::{BundleError, EntryTooLong, decode_bundle, encode_bundle};
pub use checkpoint::{Checkpoint, CheckpointError, SignatureError, verify_signature};
pub use frontier::{Frontier, FrontierError};
pub use hash::{Hash, decode_hash, empty_root, encode_hash, leaf_hash, node_hash};
pub use key::{KeyError, KeyKind, NoteKey, VerifierKey};
pub use nodes::{Nodes, consistency_proof, inclusion_proof, root_at};
pub use note::{MAX_NOTE_BYTES, MAX_SIGNATURES, Note, NoteError, Signature, SignatureLineError};
pub use policy::{Distrust, MAX_POLICY_BYTES, MAX_POLICY_ITEMS, Policy, PolicyError, PolicyFault, Trusted};
pub use proof::{ProofError, verify_consistency, verify_inclusion};
pub use proof_file::{MAX_PROOF_FILE_BYTES, MAX_PROOF_HASHES, ProofFile, ProofFileError};
pub use receipt::{ReceiptError, verify_receipt};
pub use tile::{PathError, Resource, TILE_WIDTH, node_in_tile};
pub use window::{Missing, Window};
