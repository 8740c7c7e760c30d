//! The tree of one shard, to which the applying task appends leaves.

use std::io;
use std::sync::Arc;

use keyrack_merkle::{Frontier, Hash, TILE_WIDTH, leaf_hash};

use super::heads::Heads;
use super::nodes;
use crate::storage::{RowsDb, WriteSet};

/// The right edge of the tree, and its unwritten changes.
pub struct Tree {
    frontier: Frontier,
    /// The hashes of the last tile of each level, which is not full.
    tiles: Vec<Vec<Hash>>,
    /// Full tiles of leaf hashes, and roots of full tiles at every level, since the last commit.
    unwritten: Vec<(Vec<u8>, Vec<u8>)>,
    completed: Vec<(u8, u64, Hash)>,
    frontiers: Vec<Frontier>,
    heads: Arc<Heads>,
}

impl Tree {
    /// Loads the tree from the shard's rows.
    pub fn load(db: &RowsDb, shard: u32, heads: Arc<Heads>) -> io::Result<Tree> {
        let (frontier, tiles) = db.view(shard, nodes::load)??;
        heads.restart(&frontier, tiles.clone());
        Ok(Tree { frontier, tiles, unwritten: Vec::new(), completed: Vec::new(), frontiers: Vec::new(), heads })
    }

    /// The number of leaves, including uncommitted ones.
    pub fn size(&self) -> u64 {
        self.frontier.size()
    }

    /// Appends a leaf's bytes.
    pub fn append(&mut self, leaf: &[u8]) {
        let hash = leaf_hash(leaf);
        let (completed, unwritten, tiles) = (&mut self.completed, &mut self.unwritten, &mut self.tiles);
        self.frontier.append(hash, |level, index, hash| {
            completed.push((level, index, *hash));
            if level.is_multiple_of(nodes::TILE_HEIGHT) {
                keep(level / nodes::TILE_HEIGHT, index, hash, tiles, unwritten);
            }
        });
    }

    /// Marks the end of a Raft entry. All replicas have the tree at this size, in every batching.
    pub fn end_entry(&mut self) {
        let known = self.frontiers.last().map(Frontier::size);
        if known.is_none_or(|size| size < self.frontier.size()) && !self.completed.is_empty() {
            self.frontiers.push(self.frontier.clone());
        }
    }

    /// Adds the changes to the batch that also has the leaves.
    pub fn write(&mut self, set: &mut WriteSet<'_>) {
        if self.completed.is_empty() {
            return;
        }
        self.unwritten.drain(..).for_each(|(key, value)| set.put(&key, &value));
        set.put(&nodes::FRONTIER, &nodes::frontier_out(&self.frontier));
    }

    /// Publishes the changes to readers, after the batch is written.
    pub fn publish(&mut self) {
        self.heads.publish(&mut self.completed, &mut self.frontiers, &self.tiles);
    }
}

/// Adds a hash to the last tile of its level, and queues the tile for writing once it is full.
fn keep(level: u8, index: u64, hash: &Hash, tiles: &mut Vec<Vec<Hash>>, unwritten: &mut Vec<(Vec<u8>, Vec<u8>)>) {
    if tiles.len() <= usize::from(level) {
        tiles.resize_with(usize::from(level) + 1, Vec::new);
    }
    let tile = &mut tiles[usize::from(level)];
    tile.push(*hash);
    if level > 0 {
        unwritten.push((nodes::node_key(level, index).to_vec(), hash.to_vec()));
    }
    if tile.len() == usize::from(TILE_WIDTH) {
        unwritten.push((nodes::tile_key(level, index / u64::from(TILE_WIDTH)).to_vec(), tile.concat()));
        tile.clear();
    }
}
