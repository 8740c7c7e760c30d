//! How often somebody may call: a leaky bucket per principal and per address. Every few hundredths of a second the nodes report
//! to each other what was used, so that a quota is the cluster's: a node that let too many requests through before it got a
//! report lets as many fewer through after it.

use std::collections::HashMap;
use std::hash::{BuildHasher, Hasher};
use std::net::IpAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use keyrack_cluster::{Cluster, Tasks, Used};
use keyrack_proto::Code;
use sha2::{Digest, Sha256};

use super::caller::{Caller, address_octets};
use crate::config::Limits;
use crate::convert::{Problem, QuotaLeft};

/// How often a node reports to the others.
const REPORT_EVERY: Duration = Duration::from_millis(40);
/// Buckets that are kept; beyond that empty ones are removed.
const MOST_BUCKETS: usize = 65_536;
const PARTS: usize = 16;

/// The limits of one node, and what is used of them in the whole cluster.
pub struct Quotas {
    limits: Limits,
    parts: [Mutex<Buckets>; PARTS],
}

/// Buckets by their key, which is a digest already.
type Buckets = HashMap<u64, Bucket, DigestHasher>;

/// Fills with requests and leaks at the quota's rate.
struct Bucket {
    level: f64,
    per_second: f64,
    at: Instant,
    /// Requests taken here and not reported yet.
    unreported: u32,
}

impl Quotas {
    /// With a node's limits.
    pub fn new(limits: &Limits) -> Quotas {
        Quotas { limits: limits.clone(), parts: std::array::from_fn(|_| Mutex::default()) }
    }

    /// Takes a request off a caller's quota; `None` where there is no quota.
    ///
    /// # Errors
    /// The quota is used up.
    pub fn take(&self, caller: &Caller) -> Result<Option<QuotaLeft>, Problem> {
        let own = caller.principal().map_or(0, |principal| u64::from(principal.requests_per_second));
        let per_second = if own > 0 { own } else { self.limits.requests_per_second };
        if per_second == 0 {
            return Ok(None);
        }
        self.take_from(bucket_key(b"principal", caller.who().to_string().as_bytes()), per_second as f64, per_second).map(Some)
    }

    /// Takes a request off an address's quota, before anything is known of the caller.
    ///
    /// # Errors
    /// The quota is used up.
    pub fn take_address(&self, address: IpAddr) -> Result<(), Problem> {
        match self.limits.requests_per_second_per_address {
            0 => Ok(()),
            per_second => {
                let key = bucket_key(b"address", &address_octets(address));
                self.take_from(key, per_second as f64, per_second).map(drop)
            }
        }
    }

    /// Counts requests with invalid credentials, by address.
    ///
    /// # Errors
    /// There were too many of them. The answer does not say whether these credentials were valid.
    pub fn take_failure(&self, address: IpAddr) -> Result<(), Problem> {
        match self.limits.failed_sign_ins_per_minute {
            0 => Ok(()),
            per_minute => {
                let key = bucket_key(b"failure", &address_octets(address));
                self.take_from(key, per_minute as f64 / 60.0, per_minute).map(drop)
            }
        }
    }

    /// Takes one try of a guest to sign in off an address's quota: 30 a minute, since what is tried might be guessed.
    ///
    /// # Errors
    /// The quota is used up.
    pub fn take_sign_in(&self, address: IpAddr) -> Result<(), Problem> {
        self.take_from(bucket_key(b"sign-in", &address_octets(address)), 0.5, 30).map(drop)
    }

    fn take_from(&self, key: u64, per_second: f64, burst: u64) -> Result<QuotaLeft, Problem> {
        let mut part = self.part(key);
        make_room(&mut part);
        let now = Instant::now();
        let bucket = part.entry(key).or_insert(Bucket { level: 0.0, per_second, at: now, unreported: 0 });
        bucket.per_second = per_second;
        bucket.leak(now);
        let quota = per_second.ceil() as u64;
        if bucket.level + 1.0 > burst as f64 {
            let wait = ((bucket.level + 1.0 - burst as f64) / per_second).ceil().max(1.0);
            let mut problem = Problem::new(Code::QuotaExceeded, "too many requests");
            problem.quota = Some(QuotaLeft { per_second: quota, requests: 0, full_in_secs: wait as u64 });
            return Err(problem);
        }
        bucket.level += 1.0;
        bucket.unreported = bucket.unreported.saturating_add(1);
        let requests = (burst as f64 - bucket.level) as u64;
        Ok(QuotaLeft { per_second: quota, requests, full_in_secs: (bucket.level / per_second).ceil() as u64 })
    }

    /// Counts what was used on another node.
    fn add_report(&self, used: &Used) {
        let now = Instant::now();
        for (key, requests, per_second) in used {
            let mut part = self.part(*key);
            make_room(&mut part);
            let per_second = f64::from(*per_second).max(1.0 / 60.0);
            let bucket = part.entry(*key).or_insert(Bucket { level: 0.0, per_second, at: now, unreported: 0 });
            bucket.leak(now);
            bucket.level += f64::from(*requests);
        }
    }

