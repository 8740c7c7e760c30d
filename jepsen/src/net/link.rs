//! The properties of a link, and the counts of its packets.

use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use super::partitions::Pair;

/// What happens to packets from one end to another.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Link {
    /// Whether packets are delivered at all.
    pub up: bool,
    /// The delay of each packet.
    pub delay: Duration,
    /// The largest random delay that is added. Packets of one pair never overtake each other.
    pub jitter: Duration,
    /// The number of lost packets in a million.
    pub loss_per_million: u32,
}

impl Link {
    /// No delay, no loss.
    pub const PERFECT: Link = Link { up: true, delay: Duration::ZERO, jitter: Duration::ZERO, loss_per_million: 0 };
    /// Nothing is delivered.
    pub const DOWN: Link = Link { up: false, ..Link::PERFECT };
}

/// The numbers of packets from one end to another.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    /// Delivered packets.
    pub delivered: u64,
    /// Bytes of the delivered packets.
    pub delivered_bytes: u64,
    /// Packets dropped because the link was down, when they were sent or when they were due.
    pub cut: u64,
    /// Packets dropped by [`Link::loss_per_million`].
    pub lost: u64,
    /// Packets dropped because the queue was full, or because the receiver's device accepted no more.
    pub overflowed: u64,
}

/// What happened to one packet.
#[derive(Clone, Copy)]
pub(super) enum PacketFate {
    Delivered { bytes: usize },
    Cut,
    Lost,
    Overflowed,
}

#[derive(Default)]
struct PairCounts {
    delivered: AtomicU64,
    delivered_bytes: AtomicU64,
    cut: AtomicU64,
    lost: AtomicU64,
    overflowed: AtomicU64,
}

/// The links of all ordered pairs. The harness sets them. The switch uses its own copy, and renews it when the generation has
/// changed.
pub(super) struct Links {
    ends: u32,
    links: Mutex<Vec<Link>>,
    generation: AtomicU64,
    counts: Vec<PairCounts>,
}

impl Links {
    pub fn perfect(ends: u32) -> Links {
        let pairs = (ends * ends) as usize;
        let counts = std::iter::repeat_with(PairCounts::default).take(pairs).collect();
        Links { ends, links: Mutex::new(vec![Link::PERFECT; pairs]), generation: AtomicU64::new(0), counts }
    }

    pub fn ends(&self) -> u32 {
        self.ends
    }

    pub fn place(&self, (from, to): Pair) -> usize {
        assert!(from < self.ends && to < self.ends, "there is no end {} in this network", from.max(to));
        (from * self.ends + to) as usize
    }

    pub fn get(&self, pair: Pair) -> Link {
        self.lock()[self.place(pair)]
    }

    pub fn set(&self, pair: Pair, link: Link) {
        let place = self.place(pair);
        let mut links = self.lock();
        links[place] = link;
        self.generation.fetch_add(1, Relaxed);
    }

    pub fn heal(&self) {
        self.lock().fill(Link::PERFECT);
        self.generation.fetch_add(1, Relaxed);
    }

    /// Renews the switch's copy, of generation `seen`, if the links have changed since.
    pub fn refresh(&self, copy: &mut Vec<Link>, seen: &mut u64) {
        if self.generation.load(Relaxed) != *seen {
            let links = self.lock();
            copy.clone_from(&links);
            // Read under the lock: every later change has another generation.
            *seen = self.generation.load(Relaxed);
        }
    }

    pub fn count(&self, place: usize, fate: PacketFate) {
        let counts = &self.counts[place];
        match fate {
            PacketFate::Delivered { bytes } => {
                counts.delivered.fetch_add(1, Relaxed);
                counts.delivered_bytes.fetch_add(bytes as u64, Relaxed);
            }
            PacketFate::Cut => drop(counts.cut.fetch_add(1, Relaxed)),
            PacketFate::Lost => drop(counts.lost.fetch_add(1, Relaxed)),
            PacketFate::Overflowed => drop(counts.overflowed.fetch_add(1, Relaxed)),
        }
    }

    pub fn counts(&self, pair: Pair) -> Counts {
        let counts = &self.counts[self.place(pair)];
        Counts {
            delivered: counts.delivered.load(Relaxed),
            delivered_bytes: counts.delivered_bytes.load(Relaxed),
            cut: counts.cut.load(Relaxed),
            lost: counts.lost.load(Relaxed),
            overflowed: counts.overflowed.load(Relaxed),
        }
    }

    fn lock(&self) -> MutexGuard<'_, Vec<Link>> {
        // Links are plain values, so a panic in another thread cannot leave them half set.
        self.links.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
