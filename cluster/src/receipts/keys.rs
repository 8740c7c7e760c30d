//! A node's signing keys. All come from one seed that never leaves its data folder; a folder that is
//! made anew gets another, so a rebuilt node cannot be taken for the one before.

use hkdf::Hkdf;
use keyrack_inventory::ReplicaKeys;
use keyrack_merkle::{KeyError, KeyKind, NoteKey, VerifierKey};
use sha2::Sha256;

use super::head::{cosigner_name, origin};

/// The keys with which one node signs: as the log of each shard, and as a cosigner of all of them.
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

    /// The key as the log of a shard.
    pub fn log(&self, shard: u32) -> Option<&NoteKey> {
        self.logs.get((shard as usize).checked_sub(1)?)
    }

    /// The key as a cosigner.
    pub fn cosigner(&self) -> &NoteKey {
        &self.cosigner
    }

    /// The public keys, as a shard's rows record them.
    pub fn public(&self, shard: u32) -> Option<ReplicaKeys> {
        let log = *self.log(shard)?.verifier().public();
        Some(ReplicaKeys { node: self.node, log, cosigner: *self.cosigner.verifier().public() })
    }
}

/// A replica's keys as verifiers of notes know them.
pub fn verifiers(cluster: &str, shard: u32, keys: &ReplicaKeys) -> Option<[VerifierKey; 2]> {
    let log = VerifierKey::new(&origin(cluster, shard), KeyKind::Log, &keys.log).ok()?;
    let cosigner = VerifierKey::new(&cosigner_name(cluster, keys.node), KeyKind::Cosigner, &keys.cosigner).ok()?;
    Some([log, cosigner])
}

fn expand(seed: &[u8; 32], role: &str, name: &str) -> [u8; 32] {
    let mut key = [0; 32];
    let info = [b"keyrack ", role.as_bytes(), b" ", name.as_bytes()];
    Hkdf::<Sha256>::new(None, seed).expand_multi_info(&info, &mut key).expect("32 bytes are less than HKDF's limit of 8,160");
    key
}
