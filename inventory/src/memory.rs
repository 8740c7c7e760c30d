//! Rows in memory: for tests, models and the simulation.

use alloc::collections::BTreeMap;
use alloc::vec::Vec;

use crate::{Fault, Key, Read, Row, Rows};

/// An ordered map of rows.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct MemRows {
    rows: BTreeMap<Key, Row>,
}

impl MemRows {
    /// No rows.
    pub fn new() -> MemRows {
        MemRows::default()
    }

    /// Every row, ascending by key.
    pub fn iter(&self) -> impl Iterator<Item = (&Key, &Row)> {
        self.rows.iter()
    }
}

impl Read for MemRows {
    fn get(&mut self, key: &Key) -> Result<Option<&Row>, Fault> {
        Ok(self.rows.get(key))
    }

    fn scan(&mut self, from: &Key, to: &Key, limit: usize) -> Result<Vec<Key>, Fault> {
        Ok(if from < to { self.rows.range(from..to).take(limit).map(|(key, _)| *key).collect() } else { Vec::new() })
    }
}

impl Rows for MemRows {
    fn get_mut(&mut self, key: &Key, absent: fn() -> Row) -> Result<&mut Row, Fault> {
        Ok(self.rows.entry(*key).or_insert_with(absent))
    }

    fn put(&mut self, key: Key, row: Row) {
        self.rows.insert(key, row);
    }

    fn delete(&mut self, key: &Key) {
        self.rows.remove(key);
    }
}
