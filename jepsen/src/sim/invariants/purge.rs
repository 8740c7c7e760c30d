//! A node purges only entries that its flushed rows include, and that a snapshot includes, for followers that are far behind.
//!
//! The rows may be ahead of the node's own log: the others committed entries that it had not synced, or it has just installed
//! a snapshot. A purge may cover such entries, which its log never had, without a snapshot.

use super::Check;
use keyrack_cluster::simulated::LogWrite;

use crate::disk::Disk;

pub fn check(node: u64, writes: &[LogWrite], disk: &Disk) -> Check {
    let rows = disk.rows.position.last_log_id.map_or(0, |id| id.index);
    let snapshot = disk.snapshot.as_ref().and_then(|(meta, _)| meta.last_log_id).map_or(0, |id| id.index);
    let log = disk.visible.entries.last_key_value().map_or(0, |(index, _)| *index);
    for write in writes {
        let LogWrite::Purge(range) = write else { continue };
        let last = range.end.saturating_sub(1);
        if last > rows || (last > snapshot && last <= log) {
            return Err(format!("node {node} purges up to {last} of {log}; its snapshot is at {snapshot}, its rows at {rows}"));
        }
    }
    Ok(())
}
