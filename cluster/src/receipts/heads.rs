//! The newest part of a shard's tree in memory, which the applying task publishes to the rest of the node.

use std::collections::VecDeque;
use std::sync::atomic::{AtomicU64, Ordering};

use keyrack_merkle::{Frontier, Hash, Window};
use parking_lot::{Mutex, RwLock};
use tokio::sync::watch;

use super::head::Head;
use super::nodes::LastTiles;

/// How many of each level's newest nodes are kept in memory, so that proofs of recent leaves do not read the disk.
const WINDOW: usize = 16_384;
/// How many heads are kept, one for each Raft entry that appended leaves. The leader may ask for the root of a size that this
/// replica's tree has outgrown.
const HEADS: usize = 4_096;

/// The newest committed part of a shard's tree. Only the applying task writes it; any task may read it.
pub struct Heads {
    window: RwLock<Window>,
    last: RwLock<LastTiles>,
    recent: Mutex<VecDeque<Frontier>>,
    size: watch::Sender<u64>,
    loads: AtomicU64,
}

impl Default for Heads {
    fn default() -> Self {
        Heads {
            window: RwLock::new(Window::new(WINDOW)),
            last: RwLock::default(),
            recent: Mutex::default(),
            size: watch::Sender::new(0),
            loads: AtomicU64::new(0),
        }
    }
}

impl Heads {
    /// Replaces everything by a tree that was loaded from disk.
    pub fn restart(&self, frontier: &Frontier, tiles: Vec<Vec<Hash>>) {
        let mut window = Window::new(WINDOW);
        let mut end = frontier.size();
        // The right edge, smallest subtree first. With it every later leaf has its path to the root in memory.
        for hash in frontier.edge().iter().rev() {
            let level = end.trailing_zeros() as u8;
            window.push(level, (end >> level) - 1, hash);
            end -= 1 << level;
        }
        *self.window.write() = window;
        *self.last.write() = LastTiles { size: frontier.size(), tiles };
        let mut recent = self.recent.lock();
        recent.clear();
        recent.push_back(frontier.clone());
        drop(recent);
        self.loads.fetch_add(1, Ordering::AcqRel);
        self.size.send_replace(frontier.size());
    }

    /// How often the tree was loaded. Between two loads the tree only grows.
    pub fn loads(&self) -> u64 {
        self.loads.load(Ordering::Acquire)
    }

    /// Publishes a commit: the completed nodes, and the tree after each Raft entry.
    pub fn publish(&self, completed: &mut Vec<(u8, u64, Hash)>, frontiers: &mut Vec<Frontier>, tiles: &[Vec<Hash>]) {
        let Some(size) = frontiers.last().map(Frontier::size) else { return };
        let mut window = self.window.write();
        completed.drain(..).for_each(|(level, index, hash)| window.push(level, index, &hash));
        drop(window);
        let mut last = self.last.write();
        last.size = size;
        last.tiles.resize_with(tiles.len(), Vec::new);
        // If a tile only grew, copy only the new hashes.
        for (kept, grown) in last.tiles.iter_mut().zip(tiles) {
            if kept.len() <= grown.len() && kept.first() == grown.first() {
                kept.extend_from_slice(&grown[kept.len()..]);
            } else {
                kept.clone_from(grown);
            }
        }
        drop(last);
        let mut recent = self.recent.lock();
        recent.extend(frontiers.drain(..));
        let surplus = recent.len().saturating_sub(HEADS);
        recent.drain(..surplus);
        drop(recent);
        self.size.send_replace(size);
    }

    /// The newest head.
    pub fn newest(&self) -> Head {
        let newest = self.recent.lock().back().cloned().unwrap_or_default();
        Head { size: newest.size(), root: newest.root() }
    }

    /// The root at a size, if a recent Raft entry ended at it.
    pub fn root_at(&self, size: u64) -> Option<Hash> {
        let recent = self.recent.lock();
        let place = recent.binary_search_by_key(&size, Frontier::size).ok()?;
        let frontier = recent[place].clone();
        drop(recent);
        Some(frontier.root())
    }

    /// Watches the number of leaves.
    pub fn size(&self) -> watch::Receiver<u64> {
        self.size.subscribe()
    }

    /// Calls `read` with the newest nodes.
    pub fn with_window<T>(&self, read: impl FnOnce(&Window) -> T) -> T {
        read(&self.window.read())
    }

    /// The last tile of each level.
    pub fn last_tiles(&self) -> LastTiles {
        self.last.read().clone()
    }
}
