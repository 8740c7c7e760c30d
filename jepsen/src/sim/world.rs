//! The state that all parts of a run share: hosts and disks, the observer, the trace, and the time.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};
use std::time::Duration;

use parking_lot::Mutex;

use crate::disk::{Disks, SharedDisk};
use crate::observer::Observer;
use crate::rng::Rng;
use crate::trace::Trace;
use keyrack_cluster::simulated::Member;

/// The number of hosts, and so the largest cluster.
pub const HOSTS: u64 = 5;
/// The id of the host of all clients.
pub const CLIENTS: u64 = 100;
/// The longest latency of a message without a fault.
pub const LATENCY_MS: u64 = 10;
/// The time at which every run begins, in ms since 1970.
pub const EPOCH_MS: u64 = 1_800_000_000_000;

/// The state of one host that outlives its process.
pub struct Host {
    pub incarnation: AtomicU64,
    pub boots: AtomicU64,
    pub skew_ms: AtomicI64,
}

/// The shared state of a run.
pub struct World {
    pub seed: u64,
    pub voters: u64,
    now_us: AtomicU64,
    hosts: BTreeMap<u64, Host>,
    disks: Disks,
    observer: Mutex<Observer>,
    trace: Mutex<Trace>,
    network: Mutex<(u64, Rng)>,
    /// The nodes in every node's configuration.
    configured: Mutex<Vec<u64>>,
}

impl World {
    pub fn new(seed: u64, voters: u64, trace: Trace) -> World {
        let host = |id| {
            let (boots, skew_ms) = (AtomicU64::new(0), AtomicI64::new(0));
            (id, Host { incarnation: AtomicU64::new(1), boots, skew_ms })
        };
        World {
            seed,
            voters,
            now_us: AtomicU64::new(0),
            hosts: (1..=HOSTS).map(host).collect(),
            disks: Disks::new(seed),
            observer: Mutex::new(Observer::default()),
            trace: Mutex::new(trace),
            network: Mutex::new((0, Rng::new(seed, 7))),
            configured: Mutex::new((1..=voters).collect()),
        }
    }

    /// The name of a host.
    pub fn host(id: u64) -> String {
        if id == CLIENTS { "clients".into() } else { format!("n{id}") }
    }

    pub fn node(&self, id: u64) -> &Host {
        &self.hosts[&id]
    }

    pub fn nodes(&self) -> impl Iterator<Item = (u64, &Host)> {
        self.hosts.iter().map(|(id, host)| (*id, host))
    }

    /// The disk of a node's current incarnation.
    pub fn disk(&self, id: u64) -> SharedDisk {
        self.disks.of(id, self.node(id).incarnation.load(Ordering::Relaxed))
    }

    /// All disks, including those of earlier incarnations.
    pub fn disks(&self) -> &Disks {
        &self.disks
    }

    /// The membership entry of a node's current incarnation.
    pub fn member(&self, id: u64) -> Member {
        let incarnation = self.node(id).incarnation.load(Ordering::Relaxed);
        Member { incarnation, peer: World::host(id), ..Member::default() }
    }

    /// The nodes in every node's configuration.
    pub fn configured(&self) -> Vec<u64> {
        self.configured.lock().clone()
    }

    /// The operator changes the configuration of all nodes.
    pub fn configure(&self, nodes: impl IntoIterator<Item = u64>) {
        *self.configured.lock() = nodes.into_iter().collect();
    }

    /// A node's clock, in ms since 1970.
    pub fn clock_ms(&self, id: u64) -> u64 {
        (EPOCH_MS + self.now_us() / 1000).saturating_add_signed(self.node(id).skew_ms.load(Ordering::Relaxed))
    }

    pub fn now_us(&self) -> u64 {
        self.now_us.load(Ordering::Relaxed)
    }

    pub fn set_now(&self, now: Duration) {
        self.now_us.store(now.as_micros() as u64, Ordering::Relaxed);
    }

    /// Sets the number of lost messages in a thousand.
    pub fn set_loss(&self, per_mille: u64) {
        self.network.lock().0 = per_mille;
    }

    pub fn loses_message(&self) -> bool {
        let (loss, rng) = &mut *self.network.lock();
        *loss > 0 && rng.chance(*loss)
    }

    /// Makes a node wait for its disk, for a random time up to `at_most_us`.
    pub async fn pause(&self, node: u64, at_most_us: u64) {
        let disk = self.disk(node);
        let takes = disk.lock().rng.within(0, at_most_us);
        tokio::time::sleep(Duration::from_micros(takes)).await;
    }

    pub fn observe<T>(&self, what: impl FnOnce(&mut Observer) -> T) -> T {
        what(&mut self.observer.lock())
    }

    pub fn trace(&self, node: u64, event: fmt::Arguments<'_>) {
        self.trace.lock().line(self.now_us(), node, event);
    }

    /// Ends the trace and returns its digest.
    pub fn end_trace(&self) -> String {
        self.trace.lock().end()
    }
}
