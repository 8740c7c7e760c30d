//! A shard's column family: its name, and the one key in it that belongs to the storage.

use rocksdb::{DBWithThreadMode, MultiThreaded};

/// The rows database.
pub(super) type Db = DBWithThreadMode<MultiThreaded>;

/// `80`: the applied position, the only key in a shard that the storage itself writes.
pub(super) const APPLIED: [u8; 1] = [0x80];

/// `shard-<n>.<generation>`.
pub(super) fn cf_name(shard: u32, generation: u64) -> String {
    format!("shard-{shard}.{generation}")
}

/// `inspected-<n>`: the rows of a snapshot while they are checked. No data of the shard.
pub(super) fn inspected_name(shard: u32) -> String {
    format!("{INSPECTED}{shard}")
}

/// Whether a column family is left of an interrupted check.
pub(super) fn is_inspected(name: &str) -> bool {
    name.starts_with(INSPECTED)
}

const INSPECTED: &str = "inspected-";

/// The generation in the name of a column family, if the family belongs to `shard`.
pub(super) fn generation(name: &str, shard: u32) -> Option<u64> {
    name.strip_prefix(&format!("shard-{shard}."))?.parse().ok()
}
