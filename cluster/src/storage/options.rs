//! RocksDB's settings, with the reasons.

use rocksdb::{BlockBasedOptions, BottommostLevelCompaction, Cache, CompactOptions, DBCompressionType, DBRecoveryMode, Options};

/// The log. It is written and synced all the time, and read only after a restart or for a follower that is far behind.
pub fn log() -> Options {
    let mut options = Options::default();
    options.create_if_missing(true);
    // The default mode silently drops everything after the first damaged record. This mode accepts a
    // torn tail and calls anything else an error.
    options.set_wal_recovery_mode(DBRecoveryMode::TolerateCorruptedTailRecords);
    options.set_max_total_wal_size(512 << 20);
    options.set_write_buffer_size(64 << 20);
    options.set_max_write_buffer_number(4);
    options.set_compression_type(DBCompressionType::Lz4);
    options.set_max_background_jobs(2);
    options.set_keep_log_file_num(4);
    options.set_wal_bytes_per_sync(1 << 20);
    options
}

/// The rows database itself.
pub fn rows() -> Options {
    let mut options = Options::default();
    options.create_if_missing(true);
    options.create_missing_column_families(true);
    options.set_max_background_jobs(2);
    options.set_keep_log_file_num(4);
    // "Atomic flush" is not needed: each shard is one column family, and its flush is atomic.
    options.set_max_open_files(2_000);
    options
}

/// A shard's column family: mostly point reads of keys that are often absent (idempotency records).
pub fn shard(cache: &Cache) -> Options {
    let mut table = BlockBasedOptions::default();
    table.set_block_cache(cache);
    table.set_bloom_filter(10.0, false);
    table.set_cache_index_and_filter_blocks(true);
    table.set_pin_l0_filter_and_index_blocks_in_cache(true);
    table.set_format_version(6);
    let mut options = Options::default();
    options.set_block_based_table_factory(&table);
    // Levels 0 and 1 are soon rewritten: compressing them costs more than it saves.
    let (none, lz4) = (DBCompressionType::None, DBCompressionType::Lz4);
    options.set_compression_per_level(&[none, none, lz4, lz4, lz4, lz4, lz4]);
    // Small, because inserts into a large memtable cause cache misses: 64 MiB took 10 % more CPU per booking.
    options.set_write_buffer_size(16 << 20);
    options.set_max_write_buffer_number(6);
    options.set_memtable_prefix_bloom_ratio(0.05);
    options.set_memtable_whole_key_filtering(true);
    options
}

/// A compaction that also rewrites the lowest level.
pub fn thorough() -> CompactOptions {
    let mut options = CompactOptions::default();
    options.set_bottommost_level_compaction(BottommostLevelCompaction::Force);
    options
}

/// The cache that all shards of a node share, in bytes.
pub const BLOCK_CACHE_BYTES: usize = 256 << 20;
