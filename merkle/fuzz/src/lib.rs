//! Shared by targets and seeds: a small log with known keys, the key of a row, and the parsers of the programs. The programs
//! are not libraries, so their source files are included here.

#[allow(dead_code, unused_imports)]
mod messages;
mod problem;

use keyrack_inventory::Key;
use keyrack_merkle::*;

/// The daemon's parsers.
#[path = "../../../node/src"]
#[allow(dead_code, unused_imports)]
pub mod node {
    #[path = "access/api_key.rs"]
    pub mod api_key;
    #[path = "guests/cards.rs"]
    pub mod cards;
    pub mod config;
    #[path = "service/cursor.rs"]
    pub mod cursor;
    #[path = "access/guest_links.rs"]
    pub mod guest_links;
    #[path = "guests/keyring.rs"]
    pub mod keyring;
    pub mod messages;
    #[path = "outbound/url.rs"]
    pub mod url;
    #[path = "guests/words.rs"]
    pub mod words;

    pub use convert::{fields, requests};

    #[path = "convert"]
    mod convert {
        pub mod fields;
        mod quoted;
        pub mod requests;

        use crate::problem;
    }

    #[path = "access/oidc"]
    pub mod oidc {
        mod json;
        pub mod keys;
        pub mod refused;
        mod subject;
        pub mod token;
        mod verified;
    }
}

/// The command line's parser of tables to import.
#[path = "../../../cli/src/import"]
#[allow(dead_code)]
mod import {
    mod amount;
    mod columns;
    pub mod date_order;
    pub mod encoding;
    mod fields;
    mod lines;
    mod records;
    mod row;
    pub mod separator;
    pub mod table;
}
pub use import::table;
/// How the command line shows text from elsewhere.
#[path = "../../../cli/src/terminal.rs"]
#[allow(dead_code)]
mod terminal;

/// The cluster crate's source files: the settings that the daemon passes to it, and what it reads of other nodes.
#[path = "../../../cluster/src"]
#[allow(dead_code)]
mod cluster {
    pub mod config;
    #[path = "raft/group_config.rs"]
    pub mod group_config;
    pub mod key_prints;
    #[path = "shard/limits.rs"]
    pub mod limits;
    pub mod malformed;
    #[path = "peers/member.rs"]
    pub mod member;
    #[path = "raft/types.rs"]
    pub mod types;
    #[path = "raft/wire.rs"]
    pub mod wire;

    #[path = "state"]
    pub mod state {
        pub mod applied;
    }

    /// Replaces the runtime of simulations.
    pub mod runtime {
        pub use openraft::TokioRuntime as Runtime;
    }
}

/// A copy of the cluster crate's `Position`: a reader's position in a shard's journal.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Position {
    pub shard: u32,
    pub next: u64,
}

// The paths by which the included files refer to each other, and stand-ins for what they do not need.
extern crate self as keyrack_client;
extern crate self as keyrack_cluster;
pub use cluster::config::{ClusterConfig, PeerConfig};
pub use cluster::group_config::GroupConfig;
use cluster::key_prints;
pub use cluster::key_prints::KeyPrints;
pub use cluster::limits::BatchLimits;
use cluster::malformed;
pub use cluster::wire;
use node::config;
/// Replaces the cluster crate's error: the messages of `keyrackd data` name it, and no target makes one.
#[derive(Debug, thiserror::Error)]
pub enum StartError {}
mod peers {
    pub use crate::cluster::member::Member;
}
mod state {
    pub use crate::cluster::state::applied::Applied;
}
mod raft {
    pub use crate::cluster::group_config::GroupConfig;
}
mod shard {
    pub use crate::cluster::limits::BatchLimits;
}
mod convert {
    pub use crate::problem::Problem;
}
/// Guests' data without encryption.
pub mod guests {
    pub use keyrack_proto::internal::{GuestData, GuestNote};

    pub use crate::node::cards::{has_card_number, is_card_number};
    pub use crate::node::words::{folded, is_ignorable, is_visible};

    /// A kind of token.
    pub enum SealedTokens {
        /// Guests' links.
        Links,
        /// Guests' sessions.
        Sessions,
    }

