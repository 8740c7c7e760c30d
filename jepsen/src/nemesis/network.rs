//! Cuts links, and makes them lossy or slow.

use std::time::Duration;

use super::catalog::Nemesis;
use super::context::FaultContext;
use std::collections::BTreeSet;

use crate::net::{Link, Network, partitions};

/// Cuts links between nodes for the time `lasts`. The callers' links stay up.
pub(super) async fn partition(nemesis: Nemesis, context: &mut FaultContext, lasts: Duration) -> anyhow::Result<()> {
    let numbers = context.cluster.numbers();
    let leader = context.random_leader().await;
    let any = context.random_node();
    let other = numbers.iter().copied().find(|number| *number != any).unwrap_or(any);
    let nodes = context.cluster.plan.nodes;
    let others = || numbers.iter().copied().filter(|number| *number != leader);
    let (cut, what): (BTreeSet<(u32, u32)>, String) = match nemesis {
        Nemesis::PartitionMajority => {
            let first = context.random_node();
            (partitions::minority(nodes, first), format!("a minority that begins with node {first} is cut off"))
        }
        Nemesis::PartitionRing => (partitions::ring(nodes), "each node reaches only its neighbours".into()),
        Nemesis::PartitionOneWay if context.rng.percent(50) => {
            (others().map(|other| (other, leader)).collect(), format!("node {leader} receives nothing"))
        }
        Nemesis::PartitionOneWay => {
            (others().map(|other| (leader, other)).collect(), format!("packets from node {leader} are dropped"))
        }
        Nemesis::IsolateLeader => (partitions::isolate(nodes, leader), format!("leader {leader} is cut off from all others")),
        _ => (partitions::link(any, other), format!("the link between nodes {any} and {other} is cut")),
    };
    let Some(network) = context.cluster.place.network() else { return Ok(()) };
    context.begins(nemesis, what, &[leader]);
    network.cut(cut);
    tokio::time::sleep(lasts).await;
    network.heal();
    context.ends(nemesis, "all links are up again", &[]);
    Ok(())
}

/// Makes every link between nodes lose or delay packets for the time `lasts`.
pub(super) async fn degrade_links(nemesis: Nemesis, context: &mut FaultContext, lasts: Duration) -> anyhow::Result<()> {
    let link = match nemesis {
        Nemesis::Loss => Link { loss_per_million: context.rng.within(10_000, 200_000) as u32, ..Link::PERFECT },
        _ => Link {
            delay: Duration::from_millis(context.rng.within(5, 80)),
            jitter: Duration::from_millis(context.rng.within(0, 60)),
            ..Link::PERFECT
        },
    };
    let numbers = context.cluster.numbers();
    let Some(network) = context.cluster.place.network() else { return Ok(()) };
    context.begins(
        nemesis,
        format!("{} ms delay, {} ms jitter, {} ppm lost", link.delay.as_millis(), link.jitter.as_millis(), link.loss_per_million),
        &numbers,
    );
    set_all(network, &numbers, link);
    tokio::time::sleep(lasts).await;
    network.heal();
    context.ends(nemesis, "all links are perfect again", &numbers);
    Ok(())
}

/// Delays all packets between nodes until [`super::heal`]. Does nothing on loopback.
pub(super) fn delay_all(context: &FaultContext, delay: Duration) {
    if let Some(network) = context.cluster.place.network() {
        set_all(network, &context.cluster.numbers(), Link { delay, ..Link::PERFECT });
    }
}

/// Holds all packets to `victim` for the time `lasts`, plus a different delay on each link. Returns whether this is possible.
/// A node that is paused for the same time then resumes without news: it first receives the packets from before its pause.
pub(super) fn delay_messages_to(context: &mut FaultContext, victim: u32, lasts: Duration) -> bool {
    let others: Vec<u32> = context.cluster.numbers().into_iter().filter(|number| *number != victim).collect();
    let after: Vec<Duration> = others.iter().map(|_| Duration::from_millis(context.rng.within(5, 60))).collect();
    let Some(network) = context.cluster.place.network() else { return false };
    for (other, after) in others.into_iter().zip(after) {
        network.set(other, victim, Link { delay: lasts + after, ..Link::PERFECT });
    }
    true
}

fn set_all(network: &Network, numbers: &[u32], link: Link) {
    for from in numbers {
        for to in numbers.iter().filter(|to| *to != from) {
            network.set(*from, *to, link);
        }
    }
}
