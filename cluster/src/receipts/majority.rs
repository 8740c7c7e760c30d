//! Whether a majority of a shard's replicas signed a checkpoint.

use std::io;

use keyrack_inventory::{Key, Read, ReplicaKeys, Row};
use keyrack_merkle::{Checkpoint, Note, verify_signature};

use super::head::{Head, origin};
use super::keys::verifiers;
use crate::storage::RowsDb;

/// The keys of a replica, as the shard's rows record them.
pub fn replica_keys(rows: &RowsDb, shard: u32, node: u64) -> io::Result<Option<ReplicaKeys>> {
    rows.view(shard, |view| match view.get(&Key::ReplicaKeys(node)) {
        Ok(Some(Row::ReplicaKeys(keys))) => Some(*keys),
        _ => None,
    })
}

/// The head of a checkpoint of this shard, if more than half of `voters` replicas signed it as cosigners. `keys` are the keys of the
/// replicas.
pub fn signed_by_majority(note: &str, cluster: &str, shard: u32, keys: &[ReplicaKeys], voters: usize) -> Option<Head> {
    let note = Note::parse(note).ok()?;
    let checkpoint = Checkpoint::parse(&note.text).ok().filter(|checkpoint| checkpoint.origin == origin(cluster, shard))?;
    let has_signed = |keys: &&ReplicaKeys| {
        let Some([_, cosigner]) = verifiers(cluster, shard, keys) else { return false };
        note.signatures.iter().any(|signature| verify_signature(&note.text, signature, &cosigner).is_ok())
    };
    let signed = keys.iter().filter(has_signed).count();
    (signed * 2 > voters).then_some(Head { size: checkpoint.size, root: checkpoint.root })
}

#[cfg(test)]
mod tests {
    use super::super::keys::NodeKeys;
    use super::*;

    const ROOT: [u8; 32] = [5; 32];

    fn keys(node: u64) -> NodeKeys {
        NodeKeys::derive(&[node as u8; 32], "hotels", node, 2).expect("keys")
    }

    fn note(origin: &str, signers: &[u64]) -> String {
        let checkpoint = Checkpoint { origin: origin.into(), size: 9, root: ROOT };
        let signatures = signers.iter().map(|node| checkpoint.cosign(keys(*node).cosigner(), 1_800_000_000)).collect();
        Note { text: checkpoint.body(), signatures }.to_string()
    }

    #[test]
    fn only_signatures_of_different_replicas_count() {
        let known: Vec<ReplicaKeys> = (1..=3).map(|node| keys(node).public(1).expect("shard 1")).collect();
        let head = |note: &str| signed_by_majority(note, "hotels", 1, &known, 3);
        assert_eq!(head(&note("hotels/shard-1", &[1, 3])), Some(Head { size: 9, root: ROOT }));
        for signers in [&[][..], &[1], &[1, 1], &[1, 4, 5]] {
            assert_eq!(head(&note("hotels/shard-1", signers)), None, "{signers:?}");
        }
        assert_eq!(head(&note("hotels/shard-2", &[1, 2, 3])), None, "another shard's");
        let signed = note("hotels/shard-1", &[1, 2]);
        assert_eq!(head(&signed.replace("\n9\n", "\n10\n")), None, "another size");
        assert_eq!(head("no note"), None);
    }
}
