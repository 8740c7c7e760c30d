//! A shard's receipts log as the public reads it: checkpoint and tiles (c2sp.org/tlog-tiles).

use super::merkle::{Hash, consistency_proof, root, verify_consistency};
use super::{Checkpoint, Note, Policy};
use crate::{Answer, Api, PATIENCE, until};

const TILE_WIDTH: u64 = 256;

/// The log of one shard, read through one node.
#[derive(Clone)]
pub struct LogView {
    pub api: Api,
    pub shard: u64,
}

impl LogView {
    pub fn new(api: &Api, shard: u64) -> LogView {
        LogView { api: api.clone(), shard }
    }

    /// The keys of this cluster's logs, read without an API key. Waits until each of `nodes` nodes has announced its
    /// key.
    pub async fn policy(api: &Api, nodes: usize) -> Policy {
        until(&format!("the policy names {nodes} nodes"), PATIENCE, async || {
            let answer = Self::public(api, "/log/policy").await;
            let policy = Some(answer).filter(|answer| answer.status == 200).map(|answer| Policy::parse(&answer.text()).unwrap());
            // A node has one key as a cosigner, and one as the log of each shard.
            policy.filter(|policy| policy.witnesses.len() == nodes && policy.logs.len().is_multiple_of(nodes))
        })
        .await
    }

    pub async fn checkpoint_note(&self) -> String {
        Self::public(&self.api, &format!("/log/{}/checkpoint", self.shard)).await.expect(200).text()
    }

    /// The newest checkpoint, signed as `policy` demands.
    pub async fn checkpoint(&self, policy: &Policy) -> Checkpoint {
        let text = self.checkpoint_note().await;
        let note = Note::parse(&text).unwrap();
        let checkpoint = note.checkpoint().unwrap();
        policy.check_log(&note, &checkpoint.origin).unwrap();
        policy.check_quorum(&note).unwrap();
        assert!(checkpoint.origin.ends_with(&format!("/shard-{}", self.shard)), "{text}");
        checkpoint
    }

    /// Waits for a checkpoint of at least `size` leaves.
    pub async fn checkpoint_of(&self, policy: &Policy, size: u64) -> Checkpoint {
        until(&format!("shard {} has a checkpoint of {size} leaves", self.shard), PATIENCE, async || {
            Some(self.checkpoint(policy).await).filter(|checkpoint| checkpoint.size >= size)
        })
        .await
    }

    /// `tile/...`, without an API key.
    pub async fn tile(&self, path: &str) -> Answer {
        Self::public(&self.api, &format!("/log/{}/tile/{path}", self.shard)).await
    }

    /// `tile/entries/...`, with the API key.
    pub async fn bundle(&self, path: &str) -> Answer {
        self.api.get(&format!("/log/{}/tile/entries/{path}", self.shard)).send().await
    }

    /// The hashes of the first `size` leaves, from tiles of level 0.
    pub async fn leaf_hashes(&self, size: u64) -> Vec<Hash> {
        let mut hashes = Vec::new();
        for (path, width) in tiles(size) {
            let bytes = self.tile(&format!("0/{path}")).await.expect(200).body;
            let (chunks, rest) = bytes.as_chunks::<32>();
            assert!(rest.is_empty() && chunks.len() as u64 == width, "tile {path} has {} bytes", bytes.len());
            hashes.extend_from_slice(chunks);
        }
        hashes
    }

    /// The first `size` leaves themselves, from entry bundles.
    pub async fn leaves(&self, size: u64) -> Vec<Vec<u8>> {
        let mut leaves = Vec::new();
        for (path, width) in tiles(size) {
            let bundle = self.bundle(&path).await.expect(200).body;
            let mut rest = bundle.as_slice();
            for _ in 0..width {
                let (len, after) = rest.split_first_chunk::<2>().expect("a length");
                let (leaf, after) = after.split_at(usize::from(u16::from_be_bytes(*len)));
                leaves.push(leaf.to_vec());
                rest = after;
            }
            assert!(rest.is_empty(), "bundle {path} is longer than its entries");
        }
        leaves
    }

    /// The tiles of one level in a tree of `size` leaves. Level 0 has one hash for each leaf, level 1 one for 256.
    pub fn tile_paths(&self, level: u32, size: u64) -> Vec<String> {
        tiles(size >> (8 * level)).into_iter().map(|(path, _)| format!("{level}/{path}")).collect()
    }

    /// The entry bundles of a tree of `size` leaves.
    pub fn bundle_paths(&self, size: u64) -> Vec<String> {
        tiles(size).into_iter().map(|(path, _)| path).collect()
    }

    async fn public(api: &Api, path: &str) -> Answer {
        api.anonymous(path).send().await
    }
}

/// Proves from the tiles, with this crate's own code, that every older checkpoint is a prefix of the newest.
pub async fn assert_consistent(log: &LogView, older: &[Checkpoint], newest: &Checkpoint) {
    let hashes = log.leaf_hashes(newest.size).await;
    assert_eq!(root(&hashes), newest.root, "the tiles of shard {} do not give the root of its checkpoint", log.shard);
    for old in older {
        assert_eq!(old.origin, newest.origin);
        let proof = consistency_proof(old.size as usize, &hashes);
        verify_consistency(old.size, newest.size, old.root, newest.root, &proof)
            .unwrap_or_else(|e| panic!("{old:?} is not a prefix of {newest:?}: {e}"));
    }
}

/// The paths of all tiles of a level with `size` hashes, and their widths.
fn tiles(size: u64) -> Vec<(String, u64)> {
    let full = (0..size / TILE_WIDTH).map(|index| (tile_index(index), TILE_WIDTH));
    let partial = Some((size / TILE_WIDTH, size % TILE_WIDTH)).filter(|(_, width)| *width > 0);
    let partial = partial.map(|(index, width)| (format!("{}.p/{width}", tile_index(index)), width));
    full.chain(partial).collect()
}

/// Groups of three digits, all but the last with an `x`: 1234067 is `x001/x234/067`.
fn tile_index(index: u64) -> String {
    let mut path = format!("{:03}", index % 1_000);
    let mut rest = index / 1_000;
    while rest > 0 {
        path = format!("x{:03}/{path}", rest % 1_000);
        rest /= 1_000;
    }
    path
}

#[cfg(test)]
mod tests {
    use super::{tile_index, tiles};

    #[test]
    fn tiles_are_named_as_the_specification_does() {
        assert_eq!([tile_index(0), tile_index(1_234_067)], ["000", "x001/x234/067"]);
        assert_eq!(tiles(256), [("000".to_string(), 256)]);
        assert_eq!(tiles(513).last(), Some(&("002.p/1".to_string(), 1)));
    }
}
