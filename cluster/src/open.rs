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

/// Opens what a node has on its disk. Nothing is served, voted or signed before all of the log was read; the rows are read
/// whole only after damage was met, since each block is checked whenever it is read.
pub fn open(config: &ClusterConfig, incarnation: u64, signing_seed: [u8; 32]) -> Result<Opened, StartError> {
    let folder = DataFolder::open(&config.data, &config.cluster, config.node, incarnation)?;
    let storage = |cause: io::Error| StartError::Storage { path: config.data.clone(), cause };
    folder.signing_seed(signing_seed).map_err(storage)?;
    let log = LogDb::open(&folder.log()).map_err(storage)?;
    let rows = Arc::new(RowsDb::open(&folder.rows(), config.data_shards + 1).map_err(storage)?);
    // The databases' own names must last before anything is promised with them: a folder that is found without them is a new
    // node's, which may vote.
    folder.sync().map_err(storage)?;
    for shard in 0..=config.data_shards {
        Group::check(shard, &log, &rows).map_err(storage)?;
    }
    if folder.is_suspect() {
        tracing::warn!("damage was met before: reading all rows");
        rows.verify().map_err(storage)?;
        folder.trust_again().map_err(storage)?;
    }
    Ok(Opened { folder, log, rows })
}
