//! After all nodes were restored from copies of different times: only a node with the newest log may lead (ADR 17).
//!
//! Raft compares a candidate's log with the logs of a majority, and commits what a majority has. If a majority has older copies, it
//! would elect one of them and throw the newest copy's entries away, which their node has applied. So a node whose log is older than
//! the newest copy does not start an election, and votes only for a candidate that has the newest log. The log of the newest copy,
//! by term and index, has every committed entry that any of the copies has.

use std::time::Duration;

use keyrack_proto::internal as pb;

use super::replica::{Machine, Replica};
use super::types::LogId;
use super::wire;
use crate::peers::PeerCalls;
use crate::storage::LogDisk;

const EVERY: Duration = Duration::from_millis(100);

/// Whether a log with this end is older than the newest copy.
pub fn is_behind(last: Option<LogId>, floor: Option<LogId>) -> bool {
    last < floor
}

impl<M: Machine, D: LogDisk, P: PeerCalls> Replica<M, D, P> {
    /// Whether this replica's log is older than the newest copy.
    pub fn is_behind_floor(&self) -> bool {
        is_behind(self.log.last(), self.floor)
    }

    /// Whether this replica may vote for a candidate.
    pub fn may_vote_for(&self, request: &pb::VoteRequest) -> bool {
        let end = request.last.map(wire::log_id_in);
        !self.is_behind_floor() || !is_behind(end, self.floor)
    }

    /// The end of the newest log that this replica knows of.
    pub fn newest_end(&self) -> pb::LogId {
        self.log.last().max(self.floor).as_ref().map(wire::log_id_out).unwrap_or_default()
    }

    /// Waits until the log has the newest copy's entries, and lets this replica start elections from then on.
    pub async fn reach_floor(self) {
        if !self.is_behind_floor() {
            return;
        }
        tracing::warn!(
            event = "restored_behind",
            shard = self.shard,
            "this node's copy of the shard is older than another node's: it waits for that node's log"
        );
        while self.is_behind_floor() {
            tokio::time::sleep(EVERY).await;
        }
        self.raft.runtime_config().elect(true);
        tracing::info!(event = "restored_level", shard = self.shard, "this node has the newest copy's data of the shard");
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn end(term: u64, node: u64, index: u64) -> Option<LogId> {
        Some(wire::log_id_in(pb::LogId { term, node, index }))
    }

    #[test]
    fn the_term_counts_before_the_index() {
        let floor = end(7, 2, 100);
        for behind in [None, end(6, 3, 100), end(6, 3, 5_000), end(7, 2, 99), end(7, 1, 5_000)] {
            assert!(is_behind(behind, floor), "{behind:?}");
        }
        for level in [floor, end(7, 2, 101), end(7, 3, 1), end(8, 1, 1)] {
            assert!(!is_behind(level, floor), "{level:?}");
        }
        assert!(!is_behind(None, None) && !is_behind(end(1, 1, 1), None), "without a restore nobody is behind");
    }
}
