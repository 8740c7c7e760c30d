//! What a fault works with: the cluster, the record of the run, and random numbers.

use std::sync::Arc;

use super::catalog::Nemesis;
use crate::cluster::Cluster;
use crate::rng::Rng;
use crate::workload::Recorder;

/// What a nemesis works with.
pub struct FaultContext {
    /// The cluster that is harmed.
    pub cluster: Arc<Cluster>,
    /// Where every fault is written down.
    pub recorder: Arc<Recorder>,
    /// Draws victims, lengths and strengths.
    pub rng: Rng,
}

impl FaultContext {
    /// Any node.
    pub(super) fn random_node(&mut self) -> u32 {
        let numbers = self.cluster.numbers();
        self.rng.pick(&numbers).copied().unwrap_or(1)
    }

    /// The leader of any data shard; any node when no node says that it leads.
    pub(super) async fn random_leader(&mut self) -> u32 {
        let shard = self.rng.within(1, 3) as u32;
        match self.cluster.leader(shard).await {
            Some(leader) => leader,
            None => self.random_node(),
        }
    }

    /// SIGKILL of several nodes, as close together as can be: all are signalled before any is waited for.
    pub(super) fn kill_together(&self, victims: &[u32]) {
        std::thread::scope(|scope| {
            for victim in victims {
                let node = self.cluster.node(*victim);
                scope.spawn(move || node.kill());
            }
        });
    }

    /// Writes down that a fault began.
    pub(super) fn begins(&self, nemesis: Nemesis, what: impl Into<String>, nodes: &[u32]) {
        self.recorder.fault(nemesis.name(), "begin", what, nodes);
    }

    /// Writes down that a fault ended.
    pub(super) fn ends(&self, nemesis: Nemesis, what: impl Into<String>, nodes: &[u32]) {
        self.recorder.fault(nemesis.name(), "end", what, nodes);
    }
}
