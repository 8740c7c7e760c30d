//! Rows in memory with a digest of all of them.

use std::collections::{BTreeMap, BTreeSet};

use keyrack_inventory::{Fault, Key, MemRows, Read, Row, Rows};
use keyrack_proto::rows;

use crate::rng::hash;

/// Rows and the sum of their digests. Equal rows have equal sums, independent of the order of their changes.
#[derive(Default)]
pub struct DigestedRows {
    pub rows: MemRows,
    digests: BTreeMap<Key, u64>,
    sum: u64,
    touched: BTreeSet<Key>,
}

impl DigestedRows {
    /// Wraps existing rows.
    pub fn of(rows: MemRows) -> DigestedRows {
        let touched = rows.iter().map(|(key, _)| *key).collect();
        let mut digested = DigestedRows { rows, touched, ..DigestedRows::default() };
        digested.digest();
        digested
    }

    /// The digest of all rows.
    pub fn digest(&mut self) -> u64 {
        let mut bytes = Vec::new();
        for key in std::mem::take(&mut self.touched) {
            let before = self.digests.remove(&key).unwrap_or(0);
            self.sum = self.sum.wrapping_sub(before);
            if let Ok(Some(row)) = self.rows.get(&key) {
                bytes.clear();
                key.encode(&mut bytes);
                bytes.push(0);
                rows::encode(row, &mut bytes);
                let digest = hash(&bytes);
                self.digests.insert(key, digest);
                self.sum = self.sum.wrapping_add(digest);
            }
        }
        self.sum
    }
}

impl Read for DigestedRows {
    fn get(&mut self, key: &Key) -> Result<Option<&Row>, Fault> {
        self.rows.get(key)
    }

    fn scan(&mut self, from: &Key, to: &Key, limit: usize) -> Result<Vec<Key>, Fault> {
        self.rows.scan(from, to, limit)
    }
}

impl Rows for DigestedRows {
    fn get_mut(&mut self, key: &Key, absent: fn() -> Row) -> Result<&mut Row, Fault> {
        self.touched.insert(*key);
        self.rows.get_mut(key, absent)
    }

    fn put(&mut self, key: Key, row: Row) {
        self.touched.insert(key);
        self.rows.put(key, row);
    }

    fn delete(&mut self, key: &Key) {
        self.touched.insert(*key);
        self.rows.delete(key);
    }
}
