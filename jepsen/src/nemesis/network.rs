//! Links that are cut, lose packets, or are slow.

use std::time::Duration;

use super::{Nemesis, Scene};
use crate::net::{Link, Network, Pairs, partitions};

/// Cuts links between nodes for a while; the callers' links stay.
pub(super) async fn partition(nemesis: Nemesis, scene: &mut Scene, lasts: Duration) -> anyhow::Result<()> {
    let numbers = scene.cluster.numbers();
    let leader = scene.some_leader().await;
    let any = scene.any_node();
    let other = numbers.iter().copied().find(|number| *number != any).unwrap_or(any);
    let (cut, what): (Pairs, String) = match nemesis {
        Nemesis::PartitionMajority => {
            let minority = scene.dice.shuffled(&numbers)[..(numbers.len() - 1) / 2].to_vec();
            (partitions::split(&numbers, &minority), format!("{minority:?} cut off from the others"))
        }
        Nemesis::PartitionRing => (partitions::ring(&scene.dice.shuffled(&numbers)), "each hears its neighbours only".into()),
        Nemesis::PartitionOneWay if scene.dice.percent(50) => (partitions::deaf(&numbers, leader), format!("{leader} hears nobody")),
        Nemesis::PartitionOneWay => (partitions::mute(&numbers, leader), format!("{leader} is heard by nobody")),
        Nemesis::IsolateLeader => (partitions::split(&numbers, &[leader]), format!("leader {leader} alone")),
        _ => (partitions::link(any, other), format!("link {any}-{other} cut")),
    };
    let Some(network) = scene.cluster.place.network() else { return Ok(()) };
    scene.begins(nemesis, what, &[leader]);
    for (from, to) in &cut {
        network.set(*from, *to, Link { up: false, ..Link::default() });
    }
    tokio::time::sleep(lasts).await;
    network.heal();
    scene.ends(nemesis, "all links up", &[]);
    Ok(())
}

/// Every link between nodes loses or delays packets for a while.
pub(super) async fn degrade(nemesis: Nemesis, scene: &mut Scene, lasts: Duration) -> anyhow::Result<()> {
    let link = match nemesis {
        Nemesis::Loss => {
            Link { loss_per_million: scene.dice.within(10_000, 200_000) as u32, ..Link::default() }
        }
        _ => Link {
            delay: Duration::from_millis(scene.dice.within(5, 80)),
            jitter: Duration::from_millis(scene.dice.within(0, 60)),
            ..Link::default()
        },
    };
    let numbers = scene.cluster.numbers();
    let Some(network) = scene.cluster.place.network() else { return Ok(()) };
    scene.begins(nemesis, format!("{} ms delay, {} ms jitter, {} ppm lost", link.delay.as_millis(), link.jitter.as_millis(), link.loss_per_million), &numbers);
    set_all(network, &numbers, link);
    tokio::time::sleep(lasts).await;
    network.heal();
    scene.ends(nemesis, "all links good", &numbers);
    Ok(())
}

fn set_all(network: &Network, numbers: &[u32], link: Link) {
    for from in numbers {
        for to in numbers.iter().filter(|to| *to != from) {
            network.set(*from, *to, link);
        }
    }
}
