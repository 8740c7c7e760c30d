//! Failures and notes of `keyrack receipt`.

use std::path::PathBuf;

use keyrack_inventory::LeafError;
use keyrack_merkle::{CheckpointError, Distrust, PolicyError, ProofFileError, ReceiptError};

use crate::terminal::{part_of, path_text};

/// A receipt or a policy that cannot be fetched or used.
#[derive(Debug, thiserror::Error)]
pub enum FetchError {
    /// Not enough signatures in time.
    #[error(
        "the receipt is not signed yet: fewer than half of the replicas signed within {0} s. The booking is confirmed. \
         Run the same \
         command again later."
    )]
    NotSigned(u64),
    /// Bytes that are not UTF-8.
    #[error("the node's receipt is not text. Ask another node with --endpoint.")]
    NotText,
    /// A receipt of the node that cannot be read.
    #[error("the node's receipt cannot be read: {0}. Use the `keyrack` of the cluster's version.")]
    Unreadable(FileError),
    /// A policy of the node that cannot be read.
    #[error("the node's policy cannot be read: {0}. Check that --endpoint is a Keyrack node.")]
    Policy(PolicyError),
}

/// A file that is not a policy.
#[derive(Debug, thiserror::Error)]
#[error("{} is not a policy: {cause}. Give the file that `keyrack receipt policy --out FILE` wrote.", path_text(.path))]
pub struct NotAPolicy {
    /// The file.
    pub path: PathBuf,
    /// The error of the parser.
    pub cause: PolicyError,
}

/// A file that is not a receipt.
#[derive(Debug, thiserror::Error)]
#[error("{}: {cause}", path_text(.path))]
pub struct NotAReceipt {
    /// The file; - is standard input.
    pub path: PathBuf,
    /// The fault.
    pub cause: FileError,
}

/// A receipt that proves nothing, before the reason.
#[derive(Debug, thiserror::Error)]
#[error("NOT PROVED")]
pub struct NotProved;

/// Why a file is not a receipt.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum FileError {
    /// More bytes than the limit.
    #[error("the file is too long: a receipt has at most {0} bytes")]
    TooLong(usize),
    /// Neither JSON nor a proof file.
    #[error(
        "this is not a receipt: neither JSON nor a text that begins with c2sp.org/tlog-proof@v1. Give the file that \
         `keyrack receipt get` \
         wrote."
    )]
    NotAReceipt,
    /// JSON of another shape.
    #[error("this JSON is not a receipt: {0}. Give the file that `keyrack receipt get` wrote.")]
    Json(String),
    /// A confirmation without its receipt.
    #[error("this confirmation has no receipt: perhaps it was not signed yet. Fetch it: keyrack receipt get {booking}")]
    NotYet {
        /// The id of the booking.
        booking: String,
    },
    /// The proof is damaged.
    #[error("the proof is damaged: {0}")]
    Proof(ProofFileError),
    /// Not canonical base64.
    #[error("{} is not canonical base64", part_of(.0, 64))]
    Base64(String),
    /// A salt that does not have 16 bytes.
    #[error("the salt of the claim {} does not have 16 bytes", part_of(.0, 64))]
    Salt(String),
    /// The proof contains no leaf, and none was given.
    #[error("the proof does not contain the leaf; give the leaf's bytes with --leaf")]
    NoLeaf,
    /// The given leaf differs from the leaf in the proof.
    #[error("the leaf beside the proof differs from the leaf in the proof")]
    TwoLeaves,
}

/// Why a receipt proves nothing. In the order of the checks.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum VerifyError {
    /// The bytes of the leaf do not decode.
    #[error("the leaf cannot be read: {0}")]
    Leaf(LeafError),
    /// The checkpoint cannot be read.
    #[error("the checkpoint cannot be read: {0}")]
    Checkpoint(CheckpointError),
    /// The policy rejects the checkpoint, or the proof does not lead to its root.
    #[error("{}{}", .0, policy_hint(.0))]
    Receipt(ReceiptError),
    /// A field beside the proof differs from the proved value.
    #[error("the file states that {what} is {}, but the proof shows {proved}", part_of(.stated, 200))]
    Mismatch {
        /// The field.
        what: &'static str,
        /// The value in the file.
        stated: String,
        /// The proved value.
        proved: String,
    },
    /// A field that only a claim could prove.
    #[error(
        "the file states that {name} is {}, but it discloses nothing that proves it. Fetch the receipt again, or remove the field",
        part_of(.value, 200)
    )]
    Undisclosed {
        /// The claim's name.
        name: &'static str,
        /// The value in the file.
        value: String,
    },
    /// A disclosed claim is not in the leaf.
    #[error(
        "the claim {} = \"{}\" is not in the leaf: the value, its name or its salt was changed",
        part_of(.name, 64), part_of(.value, 200)
    )]
    Claim {
        /// Its name.
        name: String,
        /// Its value.
        value: String,
    },
    /// Two claims have the same name. A reader would see only one of them.
    #[error("the claim {} is disclosed twice", part_of(.0, 64))]
    ClaimTwice(String),
}

/// What to do if the keys of the receipt are not those of the policy: a node that rejoined has new keys.
fn policy_hint(cause: &ReceiptError) -> &'static str {
    match cause {
        ReceiptError::Distrust(Distrust::NotSigned { .. }) => OTHER_POLICY,
        ReceiptError::Distrust(Distrust::NoQuorum { other_keys, .. }) if !other_keys.is_empty() => OTHER_POLICY,
        _ => "",
    }
}

const OTHER_POLICY: &str = ". A node that rejoined has new keys. For an older receipt use the policy that you kept from its time; for a \
                            newer one fetch the policy again: keyrack receipt policy --out FILE";

/// The note while a receipt is not signed yet.
pub const WAITING: &str = "the booking is confirmed; waiting until a majority of the replicas has signed its receipt";

/// The note about a policy that was fetched: the number of log keys, of replicas and of outside witnesses.
pub fn policy_fetched(logs: usize, replicas: usize, outside: usize) -> String {
    let witnesses = match outside {
        0 => "no outside witness".to_owned(),
        1 => "1 outside witness".to_owned(),
        many => format!("{many} outside witnesses"),
    };
    format!(
        "the policy has {logs} log keys, {replicas} replicas' cosigning keys and {witnesses}. The node itself sent it: \
         compare the keys\n\
         with those that the operator publishes elsewhere, then keep the file. A receipt proves no more than this comparison."
    )
}
