//! A consistent view of one shard, for readers on any thread.

use std::collections::BTreeMap;
use std::io;
use std::sync::Arc;

use keyrack_inventory::{Fault, Key, Read, Row};
use keyrack_proto::rows;
use rocksdb::{BoundColumnFamily, Direction, IteratorMode, ReadOptions, SnapshotWithThreadMode};

use super::error::io_error;
use super::family::{APPLIED, Db};

/// Reads from a RocksDB snapshot and caches decoded rows.
pub struct View<'db> {
    snapshot: SnapshotWithThreadMode<'db, Db>,
    family: Arc<BoundColumnFamily<'db>>,
    decoded: BTreeMap<Key, Option<Row>>,
}

impl<'db> View<'db> {
    pub(super) fn new(db: &'db Db, family: Arc<BoundColumnFamily<'db>>) -> View<'db> {
        View { snapshot: db.snapshot(), family, decoded: BTreeMap::new() }
    }

    /// The applied position of this view.
    pub fn applied(&self) -> io::Result<Option<Vec<u8>>> {
        self.snapshot.get_cf(&self.family, APPLIED).map_err(io_error)
    }

    /// The value of a key that does not belong to the domain.
    pub fn raw(&self, key: &[u8]) -> io::Result<Option<Vec<u8>>> {
        self.snapshot.get_cf(&self.family, key).map_err(io_error)
    }

    /// All keys with this prefix, with their values.
    pub fn prefixed(&self, prefix: &[u8]) -> io::Result<Vec<(Vec<u8>, Vec<u8>)>> {
        let mut found = Vec::new();
        for item in self.snapshot.iterator_cf(&self.family, IteratorMode::From(prefix, Direction::Forward)) {
            let (key, value) = item.map_err(io_error)?;
            if !key.starts_with(prefix) {
                break;
            }
            found.push((key.into_vec(), value.into_vec()));
        }
        Ok(found)
    }
}

impl Read for View<'_> {
    fn get(&mut self, key: &Key) -> Result<Option<&Row>, Fault> {
        if !self.decoded.contains_key(key) {
            let mut name = Vec::with_capacity(32);
            key.encode(&mut name);
            let bytes = self.snapshot.get_pinned_cf(&self.family, &name).map_err(|cause| Fault::Storage(cause.into_string()))?;
            let row = bytes.map(|bytes| decode(key, &bytes)).transpose()?;
            self.decoded.insert(*key, row);
        }
        Ok(self.decoded.get(key).and_then(Option::as_ref))
    }

    fn scan(&mut self, from: &Key, to: &Key, limit: usize) -> Result<Vec<Key>, Fault> {
        let mut read = ReadOptions::default();
        bound(&mut read, from, to);
        let keys = self.snapshot.iterator_cf_opt(&self.family, read, IteratorMode::Start);
        keys.take(limit).map(|item| key_of(&item.map_err(|cause| Fault::Storage(cause.into_string()))?.0)).collect()
    }
}

pub(super) fn decode(key: &Key, bytes: &[u8]) -> Result<Row, Fault> {
    rows::decode(key, bytes).map_err(|cause| Fault::Corrupt(*key, cause.to_string()))
}

pub(super) fn key_of(bytes: &[u8]) -> Result<Key, Fault> {
    Key::decode(bytes).map_err(|_| Fault::Storage(format!("unknown key {bytes:02x?}")))
}

pub(super) fn bound(read: &mut ReadOptions, from: &Key, to: &Key) {
    let bytes = |key: &Key| {
        let mut bytes = Vec::with_capacity(32);
        key.encode(&mut bytes);
        bytes
    };
    read.set_iterate_lower_bound(bytes(from));
    read.set_iterate_upper_bound(bytes(to));
}
