//! Opening a node's data folder.

use std::io;
use std::sync::Arc;

use crate::config::ClusterConfig;
use crate::error::StartError;
use crate::raft::Group;
use crate::storage::{DataFolder, LogDb, RowsDb};

/// The folder and both databases, all of it checked.
pub struct Opened {
    pub folder: DataFolder,
    pub log: LogDb,
    pub rows: Arc<RowsDb>,
}

/// Opens a node's data. The node serves, votes and signs only after all of the log was read. All rows are read only after
/// damage was found, because RocksDB checks each block whenever it reads one.
pub fn open(config: &ClusterConfig, incarnation: u64, signing_seed: [u8; 32]) -> Result<Opened, StartError> {
    let folder = DataFolder::open(&config.data, &config.cluster, config.node, incarnation)?;
    let storage = |cause: io::Error| StartError::Storage { path: config.data.clone(), cause };
    folder.signing_seed(signing_seed).map_err(storage)?;
    let log = LogDb::open(&folder.log()).map_err(storage)?;
    let on_disk = RowsDb::shards_on_disk(&folder.rows()).map_err(storage)?;
    folder.agree_on_shards(config.data_shards, on_disk, Group::has_begun(&log).map_err(storage)?)?;
    let rows = Arc::new(RowsDb::open(&folder.rows(), config.data_shards + 1).map_err(storage)?);
    // The names of the databases must be durable before this node votes or acknowledges anything. A folder without them
    // would look like a new node's, which may vote.
    folder.sync().map_err(storage)?;
    for shard in 0..=config.data_shards {
        Group::check(shard, &log, &rows).map_err(storage)?;
    }
    if folder.is_suspect() {
        tracing::warn!(event = "verify_after_damage", "the last run found damage: reading all rows before this node takes part");
        rows.verify().map_err(storage)?;
        folder.clear_suspect().map_err(storage)?;
    }
    Ok(Opened { folder, log, rows })
}
