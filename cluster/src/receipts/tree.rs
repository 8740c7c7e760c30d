//! The tree of one shard, as the applying task grows it.

use std::io;
use std::sync::Arc;

use keyrack_merkle::{Frontier, Hash, TILE_WIDTH, leaf_hash};

use super::heads::Heads;
use super::nodes;
use crate::storage::{RowsDb, WriteSet};

/// The right edge of the tree, and what of it is not written yet.
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
    /// Picks up what the shard's rows have.
    pub fn load(db: &RowsDb, shard: u32, heads: Arc<Heads>) -> io::Result<Tree> {
        let (frontier, tiles) = db.view(shard, nodes::load)??;
        heads.restart(&frontier, tiles.clone());
        Ok(Tree { frontier, tiles, unwritten: Vec::new(), completed: Vec::new(), frontiers: Vec::new(), heads })
    }

    /// Leaves appended, committed or not.
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

    /// Marks the end of a Raft entry: sizes that all replicas come to.
    pub fn end_entry(&mut self) {
        let known = self.frontiers.last().map(Frontier::size);
        if known.is_none_or(|size| size < self.frontier.size()) && !self.completed.is_empty() {
            self.frontiers.push(self.frontier.clone());
        }
    }

    /// Adds what changed to the batch that also has the leaves.
    pub fn write(&mut self, set: &mut WriteSet<'_>) {
        if self.completed.is_empty() {
            return;
        }
        self.unwritten.drain(..).for_each(|(key, value)| set.put(&key, &value));
        set.put(&nodes::FRONTIER, &nodes::frontier_out(&self.frontier));
    }

    /// After the batch is written: tells everyone.
    pub fn publish(&mut self) {
        self.heads.publish(&mut self.completed, &mut self.frontiers, &self.tiles);
    }
}

/// Puts a hash into the last tile of its level, and the tile among the rows once it is full.
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
