//! A node's signing keys. All are derived from one seed that never leaves the data folder. A new folder gets a new seed, so a
//! rebuilt node has other keys than before.

use hkdf::Hkdf;
use keyrack_inventory::ReplicaKeys;
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
