//! How packets fare between two ends, and what became of them.

use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use super::partitions::Pair;

/// How packets fare from one end to another.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Link {
    /// Whether any arrive.
    pub up: bool,
    /// How long each is under way.
    pub delay: Duration,
    /// Up to how much longer, at random. Packets of one pair never overtake each other.
    pub jitter: Duration,
    /// How many of a million are lost.
    pub loss_per_million: u32,
}

impl Link {
    /// No delay, no loss.
    pub const PERFECT: Link = Link { up: true, delay: Duration::ZERO, jitter: Duration::ZERO, loss_per_million: 0 };
    /// Nothing arrives.
    pub const DOWN: Link = Link { up: false, ..Link::PERFECT };
}

/// What became of the packets from one end to another.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    /// Delivered.
    pub delivered: u64,
    /// The bytes of those.
    pub delivered_bytes: u64,
    /// Dropped because the link was down, then or on arrival.
    pub cut: u64,
    /// Dropped by [`Link::loss_per_million`].
    pub lost: u64,
    /// Dropped because too much was under way already, or because the receiver's device took no more.
    pub overflowed: u64,
}

/// What is counted.
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

/// Every ordered pair's link, shared by the harness, which sets, and the switch, which has a copy of its own and takes a
/// new one whenever the generation has changed.
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
        assert!(from < self.ends && to < self.ends, "there is no end {} here", from.max(to));
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

    /// Renews the switch's copy if it is older than `seen`.
    pub fn refresh(&self, copy: &mut Vec<Link>, seen: &mut u64) {
        if self.generation.load(Relaxed) != *seen {
            let links = self.lock();
            copy.clone_from(&links);
            // Under the lock: a change after this is another generation.
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
        // Plain values are never half set: a panic elsewhere does not spoil them.
        self.links.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