    /// Replaces the vault: a token is not encrypted, so that the targets reach the parser behind the decryption.
    pub struct Vault;

    impl Vault {
        /// The token as it is.
        pub fn seal_token(&self, _: SealedTokens, body: &[u8]) -> Result<Vec<u8>, getrandom::Error> {
            Ok(body.to_vec())
        }

        /// Nobody's guest: the targets only read tokens.
        pub fn open_guest(&self, _: &keyrack_inventory::Booking, _: Option<&[u8]>) -> Option<GuestData> {
            None
        }

        /// The token as it is.
        pub fn open_token(&self, _: SealedTokens, sealed: &[u8]) -> Option<Vec<u8>> {
            Some(sealed.to_vec())
        }
    }
}
mod outbound {
    pub use crate::node::url::Url;
}
mod tls {
    /// The fuzzed text is not in a file, so there are no permissions to check.
    pub fn check_private(_: &std::path::Path) -> anyhow::Result<()> {
        Ok(())
    }
}

/// The log's name.
pub const ORIGIN: &str = "keyrack.example/shard-1";
/// The time of cosignatures, plus the witness's number.
pub const TIME_S: u64 = 1_700_000_000;
/// The number of leaves in the log. Checkpoints of all sizes up to this are signed.
pub const LEAVES: u64 = 12;
/// The number of witnesses; they are numbered from 1.
pub const WITNESSES: u8 = 3;

/// `bytes` as text, if they are UTF-8.
pub fn text(bytes: &[u8]) -> Option<&str> {
    str::from_utf8(bytes).ok()
}

/// Leaf `n` of the log.
pub fn leaf(n: u64) -> Vec<u8> {
    format!("leaf {n}").into_bytes()
}

/// The key that signs for the log.
pub fn log_key() -> NoteKey {
    NoteKey::from_seed(ORIGIN, KeyKind::Log, &[100; 32]).expect("a valid name")
}

/// The key of a witness.
pub fn witness_key(number: u8) -> NoteKey {
    NoteKey::from_seed(&format!("witness.example/w{number}"), KeyKind::Cosigner, &[number; 32]).expect("a valid name")
}

/// The log's state at a size.
pub fn checkpoint(size: u64) -> Checkpoint {
    let (frontier, _) = tree(size);
    Checkpoint { origin: ORIGIN.into(), size, root: frontier.root() }
}

/// The checkpoint of a size, signed by the log and by the first `witnesses` witnesses.
pub fn note(size: u64, witnesses: u8) -> Note {
    let checkpoint = checkpoint(size);
    let cosignatures = (1..=witnesses).map(|n| checkpoint.cosign(&witness_key(n), TIME_S + u64::from(n)));
    let signatures = [checkpoint.sign(&log_key())].into_iter().chain(cosignatures).collect();
    Note { text: checkpoint.body(), signatures }
}

/// The receipt of leaf `index`.
pub fn receipt(index: u64, size: u64, witnesses: u8, extra: Option<Vec<u8>>) -> ProofFile {
    let (_, nodes) = tree(size);
    let hashes = inclusion_proof(&mut &nodes, index, size).expect("the window holds everything");
    ProofFile { extra, index, hashes, checkpoint: note(size, witnesses) }
}

/// The lines of the log and of all witnesses in a policy.
pub fn policy_keys() -> String {
    let log = format!("log {} https://log.example/\n", log_key().verifier());
    (1..=WITNESSES).fold(log, |text, n| text + &format!("witness w{n} {}\n", witness_key(n).verifier()))
}

fn tree(size: u64) -> (Frontier, Window) {
    let (mut frontier, mut nodes) = (Frontier::new(), Window::new(usize::MAX));
    (0..size).for_each(|n| frontier.append(leaf_hash(&leaf(n)), |level, index, hash| nodes.push(level, index, hash)));
    (frontier, nodes)
}

/// A key with this tag and zeros after it. It needs no change for a new kind of row.
pub fn row_key(tag: u8) -> Option<Key> {
    let mut bytes = [0; 64];
    bytes[0] = tag;
    (1..=bytes.len()).find_map(|len| Key::decode(&bytes[..len]).ok())
}
