//! The thread that forwards all packets.
//!
//! It sleeps until a device has packets or a delayed packet is due. A packet on a link without delay is written to its
//! receiver directly from the read buffer.

use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::io;
use std::os::fd::OwnedFd;
use std::sync::Arc;
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use rustix::event::{EventfdFlags, Timespec, epoll, eventfd};

use super::link::{Link, Links, PacketFate};
use super::tun::Tun;
use crate::rng::Rng;

/// The last number of the harness's address in the subnet.
pub(super) const HARNESS_HOST: u8 = 254;
/// The number of packets read from one device before the next device.
const BATCH: usize = 64;
/// The most bytes in the queue of one ordered pair. Further packets are dropped, as by a router with a full queue.
const QUEUE_BYTES: usize = 32 << 20;
/// The event that ends the thread.
const STOP: u64 = u64::MAX;

/// The running switch. Dropping it stops its thread and removes its devices.
pub(super) struct Switch {
    stop: OwnedFd,
    thread: Option<JoinHandle<()>>,
}

impl Switch {
    /// `ports[0]` is the harness's device, `ports[i]` that of node i.
    pub fn start(ports: Vec<Tun>, subnet: u8, links: Arc<Links>, seed: u64) -> io::Result<Switch> {
        let stop = eventfd(0, EventfdFlags::CLOEXEC)?;
        let events = epoll::create(epoll::CreateFlags::CLOEXEC)?;
        epoll::add(&events, &stop, epoll::EventData::new_u64(STOP), epoll::EventFlags::IN)?;
        for (port, tun) in ports.iter().enumerate() {
            epoll::add(&events, tun, epoll::EventData::new_u64(port as u64), epoll::EventFlags::IN)?;
        }
        let switch = SwitchThread::new(ports, subnet, links, seed);
        let thread = thread::Builder::new().name("switch".into()).spawn(move || switch.run(&events))?;
        Ok(Switch { stop, thread: Some(thread) })
    }
}

impl Drop for Switch {
    fn drop(&mut self) {
        let told = rustix::io::write(&self.stop, &1_u64.to_ne_bytes());
        if let Some(thread) = self.thread.take().filter(|_| told.is_ok()) {
            // The thread's panic, if any, was already printed.
            let _ = thread.join();
        }
    }
}

/// The queue of one ordered pair.
#[derive(Clone, Copy)]
struct LinkQueue {
    last_due: Instant,
    queued_packets: usize,
    queued_bytes: usize,
}

/// A delayed packet. Ordered by the time it is due, then by its number.
#[derive(PartialEq, Eq, PartialOrd, Ord)]
struct DelayedPacket {
    due: Instant,
    number: u64,
    from: usize,
    to: usize,
    packet: Box<[u8]>,
}

struct SwitchThread {
    ports: Vec<Tun>,
    subnet: u8,
    links: Arc<Links>,
    /// This thread's copy of the links, and its generation.
    copy: Vec<Link>,
    generation: u64,
    queues: Vec<LinkQueue>,
    delayed: BinaryHeap<Reverse<DelayedPacket>>,
    number: u64,
    rng: Rng,
}

impl SwitchThread {
    fn new(ports: Vec<Tun>, subnet: u8, links: Arc<Links>, seed: u64) -> SwitchThread {
        let pairs = (links.ends() * links.ends()) as usize;
        let idle = LinkQueue { last_due: Instant::now(), queued_packets: 0, queued_bytes: 0 };
        SwitchThread {
            ports,
            subnet,
            links,
            copy: vec![Link::PERFECT; pairs],
            generation: 0,
            queues: vec![idle; pairs],
            delayed: BinaryHeap::new(),
            number: 0,
            rng: Rng::new(seed, 0),
        }
    }

    fn run(mut self, events: &OwnedFd) {
        let mut buffer = vec![0; 1 << 16];
        let mut ready = Vec::with_capacity(self.ports.len() + 1);
        loop {
            ready.clear();
            let wait = self.until_next().map(timespec);
            match epoll::wait(events, rustix::buffer::spare_capacity(&mut ready), wait.as_ref()) {
                Ok(_) | Err(rustix::io::Errno::INTR) => {}
                // From here on no packet is delivered. No node becomes ready again, so the run fails.
                Err(cause) => return eprintln!("the network switch stops: cannot wait for packets: {cause}"),
            }
            self.deliver_due();
            for event in &ready {
                match event.data.u64() {
                    STOP => return,
                    port => self.forward_batch(port as usize, &mut buffer),
                }
            }
        }
    }

