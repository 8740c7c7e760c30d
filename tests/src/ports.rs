//! Finds a range of ports for one cluster, even while other test processes look for theirs.

use std::net::{Ipv4Addr, TcpListener};
use std::sync::atomic::{AtomicU16, Ordering};

/// Below the range that Linux uses for outgoing connections (32768 and up).
const FIRST: u16 = 12_000;
const SLOT_WIDTH: u16 = 40;
const SLOTS: u16 = 500;

/// `(base, lease)`: node i listens on base + 10 i, + 1, + 2 and + 3. While `lease` lives, no other test process can
/// take the same range. The lease is a bound port of the range that no node uses, so two processes that probe at the
/// same time cannot both succeed.
pub fn free_port_base() -> (u16, TcpListener) {
    static NEXT: AtomicU16 = AtomicU16::new(0);
    // Neighbouring pids start far apart, so parallel tests rarely probe the same slot.
    let start = (std::process::id() % u32::from(SLOTS)) as u16 * 37 % SLOTS;
    for _ in 0..SLOTS {
        let slot = (start + NEXT.fetch_add(1, Ordering::Relaxed)) % SLOTS;
        let base = FIRST + slot * SLOT_WIDTH;
        let Some(lease) = bind(base + SLOT_WIDTH - 1) else { continue };
        let node_ports = (1..=3).flat_map(|node| (0..4).map(move |door| base + node * 10 + door));
        if node_ports.map(bind).all(|port| port.is_some()) {
            return (base, lease);
        }
    }
    panic!("no free range of ports from {FIRST} on");
}

fn bind(port: u16) -> Option<TcpListener> {
    TcpListener::bind((Ipv4Addr::LOCALHOST, port)).ok()
}
