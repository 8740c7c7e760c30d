//! The rows of one shard while entries are applied. Changes stay in memory until they are written together.
//!
//! Pages, rates, properties and the meta row stay decoded between batches, because the next booking probably needs them.
//! Only the applying task writes rows, so the kept rows are never stale.

use std::io;
use std::sync::Arc;

use hashbrown::HashMap;
use keyrack_inventory::{Fault, Key, Read, Row, Rows};
use keyrack_proto::rows;
use rocksdb::{IteratorMode, ReadOptions};

use super::rows_db::{RowsDb, WriteSet};
use super::view::{bound, decode, key_of};

/// The most rows kept between batches, about a kilobyte each.
const KEPT: usize = 40_000;

/// Rows over RocksDB.
pub struct Overlay {
    db: Arc<RowsDb>,
    shard: u32,
    slots: HashMap<Key, Slot>,
    /// Keys with unwritten changes, unordered, once each.
    dirty: Vec<Key>,
    /// Keys to drop from memory after the write.
    passing: Vec<Key>,
}

struct Slot {
    row: Option<Row>,
    dirty: bool,
}

impl Overlay {
    /// An overlay with no rows in memory.
    pub fn new(db: Arc<RowsDb>, shard: u32) -> Overlay {
        Overlay { db, shard, slots: HashMap::new(), dirty: Vec::new(), passing: Vec::new() }
    }

    /// Writes all changes in one batch, with the changes that `beside` adds and the new applied position.
    pub fn commit(&mut self, applied: &[u8], beside: impl FnOnce(&mut WriteSet<'_>)) -> io::Result<()> {
        let (slots, dirty) = (&mut self.slots, &mut self.dirty);
        let (mut name, mut value) = (Vec::with_capacity(64), Vec::with_capacity(1024));
        // Sorted keys make memtable inserts cheaper: each begins where the last one ended.
        dirty.sort_unstable();
        self.db.write(self.shard, applied, |set| {
            for key in dirty.drain(..) {
                let Some(slot) = slots.get_mut(&key) else { continue };
                slot.dirty = false;
                name.clear();
                key.encode(&mut name);
                match &slot.row {
                    Some(row) => {
                        value.clear();
                        rows::encode(row, &mut value);
                        set.put(&name, &value);
                    }
                    None => set.delete(&name),
                }
            }
            beside(set);
        })?;
        for key in self.passing.drain(..) {
            self.slots.remove(&key);
        }
        if self.slots.len() > KEPT {
            self.slots.clear();
        }
        Ok(())
    }

    fn load(&mut self, key: &Key) -> Result<&mut Slot, Fault> {
        if !self.slots.contains_key(key) {
            let mut name = Vec::with_capacity(32);
            key.encode(&mut name);
            let bytes = self.db.get(self.shard, &name).map_err(|cause| Fault::Storage(cause.to_string()))?;
            let row = bytes.map(|bytes| decode(key, &bytes)).transpose()?;
            drop(name);
            self.remember(key, row);
        }
        self.slots.get_mut(key).ok_or_else(|| Fault::Storage("a row that was just read is gone".into()))
    }

    fn remember(&mut self, key: &Key, row: Option<Row>) {
        self.slots.insert(*key, Slot { row, dirty: false });
        if !matches!(key, Key::Meta | Key::Property(_) | Key::Page(..) | Key::Rates(..)) {
            self.passing.push(*key);
        }
    }

    fn set(&mut self, key: Key, row: Option<Row>) {
        if !self.slots.contains_key(&key) {
            self.remember(&key, None);
        }
        if let Some(slot) = self.slots.get_mut(&key) {
            slot.row = row;
            if !slot.dirty {
                slot.dirty = true;
                self.dirty.push(key);
            }
        }
    }
}

impl Read for Overlay {
    fn get(&mut self, key: &Key) -> Result<Option<&Row>, Fault> {
        self.load(key).map(|slot| slot.row.as_ref())
    }

    fn scan(&mut self, from: &Key, to: &Key, limit: usize) -> Result<Vec<Key>, Fault> {
        let storage = |cause: io::Error| Fault::Storage(cause.to_string());
        let family = self.db.family(self.shard).map_err(storage)?;
        let mut read = ReadOptions::default();
        bound(&mut read, from, to);
        let mut keys = Vec::new();
        for item in self.db.db.iterator_cf_opt(&family, read, IteratorMode::Start) {
            if keys.len() >= limit {
                break;
            }
            let key = key_of(&item.map_err(|cause| Fault::Storage(cause.into_string()))?.0)?;
            if self.slots.get(&key).is_none_or(|slot| slot.row.is_some()) {
                keys.push(key);
            }
        }
        let fresh = self.dirty.iter().filter(|key| *key >= from && *key < to);
        keys.extend(fresh.filter(|key| self.slots.get(*key).is_some_and(|slot| slot.row.is_some())));
        keys.sort_unstable();
        keys.dedup();
        keys.truncate(limit);
        Ok(keys)
    }
}

impl Rows for Overlay {
    fn get_mut(&mut self, key: &Key, absent: fn() -> Row) -> Result<&mut Row, Fault> {
        let slot = self.load(key)?;
        let newly_dirty = !std::mem::replace(&mut slot.dirty, true);
        if newly_dirty {
            self.dirty.push(*key);
        }
        let slot = self.slots.get_mut(key).ok_or_else(|| Fault::Storage("a row that was just read is gone".into()))?;
        Ok(slot.row.get_or_insert_with(absent))
    }

    fn put(&mut self, key: Key, row: Row) {
        self.set(key, Some(row));
    }

    fn delete(&mut self, key: &Key) {
        self.set(*key, None);
    }
}
