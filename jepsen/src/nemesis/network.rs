//! Links that are cut, lose packets, or are slow.

use std::time::Duration;

use super::catalog::Nemesis;
use super::context::FaultContext;
use std::collections::BTreeSet;

use crate::net::{Link, Network, partitions};

/// Cuts links between nodes for a while; the callers' links stay.
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
            (partitions::minority(nodes, first), format!("a minority from node {first} on is cut off"))
        }
        Nemesis::PartitionRing => (partitions::ring(nodes), "each hears its neighbours only".into()),
        Nemesis::PartitionOneWay if context.rng.percent(50) => {
            (others().map(|other| (other, leader)).collect(), format!("{leader} hears nobody"))
        }
        Nemesis::PartitionOneWay => (others().map(|other| (leader, other)).collect(), format!("{leader} is heard by nobody")),
        Nemesis::IsolateLeader => (partitions::isolate(nodes, leader), format!("leader {leader} alone")),
        _ => (partitions::link(any, other), format!("link {any}-{other} cut")),
    };
    let Some(network) = context.cluster.place.network() else { return Ok(()) };
    context.begins(nemesis, what, &[leader]);
    network.cut(cut);
    tokio::time::sleep(lasts).await;
    network.heal();
    context.ends(nemesis, "all links up", &[]);
    Ok(())
}

/// Every link between nodes loses or delays packets for a while.
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
    context.ends(nemesis, "all links good", &numbers);
    Ok(())
}

/// Makes all packets between nodes so late, until [`super::heal`]; where there is no network of ours, nothing.
pub(super) fn delay_all(context: &FaultContext, delay: Duration) {
    if let Some(network) = context.cluster.place.network() {
        set_all(network, &context.cluster.numbers(), Link { delay, ..Link::PERFECT });
    }
}

/// Makes what is said to a node from now on arrive only after `lasts`, in order, on each link at another moment; whether that
/// can be done. A node that is paused for as long then has a while in which it knows nothing, and hears of the time before
/// its pause first.
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
