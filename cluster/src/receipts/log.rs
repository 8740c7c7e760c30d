//! Reading the receipts' log of one shard: checkpoints, proofs, tiles.

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

/// How long after a deadline an answer may still wait for the log to decide what every retry will be told, and how often it
/// looks. Only a lost leader makes it wait.
const UNDECIDED: Duration = Duration::from_secs(2);
const LOOK: Duration = Duration::from_millis(20);

/// The receipts' log of one shard, as this node has it. Cheap to clone.
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
    /// Which leaf.
    pub index: u64,
    /// Its bytes.
    pub leaf: Vec<u8>,
    /// The way from the leaf to the checkpoint's root.
    pub hashes: Vec<Hash>,
    /// The checkpoint.
    pub checkpoint: CheckpointNote,
}

/// A proof about a tree of one size.
#[derive(Clone, Debug)]
pub struct Proof {
    /// The size.
    pub size: u64,
    /// That tree's root.
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

    /// The log's name: what its checkpoints begin with.
    pub fn origin(&self) -> String {
        origin(&self.inner.cluster, self.inner.shard)
    }

    /// The newest checkpoint, once there is one.
    ///
    /// # Errors
    /// `Unavailable` until this node has caught up after its start. It begins with the rows it had on its disk, whose
    /// checkpoint is older than the one it served last; for whoever follows this node the log would have been cut back.
    pub fn checkpoint(&self) -> Result<Option<CheckpointNote>, ClusterError> {
        let Inner { shard, published, freshness, .. } = &*self.inner;
        if freshness.has_caught_up() { Ok(published.newest()) } else { Err(ClusterError::Unavailable { shard: *shard }) }
    }

    /// The newest checkpoint that an outside witness signed.
    pub fn witnessed_checkpoint(&self) -> Option<CheckpointNote> {
        self.inner.published.newest_witnessed()
    }

    /// Leaves applied here, whether a checkpoint covers them or not.
    pub fn size(&self) -> u64 {
        *self.inner.heads.size().borrow()
    }

    /// A leaf under the first checkpoint that covers it, as soon as there is one here; `None` after `deadline`, and
    /// when that checkpoint was taken up after `by_ms` of log time, which is the same for everyone who asks.
    ///
    /// # Errors
    /// When the storage fails, or holds another tree than the checkpoint's.
    pub async fn covered_by(&self, leaf: u64, by_ms: u64, deadline: Instant) -> Result<Option<Covered>, ClusterError> {
        let mut published = self.inner.published.size();
        let in_time = tokio::time::timeout_at(deadline, published.wait_for(|size| *size > leaf)).await.is_ok();
        if !in_time && !self.decided(leaf, by_ms, deadline + UNDECIDED).await {
            return Ok(None);
        }
        let first = self.inner.first_covering(leaf)?.filter(|checkpoint| checkpoint.at_ms <= by_ms);
        first.map(|checkpoint| self.inner.cover(leaf, checkpoint)).transpose()
    }

    /// Whether the log took up a checkpoint that covers the leaf, once that is decided: it did, or its time has passed
    /// `by_ms` without. After a crash the next leader's first entry tells.
    async fn decided(&self, leaf: u64, by_ms: u64, give_up: Instant) -> bool {
        loop {
            // In this order: what is taken up is seen before the time that it was taken up at.
            let passed = self.inner.published.log_time_ms() > by_ms;
            if *self.inner.published.size().borrow() > leaf {
                return true;
            }
            if passed || Instant::now() >= give_up {
                return false;
            }
            tokio::time::sleep(LOOK).await;
        }
    }

    /// A leaf under the newest checkpoint with outside witnesses that covers it, else under the first that does.
    pub fn receipt(&self, leaf: u64) -> Result<Option<Covered>, ClusterError> {
        match self.witnessed_checkpoint().filter(|checkpoint| checkpoint.size > leaf && checkpoint.size <= self.size()) {
            Some(checkpoint) => self.inner.cover(leaf, checkpoint).map(Some),
            None => self.inner.first_covering(leaf)?.map(|checkpoint| self.inner.cover(leaf, checkpoint)).transpose(),
        }
    }

    /// The way from a leaf to the root of a tree of `size` leaves; `None` when a checkpoint covers no such tree.
    pub fn prove_inclusion(&self, leaf: u64, size: u64) -> Result<Option<Proof>, ClusterError> {
        if leaf >= size || size > self.published_here() {
            return Ok(None);
        }
        let hashes = self.inner.prove(|nodes| inclusion_proof(nodes, leaf, size))?;
        let root = self.inner.prove(|nodes| root_at(nodes, size))?;
        Ok(Some(Proof { size, root, hashes }))
    }

    /// That the tree of `old` leaves is a prefix of the tree of `new`; `None` when a checkpoint covers no such trees.
    pub fn prove_consistency(&self, old: u64, new: u64) -> Result<Option<Proof>, ClusterError> {
        if old > new || new > self.published_here() {
            return Ok(None);
        }
        let hashes = self.inner.prove(|nodes| consistency_proof(nodes, old, new))?;
        let root = self.inner.prove(|nodes| root_at(nodes, new))?;
        Ok(Some(Proof { size: new, root, hashes }))
    }

    /// A tile or a bundle of entries, as c2sp.org/tlog-tiles has it; `None` when no checkpoint covers it.
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

    /// The keys of the replicas that sign, as the log's own rows have them: node, log key, cosigner key.
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

    /// Adds outside witnesses' signatures to a checkpoint that is still kept, here and on the other nodes; whether
    /// there was one.
    pub fn add_witnesses(&self, size: u64, signatures: &[Signature]) -> bool {
        self.inner.published.witness(size, signatures)
    }

    /// Leaves that are both under a checkpoint and applied here.
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
        let leaf = leaf.ok_or_else(|| Fault::Corrupt(Key::Leaf(index), "missing from the receipts' log".into()))?;
        let hashes = self.prove(|nodes| inclusion_proof(nodes, index, checkpoint.size))?;
        // What would not verify is not served: somebody changed this node's tree, or it was never the shard's.
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
        // The right edge from memory, whatever is older from the rows.
        let last = self.heads.last_tiles();
        self.view(|view| make(&mut Source::Stored(StoredNodes::new(view, Some(&last)))))
    }

    fn view<T>(&self, read: impl FnOnce(&mut View<'_>) -> Result<T, Fault>) -> Result<T, ClusterError> {
        Ok(self.rows.view(self.shard, read)??)
    }
}
