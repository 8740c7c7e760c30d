//! A group in numbers.

use std::sync::atomic::Ordering;

use openraft::async_runtime::WatchReceiver;

use super::group::Group;

/// A group in numbers, as the node sees it.
#[derive(Clone, Debug, Default)]
pub struct Status {
    /// The leader's id, if known.
    pub leader: Option<u64>,
    /// The current term.
    pub term: u64,
    /// The last index of the log.
    pub last_index: u64,
    /// The last applied index.
    pub applied_index: u64,
    /// The last index that was purged from the log.
    pub purged_index: u64,
    /// The last index in the newest snapshot.
    pub snapshot_index: u64,
    /// Snapshots installed since the node started.
    pub snapshots_installed: u64,
    /// Snapshots built since the node started.
    pub snapshots_built: u64,
    /// Why the group stopped, if it did.
    pub stopped: Option<String>,
}

impl Group {
    /// The group in numbers.
    pub fn status(&self) -> Status {
        let metrics = self.replica().raft.metrics();
        let metrics = metrics.borrow_watched();
        Status {
            leader: metrics.current_leader,
            term: metrics.current_term,
            last_index: metrics.last_log_index.unwrap_or(0),
            applied_index: *self.progress().applied.borrow(),
            purged_index: self.replica().log.purged_index(),
            snapshot_index: metrics.snapshot.as_ref().map_or(0, |id| id.index),
            snapshots_installed: self.progress().installed.load(Ordering::Relaxed),
            snapshots_built: self.progress().built.load(Ordering::Relaxed),
            stopped: metrics.running_state.as_ref().err().map(ToString::to_string),
        }
    }
}
