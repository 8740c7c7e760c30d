//! The log loses only what a snapshot and the flushed rows have.

use super::Check;
use crate::disk::{Disk, LogWrite};

pub fn check(node: u64, writes: &[LogWrite], disk: &Disk) -> Check {
    let rows = disk.rows.position.last_log_id.map_or(0, |id| id.index);
    let snapshot = disk.snapshot.as_ref().and_then(|(meta, _)| meta.last_log_id).map_or(0, |id| id.index);
    for write in writes {
        if let LogWrite::Purge(range) = write
            && range.end > rows.min(snapshot) + 1
        {
            return Err(format!("node {node} purged up to {}; its snapshot is at {snapshot}, its rows at {rows}", range.end - 1));
        }
    }
    Ok(())
}