    /// What was used here since the last report.
    fn take_report(&self) -> Used {
        let mut used = Vec::new();
        for part in &self.parts {
            let mut part = part.lock().unwrap_or_else(PoisonError::into_inner);
            for (key, bucket) in part.iter_mut().filter(|(_, bucket)| bucket.unreported > 0) {
                used.push((*key, std::mem::take(&mut bucket.unreported), bucket.per_second as f32));
            }
        }
        used
    }

    fn part(&self, key: u64) -> MutexGuard<'_, Buckets> {
        // A map of counters is whole after any panic.
        self.parts[key as usize % PARTS].lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Bucket {
    fn leak(&mut self, now: Instant) {
        let leaked = now.saturating_duration_since(self.at).as_secs_f64() * self.per_second;
        self.level = (self.level - leaked).max(0.0);
        self.at = now;
    }
}

/// Reports to the other nodes and takes their reports; runs until the cluster has stopped.
pub async fn share(quotas: Arc<Quotas>, cluster: Cluster, tasks: Tasks) {
    let Some(mut reports) = cluster.usage_reports() else { return };
    let mut every = tokio::time::interval(REPORT_EVERY);
    every.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    loop {
        tokio::select! {
            report = reports.recv() => match report {
                Some(used) => quotas.add_report(&used),
                None => return,
            },
            _ = every.tick() => {
                let used = quotas.take_report();
                if !used.is_empty() {
                    // In a task of its own: a slow peer must not keep the others' reports waiting.
                    let cluster = cluster.clone();
                    tasks.spawn("usage report", async move { cluster.share_usage(&used).await });
                }
            }
        }
    }
}

/// Removes empty buckets from a full part: an empty bucket means the same as none.
fn make_room(part: &mut Buckets) {
    if part.len() >= MOST_BUCKETS / PARTS {
        let now = Instant::now();
        part.retain(|_, bucket| {
            bucket.leak(now);
            bucket.level > 0.0 || bucket.unreported > 0
        });
        // Still full: with so many callers at once, forgetting their use favours none of them.
        if part.len() >= MOST_BUCKETS / PARTS {
            part.clear();
        }
    }
}

/// The key of a bucket, the same on every node.
fn bucket_key(kind: &[u8], name: &[u8]) -> u64 {
    let sum = Sha256::new_with_prefix(kind).chain_update([0]).chain_update(name).finalize();
    sum.first_chunk().map_or(0, |bytes| u64::from_be_bytes(*bytes))
}

/// Takes a key, which is a digest already, as its own hash.
#[derive(Clone, Copy, Default)]
struct DigestHasher(u64);

impl BuildHasher for DigestHasher {
    type Hasher = DigestHasher;

    fn build_hasher(&self) -> DigestHasher {
        DigestHasher(0)
    }
}

impl Hasher for DigestHasher {
    fn finish(&self) -> u64 {
        self.0
    }

    fn write(&mut self, bytes: &[u8]) {
        bytes.iter().for_each(|byte| self.0 = self.0 << 8 | u64::from(*byte));
    }

    fn write_u64(&mut self, number: u64) {
        self.0 = number;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn quotas() -> Quotas {
        Quotas::new(&Limits { requests_per_second: 10, ..Limits::default() })
    }

    #[test]
    fn a_quota_is_used_up_and_says_when_to_come_back() {
        let quotas = quotas();
        let taken = (0..30).filter(|_| quotas.take_from(7, 10.0, 10).is_ok()).count();
        assert!((10..=11).contains(&taken), "{taken}");
        let refused = quotas.take_from(7, 10.0, 10).expect_err("used up");
        assert_eq!(
            (refused.code, refused.quota.map(|left| (left.per_second, left.requests))),
            (Code::QuotaExceeded, Some((10, 0)))
        );
        assert!(quotas.take_from(8, 10.0, 10).is_ok(), "another's is his own");
    }

    #[test]
    fn what_is_used_elsewhere_counts_here() {
        let (here, there) = (quotas(), quotas());
        (0..10).for_each(|_| drop(there.take_from(7, 10.0, 10)));
        here.add_report(&there.take_report());
        assert!(here.take_from(7, 10.0, 10).is_err());
        assert!(there.take_report().is_empty(), "it is reported once");
        here.add_report(&vec![(7, 50, 10.0)]);
        let level = here.part(7)[&7].level;
        assert!(level > 50.0, "what was too much is paid back: {level}");
    }

    #[test]
    fn the_number_of_buckets_is_bounded() {
        let quotas = quotas();
        for number in 0..2 * MOST_BUCKETS as u64 {
            let _ = quotas.take_from(number, 10.0, 10);
        }
        let kept: usize = quotas.parts.iter().map(|part| part.lock().map_or(0, |part| part.len())).sum();
        assert!(kept <= MOST_BUCKETS, "{kept}");
    }
}
