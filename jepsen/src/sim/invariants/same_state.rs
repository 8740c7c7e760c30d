//! Replicas that have applied the same index applied the same entry and have the same rows. Receipts logs of the same size
//! have the same root.

use std::collections::BTreeMap;

use keyrack_merkle::Hash;

use super::Check;
use crate::rng::hash;
use keyrack_cluster::simulated::{Entry, EntryPayload, LogId, wire};

struct Known {
    at: LogId,
    entry: u64,
    rows: u64,
}

/// The state of the first replica at each index, and the first root of each size.
#[derive(Default)]
pub struct SameState {
    known: BTreeMap<u64, Known>,
    roots: BTreeMap<u64, Hash>,
}

/// A digest of an entry.
pub fn entry_hash(at: LogId, payload: &EntryPayload) -> u64 {
    hash(&wire::entry_to_disk(&Entry { log_id: at, payload: payload.clone() }))
}

impl SameState {
    /// Whether this replica is the first at this index.
    pub fn is_new(&self, index: u64) -> bool {
        !self.known.contains_key(&index)
    }

    pub fn applied(&mut self, node: u64, at: LogId, entry: u64, rows: u64) -> Check {
        let known = self.known.entry(at.index).or_insert(Known { at, entry, rows });
        if (known.at, known.entry) != (at, entry) {
            return Err(format!("node {node} applied entry {at}, another node applied a different entry {}", known.at));
        }
        self.rows(node, at.index, rows)
    }

    pub fn rows(&self, node: u64, index: u64, rows: u64) -> Check {
        match self.known.get(&index) {
            Some(known) if known.rows != rows => {
                Err(format!("node {node} has rows {rows:016x} at {index}, another node has {:016x}", known.rows))
            }
            _ => Ok(()),
        }
    }

    pub fn root(&mut self, node: u64, size: u64, root: Hash) -> Check {
        let known = *self.roots.entry(size).or_insert(root);
        if known == root { Ok(()) } else { Err(format!("node {node} has a different root at size {size}")) }
    }

    /// The entry at an index.
    pub fn at(&self, index: u64) -> Option<LogId> {
        self.known.get(&index).map(|known| known.at)
    }
}
