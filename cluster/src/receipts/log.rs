//! Reads the receipts log of one shard: checkpoints, proofs, tiles.

use std::sync::Arc;
use std::time::Duration;

use keyrack_inventory::{Fault, Key, ReplicaKeys, Row};
use keyrack_merkle::{
    Hash, Resource, Signature, VerifierKey, consistency_proof, encode_bundle, inclusion_proof, leaf_hash, root_at,
    verify_inclusion,
};
use tokio::time::Instant;

use super::head::origin;
use super::heads::Heads;
use super::keys::verifiers;
use super::nodes::{Source, StoredNodes, leaves};
use super::published::{CheckpointNote, Published, first_covering};
use crate::error::ClusterError;
use crate::freshness::Freshness;
use crate::halt::Halt;
use crate::storage::{RowsDb, View};

/// How long after its deadline an answer may still wait until the log has decided what every retry gets, and how often it
/// checks. It only waits this long if the leader is lost.
const DECISION_GRACE: Duration = Duration::from_secs(2);
const POLL_INTERVAL: Duration = Duration::from_millis(20);

/// This node's copy of the receipts log of one shard. Cheap to clone.
#[derive(Clone)]
pub struct ReceiptLog {
    inner: Arc<Inner>,
}

struct Inner {
    shard: u32,
    cluster: String,
    rows: Arc<RowsDb>,
    heads: Arc<Heads>,
    published: Arc<Published>,
    freshness: Freshness,
    halt: Arc<Halt>,
}

/// A leaf under a checkpoint.
#[derive(Clone, Debug)]
pub struct Covered {
    /// The leaf's index.
    pub index: u64,
    /// Its bytes.
    pub leaf: Vec<u8>,
    /// The inclusion proof from the leaf to the checkpoint's root.
    pub hashes: Vec<Hash>,
    /// The checkpoint.
    pub checkpoint: CheckpointNote,
}

/// A proof about a tree of one size.
#[derive(Clone, Debug)]
pub struct Proof {
    /// The number of leaves.
    pub size: u64,
    /// The tree's root.
    pub root: Hash,
    /// The hashes.
    pub hashes: Vec<Hash>,
}

impl ReceiptLog {
    pub(crate) fn new(
        shard: u32,
        cluster: &str,
        rows: Arc<RowsDb>,
        (heads, published, freshness): (Arc<Heads>, Arc<Published>, Freshness),
        halt: Arc<Halt>,
    ) -> ReceiptLog {
        ReceiptLog { inner: Arc::new(Inner { shard, cluster: cluster.into(), rows, heads, published, freshness, halt }) }
    }

    /// The log's name, the first line of its checkpoints.
    pub fn origin(&self) -> String {
        origin(&self.inner.cluster, self.inner.shard)
    }

    /// The newest checkpoint, or `None` if there is none yet.
    ///
    /// # Errors
    /// `Unavailable` until this node has caught up after its start. It starts with the rows on its disk, whose checkpoint may be
    /// older than the last one it served. A client that follows this node would see the log become shorter.
    pub fn checkpoint(&self) -> Result<Option<CheckpointNote>, ClusterError> {
        let Inner { shard, published, freshness, .. } = &*self.inner;
        if freshness.has_caught_up() { Ok(published.newest()) } else { Err(ClusterError::Unavailable { shard: *shard }) }
    }

    /// The newest checkpoint that an outside witness signed.
    pub fn witnessed_checkpoint(&self) -> Option<CheckpointNote> {
        self.inner.published.newest_witnessed()
    }

    /// The number of leaves applied here, with or without a checkpoint that covers them.
    pub fn size(&self) -> u64 {
        *self.inner.heads.size().borrow()
    }

    /// Waits for the first checkpoint that covers a leaf, and returns the leaf with its proof. `None` if there is none by
    /// `deadline`, or if the log accepted it after the log time `by_ms`, which is the same for every caller.
    ///
    /// # Errors
    /// When the storage fails, or its tree differs from the checkpoint's.
    pub async fn covered_by(&self, leaf: u64, by_ms: u64, deadline: Instant) -> Result<Option<Covered>, ClusterError> {
        let mut published = self.inner.published.size();
        let in_time = tokio::time::timeout_at(deadline, published.wait_for(|size| *size > leaf)).await.is_ok();
        if !in_time && !self.decided(leaf, by_ms, deadline + DECISION_GRACE).await {
            return Ok(None);
        }
        let first = self.inner.first_covering(leaf)?.filter(|checkpoint| checkpoint.at_ms <= by_ms);
        first.map(|checkpoint| self.inner.cover(leaf, checkpoint)).transpose()
    }

    /// Waits until a checkpoint covers the leaf (`true`), or until log time has passed `by_ms` without one or `give_up` is
    /// reached (`false`). After a leader's crash the next leader's first entry decides.
    async fn decided(&self, leaf: u64, by_ms: u64, give_up: Instant) -> bool {
        loop {
            // Read the time before the size: a checkpoint is added before its log time is published.
            let passed = self.inner.published.log_time_ms() > by_ms;
            if *self.inner.published.size().borrow() > leaf {
                return true;
            }
            if passed || Instant::now() >= give_up {
                return false;
            }
            tokio::time::sleep(POLL_INTERVAL).await;
        }
    }

    /// A leaf under the newest checkpoint that outside witnesses signed, if it covers the leaf. Otherwise under the first
    /// checkpoint that covers it.
    pub fn receipt(&self, leaf: u64) -> Result<Option<Covered>, ClusterError> {
        match self.witnessed_checkpoint().filter(|checkpoint| checkpoint.size > leaf && checkpoint.size <= self.size()) {
            Some(checkpoint) => self.inner.cover(leaf, checkpoint).map(Some),
            None => self.inner.first_covering(leaf)?.map(|checkpoint| self.inner.cover(leaf, checkpoint)).transpose(),
        }
    }

