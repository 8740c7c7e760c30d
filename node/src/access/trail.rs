//! The audit trail of requests that are not commands: reads of guest data, operators' actions, refusals.
//!
//! Entries are collected for [`COLLECT`] and proposed together. An entry that repeats within this time is counted, not written
//! twice. Of the refusals only the first of an hour are kept one by one (`refusals.rs`), so that a flood of them stays small. A read
//! that must be recorded is refused if the trail is full.
//!
//! A node that crashes or loses power loses all entries that it has not proposed yet: those of the last [`COLLECT`], and those
//! that wait longer because their shard does not answer.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use keyrack_cluster::{ClusterNode, Tasks};
use keyrack_inventory::{Action, Actor, Command, Observation, Op, PropertyNumber, RequestKey, Verdict, Who};
use keyrack_texts::Detail;
use tokio::sync::Notify;
use tokio::time::Instant;

use super::refusals::Refusals;
use crate::clock::now_ms;
use crate::convert::Problem;

/// How long entries are collected.
const COLLECT: Duration = Duration::from_millis(100);
/// The most different entries that wait. Further refusals are counted together.
const MOST_WAITING: usize = 8_192;
/// The most entries of one command.
const MOST_AT_ONCE: usize = 256;
/// How long one proposal may take, and the pause after one that failed.
const PROPOSE: Duration = Duration::from_secs(5);
const PAUSE: Duration = Duration::from_millis(200);
/// How long a node that stops waits until its last entries are written.
const LAST: Duration = Duration::from_secs(3);

/// An action of a caller.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct TrailEntry {
    /// The caller.
    pub actor: Actor,
    /// The action.
    pub action: Action,
    /// The property. Number 0 for no particular one.
    pub property: PropertyNumber,
    /// The booking or hold.
    pub record: Option<[u8; 16]>,
    /// The result.
    pub verdict: Verdict,
}

/// Entries that wait to be proposed.
#[derive(Default)]
pub struct Trail {
    /// When each entry was first added, and how often.
    waiting: Mutex<HashMap<TrailEntry, (u64, u32)>>,
    /// Refusals that were counted without an entry.
    overflow: Mutex<u32>,
    refusals: Mutex<Refusals>,
    added: Notify,
}

impl Trail {
    /// Adds an entry.
    ///
    /// # Errors
    /// The trail is full, and the entry must be kept.
    pub fn add(&self, entry: TrailEntry, must_keep: bool) -> Result<(), Problem> {
        let mut waiting = lock(&self.waiting);
        if let Some((_, times)) = waiting.get_mut(&entry) {
            *times = times.saturating_add(1);
            return Ok(());
        }
        if !must_keep && !lock(&self.refusals).keep(&entry.actor.who, entry.verdict, Instant::now()) {
            return Ok(());
        }
        if waiting.len() >= MOST_WAITING {
            if must_keep {
                return Err(Problem::new(Detail::TrailOverloaded));
            }
            *lock(&self.overflow) += 1;
            return Ok(());
        }
        waiting.insert(entry, (now_ms(), 1));
        drop(waiting);
        self.added.notify_one();
        Ok(())
    }

    fn take(&self) -> Vec<Observation> {
        let waiting = std::mem::take(&mut *lock(&self.waiting));
        let overflow = std::mem::take(&mut *lock(&self.overflow));
        let observed = |(entry, (at_ms, times)): (TrailEntry, (u64, u32))| {
            let TrailEntry { actor, action, property, record, verdict } = entry;
            Observation { at_ms, actor, action, property, record, verdict, times }
        };
        let mut all: Vec<Observation> = waiting.into_iter().map(observed).collect();
        if overflow > 0 {
            let actor = Actor { who: Who::Unauthenticated, from: [0; 16] };
            all.push(Observation {
                at_ms: now_ms(),
                actor,
                action: Action::OTHER,
                property: PropertyNumber(0),
                record: None,
                verdict: Verdict(429),
                times: overflow,
            });
        }
        all.sort_by_key(|observation| observation.at_ms);
        all
    }

    /// The counts of the refusals of the hour, as records.
    fn take_counts(&self) -> Vec<Observation> {
        let count = |(who, verdict, times)| Observation {
            at_ms: now_ms(),
            actor: Actor { who, from: [0; 16] },
            action: Action::OTHER,
            property: PropertyNumber(0),
            record: None,
            verdict,
            times,
        };
        lock(&self.refusals).take().into_iter().map(count).collect()
    }

