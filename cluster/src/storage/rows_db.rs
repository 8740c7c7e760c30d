//! The rows database. It has a column family per shard and no WAL.
//!
//! A column family's name is `shard-<n>.<generation>`. A snapshot is imported as the next generation, and the highest generation
//! is the current one. So a crash during an installation leaves the old shard or the new one, never a mixture.

use std::io;
use std::path::Path;
use std::sync::Arc;

use keyrack_inventory::Key;
use parking_lot::{Mutex, RwLock};
use rocksdb::{BoundColumnFamily, Cache, ColumnFamilyDescriptor, IteratorMode, Options, ReadOptions, WriteBatch, WriteOptions};

use super::digest::digest;
use super::error::io_error;
use super::family::{APPLIED, Db, cf_name, generation, is_inspected};
use super::view::View;
use super::{current, options};

/// The rows of all shards of a node.
pub struct RowsDb {
    pub(super) db: Db,
    pub(super) shards: Vec<Shard>,
    cache: Cache,
}

pub(super) struct Shard {
    /// The name of its column family.
    pub name: RwLock<String>,
    /// Held while a batch is written and while the shard is exported, so that an export never sees half a batch.
    pub gate: Mutex<()>,
    /// Held while a snapshot's rows are beside the shard's own.
    pub inspected: Mutex<()>,
}

/// Changes to one shard that are written together.
pub struct WriteSet<'f> {
    batch: WriteBatch,
    family: &'f Arc<BoundColumnFamily<'f>>,
}

impl RowsDb {
    /// Opens or creates the database for shards `0..shards`.
    pub fn open(path: &Path, shards: u32) -> io::Result<RowsDb> {
        current::check(path)?;
        let cache = Cache::new_lru_cache(options::BLOCK_CACHE_BYTES);
        let database = options::rows();
        let found = if path.join("CURRENT").exists() { Db::list_cf(&database, path).map_err(io_error)? } else { Vec::new() };
        let newest: Vec<Option<u64>> =
            (0..shards).map(|shard| found.iter().filter_map(|name| generation(name, shard)).max()).collect();
        let mut names: Vec<String> = found;
        names.extend(newest.iter().enumerate().filter(|(_, g)| g.is_none()).map(|(shard, _)| cf_name(shard as u32, 0)));
        if !names.iter().any(|name| name == "default") {
            names.push("default".into());
        }
        let families = names.iter().map(|name| ColumnFamilyDescriptor::new(name, options::shard(&cache)));
        let db = Db::open_cf_descriptors(&database, path, families).map_err(io_error)?;
        for (shard, newest) in newest.iter().enumerate() {
            let stale = names.iter().filter(|name| generation(name, shard as u32).is_some_and(|g| Some(g) < *newest));
            for name in stale {
                db.drop_cf(name).map_err(io_error)?;
            }
        }
        for name in names.iter().filter(|name| is_inspected(name)) {
            db.drop_cf(name).map_err(io_error)?;
        }
        let shard = |(number, generation): (usize, &Option<u64>)| {
            let name = RwLock::new(cf_name(number as u32, generation.unwrap_or(0)));
            Shard { name, gate: Mutex::new(()), inspected: Mutex::new(()) }
        };
        let shards = newest.iter().enumerate().map(shard).collect();
        Ok(RowsDb { db, shards, cache })
    }

    /// The number of the last shard of a database; `None` if there is no database. It is the number of data shards, because shard
    /// 0 is the directory.
    pub fn shards_on_disk(path: &Path) -> io::Result<Option<u32>> {
        current::check(path)?;
        if !path.join("CURRENT").exists() {
            return Ok(None);
        }
        let found = Db::list_cf(&options::rows(), path).map_err(io_error)?;
        Ok(found.iter().filter_map(|name| name.strip_prefix("shard-")?.split('.').next()?.parse().ok()).max())
    }