    /// Proves that a leaf is in the tree of `size` leaves. `None` if no checkpoint covers that tree.
    pub fn prove_inclusion(&self, leaf: u64, size: u64) -> Result<Option<Proof>, ClusterError> {
        if leaf >= size || size > self.published_here() {
            return Ok(None);
        }
        let hashes = self.inner.prove(|nodes| inclusion_proof(nodes, leaf, size))?;
        let root = self.inner.prove(|nodes| root_at(nodes, size))?;
        Ok(Some(Proof { size, root, hashes }))
    }

    /// Proves that the tree of `old` leaves is a prefix of the tree of `new` leaves. `None` if no checkpoint covers them.
    pub fn prove_consistency(&self, old: u64, new: u64) -> Result<Option<Proof>, ClusterError> {
        if old > new || new > self.published_here() {
            return Ok(None);
        }
        let hashes = self.inner.prove(|nodes| consistency_proof(nodes, old, new))?;
        let root = self.inner.prove(|nodes| root_at(nodes, new))?;
        Ok(Some(Proof { size: new, root, hashes }))
    }

    /// A tile or a bundle of entries, in the format of c2sp.org/tlog-tiles. `None` if no checkpoint covers it.
    pub fn resource(&self, resource: Resource) -> Result<Option<Vec<u8>>, ClusterError> {
        let (level, index, width) = match resource {
            Resource::Hashes { level, index, width } => (level, index, width),
            Resource::Entries { index, width } => (0, index, width),
        };
        let covered = self.published_here().checked_shr(8 * u32::from(level)).unwrap_or(0);
        let end = index.checked_mul(256).and_then(|start| start.checked_add(width.into()));
        if end.is_none_or(|end| end > covered) {
            return Ok(None);
        }
        let read = self.inner.view(|view| match resource {
            Resource::Hashes { .. } => Ok(StoredNodes::new(view, None).tile(level, index, width)?.concat()),
            Resource::Entries { .. } => {
                let entries = leaves(view, index * 256, index * 256 + u64::from(width))?;
                let mut bundle = Vec::new();
                encode_bundle(&entries, &mut bundle).map_err(|cause| Fault::Storage(cause.to_string()))?;
                Ok(bundle)
            }
        });
        read.map(Some)
    }

    /// The keys of the replicas that sign, from the shard's rows: node, log key, cosigner key.
    pub fn keys(&self) -> Result<Vec<(u64, [VerifierKey; 2])>, ClusterError> {
        use keyrack_inventory::Read;
        let found: Vec<ReplicaKeys> = self.inner.view(|view| {
            let mut found = Vec::new();
            for key in view.scan(&Key::ReplicaKeys(0), &Key::ReplicaKeys(u64::MAX), 1_024)? {
                if let Some(Row::ReplicaKeys(keys)) = view.get(&key)? {
                    found.push(*keys);
                }
            }
            Ok(found)
        })?;
        let named = |keys: ReplicaKeys| Some((keys.node, verifiers(&self.inner.cluster, self.inner.shard, &keys)?));
        Ok(found.into_iter().filter_map(named).collect())
    }

    /// Adds outside witnesses' signatures to a checkpoint, here and on the other nodes. Returns whether the checkpoint is
    /// still in memory.
    pub fn add_witnesses(&self, size: u64, signatures: &[Signature]) -> bool {
        self.inner.published.witness(size, signatures)
    }

    /// The number of leaves that a checkpoint covers and that are applied here.
    fn published_here(&self) -> u64 {
        self.inner.published.newest().map_or(0, |checkpoint| checkpoint.size).min(self.size())
    }
}

impl Inner {
    fn first_covering(&self, leaf: u64) -> Result<Option<CheckpointNote>, ClusterError> {
        match self.published.first_covering(leaf) {
            Some(checkpoint) => Ok(Some(checkpoint)),
            None => self.view(|view| first_covering(view, leaf)),
        }
    }

    fn cover(&self, index: u64, checkpoint: CheckpointNote) -> Result<Covered, ClusterError> {
        let leaf = self.rows.leaf(self.shard, index)?;
        let leaf = leaf.ok_or_else(|| Fault::Corrupt(Key::Leaf(index), "missing from the receipts log".into()))?;
        let hashes = self.prove(|nodes| inclusion_proof(nodes, index, checkpoint.size))?;
        // If the proof does not verify, this node's tree was changed or never was the shard's. Do not serve it.
        if let Err(cause) = verify_inclusion(index, checkpoint.size, &leaf_hash(&leaf), &hashes, &checkpoint.root) {
            self.halt.note_difference(self.shard, 0, checkpoint.size);
            return Err(ClusterError::WrongTree { shard: self.shard, cause });
        }
        Ok(Covered { index, leaf, hashes, checkpoint })
    }

    /// Makes a proof from the newest nodes, or from the rows where it needs older ones.
    fn prove<T>(&self, make: impl Fn(&mut Source<'_, '_>) -> Result<T, Fault>) -> Result<T, ClusterError> {
        if let Ok(made) = self.heads.with_window(|window| make(&mut Source::Recent(window))) {
            return Ok(made);
        }
        // The last tiles come from memory, older nodes from the rows.
        let last = self.heads.last_tiles();
        self.view(|view| make(&mut Source::Stored(StoredNodes::new(view, Some(&last)))))
    }

    fn view<T>(&self, read: impl FnOnce(&mut View<'_>) -> Result<T, Fault>) -> Result<T, ClusterError> {
        Ok(self.rows.view(self.shard, read)??)
    }
}
