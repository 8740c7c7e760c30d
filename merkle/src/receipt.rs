//! The complete check of a receipt: a leaf is in a log that the policy trusts.

use core::fmt;

use crate::{Distrust, Policy, ProofError, ProofFile, Trusted, leaf_hash, verify_inclusion};

/// Why a receipt proves nothing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ReceiptError {
    /// The policy does not trust the checkpoint.
    Distrust(Distrust),
    /// The checkpoint is trusted, but the proof does not show that the leaf is in its tree at this index.
    Proof(ProofError),
}

/// Checks that `leaf` (the leaf's data, byte for byte as it was logged) is at `proof.index` in the tree of a checkpoint that
/// the policy trusts. Returns the checkpoint and its signers.
///
/// `proof.extra` is not read: no signature covers it.
///
/// # Errors
/// [`ReceiptError`]. After any error the receipt proves nothing.
pub fn verify_receipt(leaf: &[u8], proof: &ProofFile, policy: &Policy) -> Result<Trusted, ReceiptError> {
    let trusted = policy.check(&proof.checkpoint).map_err(ReceiptError::Distrust)?;
    let Trusted { checkpoint, .. } = &trusted;
    verify_inclusion(proof.index, checkpoint.size, &leaf_hash(leaf), &proof.hashes, &checkpoint.root)
        .map_err(ReceiptError::Proof)?;
    Ok(trusted)
}

impl fmt::Display for ReceiptError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            ReceiptError::Distrust(distrust) => write!(f, "the checkpoint is not trusted: {distrust}"),
            ReceiptError::Proof(error) => write!(f, "the proof does not show that the leaf is in the log: {error}"),
        }
    }
}

impl core::error::Error for ReceiptError {}
