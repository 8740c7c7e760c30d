//! Reads a node's data without starting the node.

use std::io;

use crate::config::ClusterConfig;
use crate::error::StartError;
use crate::open::open;
use crate::raft::BUILDING;
use crate::storage::{Origin, SnapshotDir};

/// The contents of a data folder.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Contents {
    /// Entries and small values of all Raft logs.
    pub log: (u64, [u8; 32]),
    /// Rows, per shard: their number, and the SHA-256 of all keys and values in order.
    pub rows: Vec<(u64, [u8; 32])>,
    /// The number of intact snapshots.
    pub snapshots: u64,
    /// The number of damaged snapshots. A running node would delete them and take new ones.
    pub damaged_snapshots: u64,
    /// Whether the folder is a copy: it may lack what the node acknowledged.
    pub is_copy: bool,
}

/// Reads everything, as a start after damage does. The node must be stopped. RocksDB recovers its logs as at any start.
///
/// # Errors
/// The errors of a start: what is damaged, or why the folder cannot be used.
pub fn inspect(config: &ClusterConfig) -> Result<Contents, StartError> {
    let storage = |cause: io::Error| StartError::Storage { path: config.data.clone(), cause };
    if !config.data.join("FORMAT").exists() {
        return Err(storage(io::Error::new(
            io::ErrorKind::NotFound,
            "it has no FORMAT file: it is not a node's data folder, or it is damaged. Check `data` in the configuration.",
        )));
    }
    let opened = open(config, 0, [0; 32])?;
    opened.rows.verify().map_err(storage)?;
    let rows = (0..=config.data_shards).map(|shard| opened.rows.digest(shard)).collect::<io::Result<_>>().map_err(storage)?;
    let log = opened.log.digest().map_err(storage)?;
    let (mut snapshots, mut damaged_snapshots) = (0, 0);
    for shard in 0..=config.data_shards {
        let Ok(entries) = std::fs::read_dir(opened.folder.snapshots(shard)) else { continue };
        for entry in entries {
            let path = entry.map_err(storage)?.path();
            // A snapshot that was being built or received when the node ended does not count.
            if path.extension().is_some() || path.file_name().is_some_and(|name| name == BUILDING) {
                continue;
            }
            match SnapshotDir::open(&path) {
                Ok(snapshot) if snapshot.is_whole() => snapshots += 1,
                _ => damaged_snapshots += 1,
            }
        }
    }
    let is_copy = opened.folder.origin == Origin::Copied;
    Ok(Contents { log, rows, snapshots, damaged_snapshots, is_copy })
}
