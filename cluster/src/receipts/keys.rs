//! A node's signing keys. All are derived from one seed that never leaves the data folder. A new folder gets a new seed, so a
//! rebuilt node has other keys than before.

use hkdf::Hkdf;
use keyrack_inventory::{ProvenKeys, ReplicaKeys};
use keyrack_merkle::{KeyError, KeyKind, NoteKey, VerifierKey};
use sha2::Sha256;

use super::head::{cosigner_name, origin};

/// One node's signing keys: a log key for each shard, and one cosigner key for all shards.
pub struct NodeKeys {
    node: u64,
    logs: Vec<NoteKey>,
    cosigner: NoteKey,
}

impl NodeKeys {
    /// The keys of `node` for shards `1..=data_shards`.
    ///
    /// # Errors
    /// When the cluster's name cannot be part of a key's name.
    pub fn derive(seed: &[u8; 32], cluster: &str, node: u64, data_shards: u32) -> Result<NodeKeys, KeyError> {
        let logs = (1..=data_shards).map(|shard| {
            let origin = origin(cluster, shard);
            NoteKey::from_seed(&origin, KeyKind::Log, &expand(seed, "log", &origin))
        });
        let name = cosigner_name(cluster, node);
        let cosigner = NoteKey::from_seed(&name, KeyKind::Cosigner, &expand(seed, "cosigner", &name))?;
        Ok(NodeKeys { node, logs: logs.collect::<Result<_, _>>()?, cosigner })
    }

    /// The log key of a shard.
    pub fn log(&self, shard: u32) -> Option<&NoteKey> {
        self.logs.get((shard as usize).checked_sub(1)?)
    }

    /// The cosigner key.
    pub fn cosigner(&self) -> &NoteKey {
        &self.cosigner
    }

    /// The public keys, as they are stored in a shard's rows.
    pub fn public(&self, shard: u32) -> Option<ReplicaKeys> {
        let log = *self.log(shard)?.verifier().public();
        Some(ReplicaKeys { node: self.node, log, cosigner: *self.cosigner.verifier().public() })
    }

    /// The public keys with the proof that this node has the private ones.
    pub fn proven(&self, shard: u32) -> Option<ProvenKeys> {
        let keys = self.public(shard)?;
        let statement = ProvenKeys::statement(&keys, shard);
        let by_log = self.log(shard)?.sign_statement(&statement);
        Some(ProvenKeys { keys, by_log, by_cosigner: self.cosigner.sign_statement(&statement) })
    }
}

/// Whether both keys have signed that they are this replica's keys in this shard.
pub fn are_proven(proven: &ProvenKeys, shard: u32) -> bool {
    let ProvenKeys { keys, by_log, by_cosigner } = proven;
    let statement = ProvenKeys::statement(keys, shard);
    // The name of a key is in no statement.
    let signed = |kind, key, signature| {
        VerifierKey::new("replica", kind, key).is_ok_and(|key| key.has_signed_statement(&statement, signature))
    };
    signed(KeyKind::Log, &keys.log, by_log) && signed(KeyKind::Cosigner, &keys.cosigner, by_cosigner)
}

/// A replica's keys for verifying signed notes.
pub fn verifiers(cluster: &str, shard: u32, keys: &ReplicaKeys) -> Option<[VerifierKey; 2]> {
    let log = VerifierKey::new(&origin(cluster, shard), KeyKind::Log, &keys.log).ok()?;
    let cosigner = VerifierKey::new(&cosigner_name(cluster, keys.node), KeyKind::Cosigner, &keys.cosigner).ok()?;
    Some([log, cosigner])
}

fn expand(seed: &[u8; 32], role: &str, name: &str) -> [u8; 32] {
    let mut key = [0; 32];
    let info = [b"keyrack ", role.as_bytes(), b" ", name.as_bytes()];
    Hkdf::<Sha256>::new(None, seed).expand_multi_info(&info, &mut key).expect("HKDF gives up to 8,160 bytes");
    key
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_are_proven_for_their_node_and_shard_only() {
        let keys = NodeKeys::derive(&[7; 32], "hotels", 2, 2).expect("keys");
        let others = NodeKeys::derive(&[8; 32], "hotels", 3, 2).expect("keys");
        let (own, other) = (keys.proven(1).expect("shard 1"), others.proven(1).expect("shard 1"));
        assert!(are_proven(&own, 1) && are_proven(&other, 1));
        assert!(!are_proven(&own, 2), "another shard");
        let with = |keys: ReplicaKeys| ProvenKeys { keys, ..own.clone() };
        assert!(!are_proven(&with(ReplicaKeys { node: 3, ..own.keys }), 1), "another node");
        assert!(!are_proven(&with(ReplicaKeys { log: other.keys.log, ..own.keys }), 1), "a key that it does not have");
        assert!(!are_proven(&with(ReplicaKeys { cosigner: other.keys.cosigner, ..own.keys }), 1), "the same for cosignatures");
        assert!(!are_proven(&ProvenKeys { by_log: [0; 64], ..own.clone() }, 1), "no signature");
        let swapped = ProvenKeys { by_log: own.by_cosigner, by_cosigner: own.by_log, ..own.clone() };
        assert!(!are_proven(&swapped, 1));
    }
}
