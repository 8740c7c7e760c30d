//! The running nodes, as the operator and the faults see them.

use std::collections::BTreeMap;
use std::sync::Arc;

use keyrack_cluster::simulated::Member;
use openraft::ServerState;
use openraft::async_runtime::WatchReceiver;
use parking_lot::{Mutex, MutexGuard};
use tokio::sync::mpsc;

use crate::raft::{Raft, Shared};
use crate::world::HOSTS;

/// A request from the operator to a node.
#[derive(Clone, Debug)]
pub enum Ask {
    Snapshot,
    Transfer(u64),
    AddLearner(u64, Member),
    Remove(u64),
    Voters(Vec<u64>),
}

/// A running node.
pub struct Running {
    pub raft: Raft,
    pub shared: Arc<Shared>,
    pub asks: mpsc::UnboundedSender<Ask>,
}

/// The node that runs on each host, if any.
pub struct RunningNodes {
    nodes: BTreeMap<u64, Mutex<Option<Running>>>,
}

impl Default for RunningNodes {
    fn default() -> Self {
        RunningNodes { nodes: (1..=HOSTS).map(|id| (id, Mutex::default())).collect() }
    }
}

impl RunningNodes {
    /// The node that runs on a host, if any.
    pub fn on(&self, id: u64) -> MutexGuard<'_, Option<Running>> {
        self.nodes[&id].lock()
    }

    /// The nodes that consider themselves leaders, with their terms.
    pub fn leaders(&self) -> Vec<(u64, u64)> {
        let leads = |(id, running): (&u64, &Mutex<Option<Running>>)| {
            let running = running.lock();
            let metrics = running.as_ref()?.raft.metrics();
            let metrics = metrics.borrow_watched();
            (metrics.state == ServerState::Leader).then_some((*id, metrics.vote.leader_id.term))
        };
        self.nodes.iter().filter_map(leads).collect()
    }
}