    fn until_next(&self) -> Option<Duration> {
        self.delayed.peek().map(|Reverse(first)| first.due.saturating_duration_since(Instant::now()))
    }

    fn forward_batch(&mut self, from: usize, buffer: &mut [u8]) {
        for _ in 0..BATCH {
            // An error means that the device is not up (yet): there is nothing to forward.
            let Ok(Some(length)) = self.ports[from].read(buffer) else { return };
            // Before each packet, so that a packet sent after a change of its link is subject to the change.
            self.links.refresh(&mut self.copy, &mut self.generation);
            if let Some(to) = self.receiver(&buffer[..length]) {
                self.forward(from, to, &buffer[..length]);
            }
        }
    }

    /// The port of an IPv4 packet's destination. Other packets are dropped.
    fn receiver(&self, packet: &[u8]) -> Option<usize> {
        let (version, destination) = (packet.first()? >> 4, packet.get(16..20)?);
        if version != 4 || destination[..3] != [10, 77, self.subnet] {
            return None;
        }
        match destination[3] {
            HARNESS_HOST => Some(0),
            node => Some(usize::from(node)).filter(|node| (1..self.ports.len()).contains(node)),
        }
    }

    fn forward(&mut self, from: usize, to: usize, packet: &[u8]) {
        let place = self.place(from, to);
        let link = self.copy[place];
        if !link.up {
            return self.links.count(place, PacketFate::Cut);
        }
        if link.loss_per_million > 0 && self.rng.below(1_000_000) < u64::from(link.loss_per_million) {
            return self.links.count(place, PacketFate::Lost);
        }
        let delay = link.delay + Duration::from_nanos(self.random_part(link.jitter));
        if delay.is_zero() && self.queues[place].queued_packets == 0 {
            return self.deliver(place, to, packet);
        }
        let queue = &mut self.queues[place];
        if queue.queued_bytes + packet.len() > QUEUE_BYTES {
            return self.links.count(place, PacketFate::Overflowed);
        }
        queue.last_due = queue.last_due.max(Instant::now() + delay);
        queue.queued_packets += 1;
        queue.queued_bytes += packet.len();
        self.number += 1;
        let due = queue.last_due;
        self.delayed.push(Reverse(DelayedPacket { due, number: self.number, from, to, packet: packet.into() }));
    }

    /// A random number of nanoseconds below `most`.
    fn random_part(&mut self, most: Duration) -> u64 {
        if most.is_zero() { 0 } else { self.rng.below(most.as_nanos() as u64) }
    }

    fn deliver_due(&mut self) {
        if self.delayed.is_empty() {
            return;
        }
        self.links.refresh(&mut self.copy, &mut self.generation);
        let now = Instant::now();
        while self.delayed.peek().is_some_and(|Reverse(first)| first.due <= now) {
            let Some(Reverse(due)) = self.delayed.pop() else { return };
            let place = self.place(due.from, due.to);
            self.queues[place].queued_packets -= 1;
            self.queues[place].queued_bytes -= due.packet.len();
            if self.copy[place].up {
                self.deliver(place, due.to, &due.packet);
            } else {
                self.links.count(place, PacketFate::Cut);
            }
        }
    }

    fn deliver(&self, place: usize, to: usize, packet: &[u8]) {
        let fate = match self.ports[to].write(packet) {
            Ok(()) => PacketFate::Delivered { bytes: packet.len() },
            Err(_) => PacketFate::Overflowed,
        };
        self.links.count(place, fate);
    }

    fn place(&self, from: usize, to: usize) -> usize {
        from * self.ports.len() + to
    }
}

fn timespec(wait: Duration) -> Timespec {
    Timespec { tv_sec: wait.as_secs() as i64, tv_nsec: i64::from(wait.subsec_nanos()) }
}