    /// Waits until the hour ends in which refusals were counted.
    async fn hour_ends(&self) {
        let ends = lock(&self.refusals).ends();
        match ends {
            Some(ends) => tokio::time::sleep_until(ends).await,
            None => std::future::pending().await,
        }
    }
}

/// Proposes the collected entries. Once `tasks` stop, it proposes the last entries and returns when they are written or the
/// time is over.
pub async fn write(trail: Arc<Trail>, cluster: ClusterNode, tasks: Tasks) {
    loop {
        let (stopping, is_hour_over) = tokio::select! {
            () = trail.added.notified() => {
                tokio::time::sleep(COLLECT).await;
                (false, false)
            }
            () = trail.hour_ends() => (false, true),
            () = tasks.stopping() => (true, true),
        };
        let mut all = trail.take();
        if is_hour_over {
            all.extend(trail.take_counts());
        }
        let by_shard = by_shard(&cluster, all);
        let written = futures::future::join_all(by_shard.into_iter().map(|(shard, all)| propose(&cluster, shard, all)));
        if stopping {
            let _ = tokio::time::timeout(LAST, written).await;
            return;
        }
        let too_late = async {
            tasks.stopping().await;
            tokio::time::sleep(LAST).await;
        };
        tokio::select! {
            _ = written => {}
            // Entries that the cluster has not accepted by then are lost.
            () = too_late => return,
        }
    }
}

/// An entry is kept in its property's shard. An entry without a property is kept in shard 1.
fn by_shard(cluster: &ClusterNode, all: Vec<Observation>) -> HashMap<u32, Vec<Observation>> {
    let mut by_shard: HashMap<u32, Vec<Observation>> = HashMap::new();
    for observation in all {
        let shard = cluster.known_shard(observation.property).unwrap_or(1);
        by_shard.entry(shard).or_default().push(observation);
    }
    by_shard
}

async fn propose(cluster: &ClusterNode, shard: u32, all: Vec<Observation>) {
    for batch in all.chunks(MOST_AT_ONCE) {
        // The key prevents that a retry writes an entry twice.
        let mut digest = [0; 16];
        let request = getrandom::fill(&mut digest).ok().map(|()| RequestKey { digest, fingerprint: [0; 16] });
        let command = Command { property: PropertyNumber(0), request, by: None, op: Op::Observe(batch.to_vec()) };
        let mut is_logged = false;
        while let Err(cause) = cluster.propose(shard, &command, Instant::now() + PROPOSE).await {
            if !std::mem::replace(&mut is_logged, true) {
                tracing::warn!(event = "trail_waits", shard, %cause, "cannot write the audit trail yet; will try again");
            }
            tokio::time::sleep(PAUSE).await;
        }
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    // A panic cannot leave counters and whole records half written.
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use keyrack_proto::Code;

    use super::*;

    fn entry(number: u8, verdict: u16) -> TrailEntry {
        TrailEntry {
            actor: Actor { who: Who::Unauthenticated, from: [number; 16] },
            action: Action::READ_BOOKING,
            property: PropertyNumber(1),
            record: None,
            verdict: Verdict(verdict),
        }
    }

    #[test]
    fn a_repeated_entry_is_counted() {
        let trail = Trail::default();
        (0..5).for_each(|_| trail.add(entry(1, 401), false).expect("room"));
        trail.add(entry(2, 401), false).expect("room");
        let mut times: Vec<u32> = trail.take().iter().map(|observation| observation.times).collect();
        times.sort_unstable();
        assert_eq!(times, [1, 5]);
        assert!(trail.take().is_empty());
    }

    #[test]
    fn a_full_trail_refuses_reads_and_counts_refusals() {
        let trail = Trail::default();
        for number in 0..MOST_WAITING {
            let mut one = entry(0, 0);
            one.record = Some([0; 16].map(|_: u8| number as u8));
            one.property = PropertyNumber(number as u32);
            trail.add(one, true).expect("room");
        }
        assert_eq!(trail.add(entry(9, 0), true).map_err(|problem| problem.code), Err(Code::Overloaded));
        (0..3).for_each(|_| trail.add(entry(9, 401), false).expect("counted"));
        let all = trail.take();
        assert_eq!(all.len(), MOST_WAITING + 1);
        assert_eq!(all.iter().find(|one| one.action == Action::OTHER).map(|one| one.times), Some(3));
    }
}
