//! A node's group, as the cluster's own code for leading, batching and reading sees it.

use std::sync::Arc;

use super::links::Links;
use super::log_store::LogStore;
use super::{Raft, SHARD, Shared};
use crate::world::World;

/// The group. Cheap to clone.
#[derive(Clone)]
pub struct Group {
    pub(super) shard: u32,
    pub(super) raft: Raft,
    pub(super) log: LogStore,
    pub(super) node: u64,
    pub(super) links: Links,
    shared: Arc<Shared>,
    world: Arc<World>,
}

impl Group {
    pub fn new(world: Arc<World>, node: u64, raft: Raft, log: LogStore, links: Links, shared: Arc<Shared>) -> Group {
        Group { shard: SHARD, raft, log, node, links, shared, world }
    }

    /// The time that an entry is stamped with now, ms since 1970.
    pub fn now_ms(&self) -> u64 {
        self.shared.clock.now_ms(self.world.clock_ms(self.node))
    }

    /// What the state machine tells.
    pub fn shared(&self) -> &Arc<Shared> {
        &self.shared
    }
}