    /// Writes the changes that `fill` adds, and the new applied position, in one batch.
    pub fn write(&self, shard: u32, applied: &[u8], fill: impl FnOnce(&mut WriteSet<'_>)) -> io::Result<()> {
        let family = self.family(shard)?;
        let mut set = WriteSet { batch: WriteBatch::default(), family: &family };
        fill(&mut set);
        set.batch.put_cf(&family, APPLIED, applied);
        let mut how = WriteOptions::default();
        how.disable_wal(true);
        let _gate = self.shard(shard)?.gate.lock();
        self.db.write_opt(&set.batch, &how).map_err(io_error)
    }

    /// The position last written with [`RowsDb::write`].
    pub fn applied(&self, shard: u32) -> io::Result<Option<Vec<u8>>> {
        self.db.get_cf(&self.family(shard)?, APPLIED).map_err(io_error)
    }

    /// Calls `read` with a consistent view of one shard. Takes no lock that a writer takes.
    pub fn view<T>(&self, shard: u32, read: impl FnOnce(&mut View<'_>) -> T) -> io::Result<T> {
        let family = self.family(shard)?;
        Ok(read(&mut View::new(&self.db, family)))
    }

    /// A leaf's bytes, read without a view.
    pub fn leaf(&self, shard: u32, index: u64) -> io::Result<Option<Vec<u8>>> {
        let mut key = Vec::with_capacity(9);
        Key::Leaf(index).encode(&mut key);
        Ok(self.get(shard, &key)?.map(|bytes| bytes.to_vec()))
    }

    /// Reads every block of every file and returns the first damage. This takes as long as reading the whole database.
    pub fn verify(&self) -> io::Result<()> {
        self.db.verify_checksum().map_err(io_error)?;
        for shard in 0..self.shards.len() as u32 {
            let family = self.family(shard)?;
            let mut read = ReadOptions::default();
            read.fill_cache(false);
            for item in self.db.iterator_cf_opt(&family, read, IteratorMode::Start) {
                item.map_err(io_error)?;
            }
        }
        Ok(())
    }

    /// The number of a shard's rows, and the SHA-256 of all keys and values in order.
    pub fn digest(&self, shard: u32) -> io::Result<(u64, [u8; 32])> {
        digest(self.db.iterator_cf(&self.family(shard)?, IteratorMode::Start))
    }

    /// Rewrites a shard's files, so that they contain no deleted or replaced rows.
    pub fn compact(&self, shard: u32) -> io::Result<()> {
        self.flush_whole(shard)?;
        let family = self.family(shard)?;
        self.db.compact_range_cf_opt(&family, None::<&[u8]>, None::<&[u8]>, &options::thorough());
        Ok(())
    }

    /// A value, read without a snapshot.
    pub(super) fn get(&self, shard: u32, key: &[u8]) -> io::Result<Option<rocksdb::DBPinnableSlice<'_>>> {
        self.db.get_pinned_cf(&self.family(shard)?, key).map_err(io_error)
    }

    pub(super) fn shard(&self, shard: u32) -> io::Result<&Shard> {
        self.shards.get(shard as usize).ok_or_else(|| io::Error::other(format!("this node has no shard {shard}")))
    }

    pub(super) fn family(&self, shard: u32) -> io::Result<Arc<BoundColumnFamily<'_>>> {
        let name = self.shard(shard)?.name.read();
        self.db.cf_handle(&name).ok_or_else(|| io::Error::other(format!("no column family {name}")))
    }

    pub(super) fn shard_options(&self) -> Options {
        options::shard(&self.cache)
    }
}

impl WriteSet<'_> {
    /// Writes a value.
    pub fn put(&mut self, key: &[u8], value: &[u8]) {
        self.batch.put_cf(self.family, key, value);
    }

    /// Removes a value.
    pub fn delete(&mut self, key: &[u8]) {
        self.batch.delete_cf(self.family, key);
    }
}

/// Adds a leaf's row to the set, as apply does.
pub fn put_leaf(set: &mut WriteSet<'_>, index: u64, leaf: &[u8]) {
    let mut key = Vec::with_capacity(9);
    Key::Leaf(index).encode(&mut key);
    set.put(&key, leaf);
}
