//! The newest nodes of each level in memory, so that a busy log proves its newest leaves without reading its store.

use alloc::collections::VecDeque;
use alloc::vec::Vec;
use core::fmt;

use crate::{Hash, Nodes};

/// The last few nodes of every level, as [`Frontier::append`](crate::Frontier::append) completes them.
///
/// A window of `per_level` nodes holds at most `64 * per_level` hashes. A proof for one of the newest `per_level` leaves needs
/// only nodes of this window, if every node on the path was pushed: for example if the window has received all nodes of the
/// tree.
///
/// Invariant: the nodes of a level are consecutive.
#[derive(Clone, Debug)]
pub struct Window {
    per_level: usize,
    levels: Vec<Level>,
}

/// A node that a [`Window`] does not hold: too old, or never pushed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Missing {
    /// The node covers 2^level leaves.
    pub level: u8,
    /// Its index in its level, from 0 at the left.
    pub index: u64,
}

#[derive(Clone, Debug, Default)]
struct Level {
    /// The index of the first of `hashes`.
    first: u64,
    hashes: VecDeque<Hash>,
}

impl Window {
    /// A window that keeps the last `per_level` nodes of each level. It allocates memory as nodes are pushed.
    pub fn new(per_level: usize) -> Window {
        Window { per_level, levels: Vec::new() }
    }

    /// Adds the next node of a level. After a gap (an index that is not the last one plus 1) the level is cleared first.
    pub fn push(&mut self, level: u8, index: u64, hash: &Hash) {
        if self.per_level == 0 {
            return;
        }
        let place = usize::from(level);
        if self.levels.len() <= place {
            self.levels.resize_with(place + 1, Level::default);
        }
        let level = &mut self.levels[place];
        if level.first.checked_add(level.hashes.len() as u64) != Some(index) {
            level.hashes.clear();
            level.first = index;
        }
        if level.hashes.len() == self.per_level {
            level.hashes.pop_front();
            level.first += 1;
        }
        level.hashes.push_back(*hash);
    }

    /// The node, if the window still holds it.
    pub fn get(&self, level: u8, index: u64) -> Option<Hash> {
        let level = self.levels.get(usize::from(level))?;
        let place = usize::try_from(index.checked_sub(level.first)?).ok()?;
        level.hashes.get(place).copied()
    }
}

impl Nodes for &Window {
    type Error = Missing;

    fn node(&mut self, level: u8, index: u64) -> Result<Hash, Missing> {
        self.get(level, index).ok_or(Missing { level, index })
    }
}

impl fmt::Display for Missing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "node {} of level {} is not in memory", self.index, self.level)
    }
}

impl core::error::Error for Missing {}
