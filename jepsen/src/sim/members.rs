//! The operator: changes the membership step by step to the wanted one.

use std::collections::BTreeSet;
use std::sync::atomic::Ordering;

use openraft::async_runtime::WatchReceiver;

use crate::running::{Ask, Running, RunningNodes};
use crate::world::World;

/// A learner that lacks at most this number of entries is promoted.
const CAUGHT_UP: u64 = 20;

/// The leader of the highest term.
pub fn leader(running: &RunningNodes) -> Option<u64> {
    running.leaders().into_iter().map(|(id, term)| (term, id)).max().map(|(_, id)| id)
}

/// The nodes that have applied nearly all entries that any node has applied.
pub fn caught_up(world: &World, running: &RunningNodes) -> Vec<u64> {
    let newest = world.observe(|observer| observer.highest);
    let near = |id: &u64| {
        let running = running.on(*id);
        running.as_ref().is_some_and(|running| *running.shared.applied.borrow() + CAUGHT_UP >= newest)
    };
    world.nodes().map(|(id, _)| id).filter(near).collect()
}

/// Takes the next step towards the `wanted` voters. Returns `true` if no step is left.
pub fn step(world: &World, nodes: &RunningNodes, wanted: &BTreeSet<u64>) -> bool {
    let Some(leader) = leader(nodes) else { return false };
    let running = nodes.on(leader);
    let Some(running) = running.as_ref() else { return false };
    let membership = running.raft.metrics().borrow_watched().membership_config.membership().clone();
    let ask = |ask: Ask| {
        // Sending fails if the leader has stopped. The next step repeats the request.
        let _ = running.asks.send(ask);
        false
    };
    let configs = membership.get_joint_config();
    let Some(voters) = configs.last() else { return false };
    if configs.len() > 1 {
        return ask(Ask::Voters(voters.iter().copied().collect()));
    }
    let current = |id: &u64| world.node(*id).incarnation.load(Ordering::Relaxed);
    for (id, member) in membership.nodes() {
        let wiped = member.incarnation != current(id);
        if voters.contains(id) && (wiped || !wanted.contains(id)) {
            return ask(Ask::Voters(voters.iter().copied().filter(|voter| voter != id).collect()));
        }
        if !voters.contains(id) && (wiped || !wanted.contains(id)) {
            return ask(Ask::Remove(*id));
        }
    }
    let near = caught_up_of(running.raft.metrics().borrow_watched().replication.as_ref(), running);
    for id in wanted.difference(voters) {
        if membership.get_node(id).is_none() {
            return ask(Ask::AddLearner(*id, world.member(*id)));
        }
        if near.contains(id) {
            return ask(Ask::Voters(voters.iter().copied().chain([*id]).collect()));
        }
    }
    voters == wanted
}

type Replication = std::collections::BTreeMap<u64, Option<keyrack_cluster::simulated::LogId>>;

fn caught_up_of(replication: Option<&Replication>, running: &Running) -> BTreeSet<u64> {
    let newest = *running.shared.applied.borrow();
    let near = |(id, at): (&u64, &Option<keyrack_cluster::simulated::LogId>)| {
        at.is_some_and(|at| at.index + CAUGHT_UP >= newest).then_some(*id)
    };
    replication.into_iter().flatten().filter_map(near).collect()
}
