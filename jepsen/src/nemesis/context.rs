//! The context of a fault: the cluster, the run's recorder and random numbers.

use std::sync::Arc;

use super::catalog::Nemesis;
use crate::cluster::Cluster;
use crate::rng::Rng;
use crate::workload::Recorder;

/// The context of a fault.
pub struct FaultContext {
    /// The cluster into which faults are injected.
    pub cluster: Arc<Cluster>,
    /// Records every fault.
    pub recorder: Arc<Recorder>,
    /// Draws victims, durations and strengths.
    pub rng: Rng,
}

impl FaultContext {
    /// A random node.
    pub(super) fn random_node(&mut self) -> u32 {
        let numbers = self.cluster.numbers();
        self.rng.pick(&numbers).copied().unwrap_or(1)
    }

    /// The leader of a random data shard; a random node if no node says that it leads this shard.
    pub(super) async fn random_leader(&mut self) -> u32 {
        let shard = self.rng.within(1, 3) as u32;
        match self.cluster.leader(shard).await {
            Some(leader) => leader,
            None => self.random_node(),
        }
    }

    /// Sends SIGKILL to several nodes as close together as possible: from one thread for each node.
    pub(super) fn kill_together(&self, victims: &[u32]) {
        std::thread::scope(|scope| {
            for victim in victims {
                let node = self.cluster.node(*victim);
                scope.spawn(move || node.kill());
            }
        });
    }

    /// Records that a fault began.
    pub(super) fn begins(&self, nemesis: Nemesis, what: impl Into<String>, nodes: &[u32]) {
        self.recorder.fault(nemesis.name(), "begin", what, nodes);
    }

    /// Records that a fault ended.
    pub(super) fn ends(&self, nemesis: Nemesis, what: impl Into<String>, nodes: &[u32]) {
        self.recorder.fault(nemesis.name(), "end", what, nodes);
    }
}
