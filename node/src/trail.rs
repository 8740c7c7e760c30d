//! What the audit trail has to know of requests that are no commands: reads of guest data, operators' actions, refusals.
//!
//! They are gathered for a moment and proposed together. The same thing seen again within that moment is counted, not
//! written twice, so that a flood of refusals stays small. What cannot be kept is not allowed: with a full trail, reads
//! that must be recorded are refused. A node that loses power loses what it gathered last: at most [`GATHER`].

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use keyrack_cluster::Cluster;
use keyrack_inventory::{Action, Actor, Command, Observation, Op, PropertyNumber, RequestKey, Verdict};
use tokio::sync::{Notify, watch};
use tokio::time::Instant;

use crate::problem::{Code, Problem};

/// How long records are gathered.
pub const GATHER: Duration = Duration::from_millis(100);
/// Different records that may wait; refusals beyond that are counted together.
const MOST_WAITING: usize = 8_192;
/// The most records of one command.
const MOST_AT_ONCE: usize = 256;
/// How long one proposal may take, and the pause after one that failed.
const PROPOSE: Duration = Duration::from_secs(5);
const PAUSE: Duration = Duration::from_millis(200);
/// How long a node that stops waits for its last records.
const LAST: Duration = Duration::from_secs(3);

/// Something that was seen.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Seen {
    /// Who.
    pub actor: Actor,
    /// What.
    pub action: Action,
    /// Whose.
    pub property: PropertyNumber,
    /// The booking or hold.
    pub record: Option<[u8; 16]>,
    /// What came of it.
    pub verdict: Verdict,
}

/// Where records wait.
#[derive(Default)]
pub struct Trail {
    waiting: Mutex<HashMap<Seen, (u64, u32)>>,
    /// Refusals for which there was no room.
    crowd: Mutex<u32>,
    some: Notify,
}

impl Trail {
    /// Takes a record.
    ///
    /// # Errors
    /// The trail is full, and the record one that must be kept.
    pub fn see(&self, seen: Seen, must: bool) -> Result<(), Problem> {
        let mut waiting = lock(&self.waiting);
        if let Some((_, times)) = waiting.get_mut(&seen) {
            *times = times.saturating_add(1);
            return Ok(());
        }
        if waiting.len() >= MOST_WAITING {
            if must {
                return Err(Problem::new(Code::Overloaded, "the audit trail does not keep up; nothing was shown"));
            }
            *lock(&self.crowd) += 1;
            return Ok(());
        }
        waiting.insert(seen, (now_ms(), 1));
        drop(waiting);
        self.some.notify_one();
        Ok(())
    }

    fn take(&self) -> Vec<Observation> {
        let waiting = std::mem::take(&mut *lock(&self.waiting));
        let crowd = std::mem::take(&mut *lock(&self.crowd));
        let observed = |(seen, (at_ms, times)): (Seen, (u64, u32))| Observation {
            at_ms,
            actor: seen.actor,
            action: seen.action,
            property: seen.property,
            record: seen.record,
            verdict: seen.verdict,
            times,
        };
        let mut all: Vec<Observation> = waiting.into_iter().map(observed).collect();
        if crowd > 0 {
            let actor = Actor { who: keyrack_inventory::Who::Nobody, from: [0; 16] };
            all.push(Observation {
                at_ms: now_ms(),
                actor,
                action: Action::OTHER,
                property: PropertyNumber(0),
                record: None,
                verdict: Verdict(429),
                times: crowd,
            });
        }
        all.sort_by_key(|observation| observation.at_ms);
        all
    }
}

/// Proposes what is gathered; returns once the node stops and the last of it is written, or cannot be.
pub async fn write(trail: Arc<Trail>, cluster: Cluster, mut stop: watch::Receiver<bool>) {
    loop {
        let stopping = tokio::select! {
            () = trail.some.notified() => {
                tokio::time::sleep(GATHER).await;
                false
            }
            () = told(&mut stop) => true,
        };
        let by_shard = sort(&cluster, trail.take());
        let written = futures::future::join_all(by_shard.into_iter().map(|(shard, seen)| propose(&cluster, shard, seen)));
        if stopping {
            let _ = tokio::time::timeout(LAST, written).await;
            return;
        }
        let too_late = async {
            told(&mut stop).await;
            tokio::time::sleep(LAST).await;
        };
        tokio::select! {
            _ = written => {}
            // What the cluster does not take by then, it cannot take.
            () = too_late => return,
        }
    }
}

async fn told(stop: &mut watch::Receiver<bool>) {
    // Whoever could tell is gone: that tells as much.
    let _ = stop.wait_for(|stop| *stop).await;
}

/// A record is kept with its property; one of nobody's in particular in the first shard.
fn sort(cluster: &Cluster, seen: Vec<Observation>) -> HashMap<u32, Vec<Observation>> {
    let mut by_shard: HashMap<u32, Vec<Observation>> = HashMap::new();
    for observation in seen {
        let shard = cluster.known_shard(observation.property).unwrap_or(1);
        by_shard.entry(shard).or_default().push(observation);
    }
    by_shard
}

async fn propose(cluster: &Cluster, shard: u32, seen: Vec<Observation>) {
    for some in seen.chunks(MOST_AT_ONCE) {
        // With a key, so that trying again writes nothing twice.
        let mut digest = [0; 16];
        let request = getrandom::fill(&mut digest).ok().map(|()| RequestKey { digest, fingerprint: [0; 16] });
        let command = Command { property: PropertyNumber(0), request, by: None, op: Op::Observe(some.to_vec()) };
        while let Err(cause) = cluster.propose(shard, &command, Instant::now() + PROPOSE).await {
            tracing::warn!(shard, %cause, "the audit trail waits for the shard");
            tokio::time::sleep(PAUSE).await;
        }
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    // Counters and whole records: nothing is half made after a panic.
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

fn now_ms() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_millis() as u64)
}

#[cfg(test)]
mod tests {
    use keyrack_inventory::Who;

    use super::*;

    fn seen(number: u8, verdict: u16) -> Seen {
        Seen {
            actor: Actor { who: Who::Nobody, from: [number; 16] },
            action: Action::READ_BOOKING,
            property: PropertyNumber(1),
            record: None,
            verdict: Verdict(verdict),
        }
    }

    #[test]
    fn the_same_again_is_counted() {
        let trail = Trail::default();
        (0..5).for_each(|_| trail.see(seen(1, 401), false).expect("room"));
        trail.see(seen(2, 401), false).expect("room");
        let mut times: Vec<u32> = trail.take().iter().map(|observation| observation.times).collect();
        times.sort_unstable();
        assert_eq!(times, [1, 5]);
        assert!(trail.take().is_empty());
    }

    #[test]
    fn a_full_trail_refuses_reads_and_counts_refusals() {
        let trail = Trail::default();
        for number in 0..MOST_WAITING {
            let mut one = seen(0, 0);
            one.record = Some([0; 16].map(|_: u8| number as u8));
            one.property = PropertyNumber(number as u32);
            trail.see(one, true).expect("room");
        }
        assert_eq!(trail.see(seen(9, 0), true).map_err(|problem| problem.code), Err(Code::Overloaded));
        (0..3).for_each(|_| trail.see(seen(9, 401), false).expect("counted"));
        let all = trail.take();
        assert_eq!(all.len(), MOST_WAITING + 1);
        assert_eq!(all.iter().find(|one| one.action == Action::OTHER).map(|one| one.times), Some(3));
    }
}
