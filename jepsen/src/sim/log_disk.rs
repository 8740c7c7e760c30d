//! The log database over a simulated disk. The cluster's log store writes to it.

use std::io;
use std::ops::Range;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use keyrack_cluster::simulated::{LogDisk, LogWrite, Slot, Written};
use parking_lot::Mutex;
use tokio::sync::mpsc;

use crate::disk::Disk;
use crate::spawn::spawn;
use crate::world::World;

struct Job {
    writes: Vec<LogWrite>,
    durable: bool,
    done: Written,
}

/// The log database. Cheap to clone.
#[derive(Clone)]
pub struct LogDb {
    queue: mpsc::Sender<Job>,
    disk: Arc<Mutex<Disk>>,
}

impl LogDb {
    /// Starts the writer over a node's disk.
    pub fn open(world: Arc<World>, node: u64, disk: Arc<Mutex<Disk>>) -> LogDb {
        let (queue, jobs) = mpsc::channel(16_384);
        spawn(write_all(world, node, disk.clone(), jobs));
        LogDb { queue, disk }
    }
}

impl LogDisk for LogDb {
    async fn write(&self, _group: u32, writes: Vec<LogWrite>, durable: bool, done: Written) -> io::Result<()> {
        let job = Job { writes, durable, done };
        self.queue.send(job).await.map_err(|_| io::Error::other("the simulated log writer has stopped"))
    }

    fn entries(&self, _group: u32, range: Range<u64>, most_bytes: usize) -> io::Result<Vec<(u64, Bytes)>> {
        let disk = self.disk.lock();
        let mut bytes = 0;
        let mut is_within = |place: usize, entry: &Bytes| {
            bytes += entry.len();
            place == 0 || bytes <= most_bytes
        };
        let entries = disk.visible.entries.range(range).map(|(index, entry)| (*index, entry.clone()));
        Ok(entries.enumerate().take_while(|(place, (_, entry))| is_within(*place, entry)).map(|(_, entry)| entry).collect())
    }

    fn last(&self, _group: u32) -> io::Result<Option<(u64, Bytes)>> {
        Ok(self.disk.lock().visible.entries.last_key_value().map(|(index, bytes)| (*index, bytes.clone())))
    }

    fn slot(&self, _group: u32, slot: Slot) -> io::Result<Option<Bytes>> {
        Ok(self.disk.lock().visible.kept.get(&slot).cloned())
    }
}

async fn write_all(world: Arc<World>, node: u64, disk: Arc<Mutex<Disk>>, mut jobs: mpsc::Receiver<Job>) {
    while let Some(first) = jobs.recv().await {
        let mut turn = vec![first];
        while let Ok(next) = jobs.try_recv() {
            turn.push(next);
        }
        let sync = turn.iter().any(|job| job.durable);
        let writes: Vec<LogWrite> = turn.iter_mut().flat_map(|job| std::mem::take(&mut job.writes)).collect();
        world.observe(|observer| observer.log_is_written(node, &writes, &disk.lock()));
        let takes = {
            let mut disk = disk.lock();
            disk.in_flight = Some(writes.clone());
            let (from, to) = disk.sync_us;
            Duration::from_micros(disk.rng.within(from, to))
        };
        if sync {
            tokio::time::sleep(takes).await;
        }
        if sync && disk.lock().failing {
            world.trace(node, format_args!("sync failed"));
            turn.into_iter().for_each(|job| (job.done)(Err(io::Error::other("simulated input/output error"))));
            return;
        }
        disk.lock().complete(sync);
        world.trace(node, format_args!("wrote {} changes, synced: {sync}", writes.len()));
        world.observe(|observer| observer.log_written(node, &writes, &disk.lock()));
        turn.into_iter().for_each(|job| (job.done)(Ok(())));
    }
}
