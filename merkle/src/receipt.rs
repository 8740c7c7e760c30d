//! The auditor's whole check: these bytes are in a log that my policy believes.

use core::fmt;

use crate::{Distrust, Policy, ProofError, ProofFile, Trusted, leaf_hash, verify_inclusion};

/// Why a receipt proves nothing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ReceiptError {
    /// The policy does not believe the checkpoint.
    Distrust(Distrust),
    /// The checkpoint is believed, but these bytes are not shown to be in its tree at this index.
    Proof(ProofError),
}

/// Checks that `leaf` (the leaf's data, byte for byte as it was logged) is in a checkpoint that the policy believes,
/// at `proof.index`; says who vouches for it.
///
/// `proof.extra` is not looked at: nothing vouches for it.
///
/// # Errors
/// [`ReceiptError`]; any error means the receipt shows nothing.
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
            ReceiptError::Proof(error) => write!(f, "the leaf is not shown to be in the log: {error}"),
        }
    }
}

impl core::error::Error for ReceiptError {}
