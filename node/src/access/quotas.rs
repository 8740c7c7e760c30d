//! Quotas of requests: a leaky bucket for each principal and each address. The nodes report their use to each other every 40 ms,
//! so a quota holds for the whole cluster. A node that accepted too many requests before a report accepts fewer after it.

use std::collections::HashMap;
use std::hash::{BuildHasher, Hasher};
use std::net::IpAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use keyrack_cluster::{ClusterNode, Tasks, Used};
use keyrack_texts::Detail;
use sha2::{Digest, Sha256};

use super::caller::Caller;
use super::networks::{counted_address, octets};
use crate::config::Limits;
use crate::convert::{Problem, QuotaLeft};

/// How often a node reports to the others.
const REPORT_EVERY: Duration = Duration::from_millis(40);
/// The most buckets. Above this, empty buckets are removed.
const MOST_BUCKETS: usize = 65_536;
/// Reports of other nodes add buckets up to this number only. The rest is for this node's own callers.
const MOST_REPORTED: usize = MOST_BUCKETS / 4 * 3;
/// The parts of the table for principals, and as many for addresses. Strangers can fill those of addresses only.
const PARTS: usize = 16;
/// The most use that a bucket keeps, in seconds of its quota. A hostile node could otherwise report so much use of a caller that the
/// caller is refused for years.
const MOST_SECONDS: f64 = 120.0;
/// The kind of principals' buckets, and the bit that their keys have.
const PRINCIPAL: &[u8] = b"principal";
const OF_PRINCIPAL: u64 = 1 << 63;

/// The limits of one node, and their use in the whole cluster.
pub struct Quotas {
    limits: Limits,
    parts: [Mutex<Buckets>; 2 * PARTS],
}

/// Buckets by their key, which is a digest.
type Buckets = HashMap<u64, Bucket, DigestHasher>;

/// A counter that requests fill and that leaks at the quota's rate.
struct Bucket {
    level: f64,
    per_second: f64,
    at: Instant,
    /// Requests counted on this node and not reported yet.
    unreported: u32,
}

impl Quotas {
    /// Quotas with these limits.
    pub fn new(limits: &Limits) -> Quotas {
        Quotas { limits: limits.clone(), parts: std::array::from_fn(|_| Mutex::default()) }
    }

    /// Counts a request of a caller. Returns `None` if the caller has no quota.
    ///
    /// # Errors
    /// The quota is used up.
    pub fn take(&self, caller: &Caller) -> Result<Option<QuotaLeft>, Problem> {
        let per_second = self.per_second_of(caller);
        if per_second == 0 {
            return Ok(None);
        }
        self.take_from(bucket_key(PRINCIPAL, caller.who().to_string().as_bytes()), per_second as f64, per_second).map(Some)
    }

    /// Counts requests besides the one that was counted: a large command. They are never refused; later requests are, until the quota
    /// allows them.
    pub fn add(&self, caller: &Caller, requests: u32) {
        if let (per_second @ 1.., 1..) = (self.per_second_of(caller), requests) {
            self.add_to(bucket_key(PRINCIPAL, caller.who().to_string().as_bytes()), per_second as f64, requests);
        }
    }

    /// Counts one of several requests that came in one stream, for its address and its caller.
    ///
    /// # Errors
    /// A quota is used up.
    pub fn take_request(&self, caller: &Caller) -> Result<(), Problem> {
        self.take_address(caller.from())?;
        self.take(caller).map(drop)
    }

    /// Counts a request of an address, before the caller is known.
    ///
    /// # Errors
    /// The quota is used up.
    pub fn take_address(&self, address: IpAddr) -> Result<(), Problem> {
        match self.limits.requests_per_second_per_address {
            0 => Ok(()),
            per_second => {
                let key = bucket_key(b"address", &octets(counted_address(address)));
                self.take_from(key, per_second as f64, per_second).map(drop)
            }
        }
    }

    /// Counts requests with invalid credentials, by address.
    ///
    /// # Errors
    /// There were too many. The answer does not show whether these credentials are valid.
    pub fn take_failure(&self, address: IpAddr) -> Result<(), Problem> {
        match self.limits.failed_sign_ins_per_minute_per_address {
            0 => Ok(()),
            per_minute => {
                let key = bucket_key(b"failure", &octets(counted_address(address)));
                self.take_from(key, per_minute as f64 / 60.0, per_minute).map(drop)
            }
        }
    }

    /// Counts a guest's attempt to sign in, by address. The limit of 30 per minute prevents guessing.
    ///
    /// # Errors
    /// The quota is used up.
    pub fn take_sign_in(&self, address: IpAddr) -> Result<(), Problem> {
        self.take_from(bucket_key(b"sign-in", &octets(counted_address(address))), 0.5, 30).map(drop)
    }

    /// The quota of a caller; 0 for none.
    fn per_second_of(&self, caller: &Caller) -> u64 {
        let own = caller.principal().map_or(0, |principal| u64::from(principal.requests_per_second));
        if own > 0 { own } else { self.limits.requests_per_second }
    }

    fn add_to(&self, key: u64, per_second: f64, requests: u32) {
        let mut part = self.part(key);
        make_room_for(key, &mut part);
        let now = Instant::now();
        let bucket = part.entry(key).or_insert(Bucket { level: 0.0, per_second, at: now, unreported: 0 });
        bucket.leak(now);
        bucket.level += f64::from(requests);
        bucket.unreported = bucket.unreported.saturating_add(requests);
    }

    fn take_from(&self, key: u64, per_second: f64, burst: u64) -> Result<QuotaLeft, Problem> {
        let mut part = self.part(key);
        make_room_for(key, &mut part);
        let now = Instant::now();
        let bucket = part.entry(key).or_insert(Bucket { level: 0.0, per_second, at: now, unreported: 0 });
        bucket.per_second = per_second;
        bucket.leak(now);
        let quota = per_second.ceil() as u64;
        if bucket.level + 1.0 > burst as f64 {
            let wait = ((bucket.level + 1.0 - burst as f64) / per_second).ceil().max(1.0);
            let seconds = wait as u64;
            let mut problem = Problem::new(Detail::RequestQuota { seconds });
            problem.quota = Some(QuotaLeft { per_second: quota, requests: 0, full_in_secs: seconds });
            return Err(problem);
        }
        bucket.level += 1.0;
        bucket.unreported = bucket.unreported.saturating_add(1);
        let requests = (burst as f64 - bucket.level) as u64;
        Ok(QuotaLeft { per_second: quota, requests, full_in_secs: (bucket.level / per_second).ceil() as u64 })
    }

    /// Counts the use on another node.
    fn add_report(&self, used: &Used) {
        let now = Instant::now();
        for (key, requests, per_second) in used {
            let mut part = self.part(*key);
            // Another node may report callers that do not exist. They take the place of no other.
            if !part.contains_key(key) && !has_room(&mut part, MOST_REPORTED / PARTS) {
                continue;
            }
            let per_second = f64::from(*per_second).max(1.0 / 60.0);
            let bucket = part.entry(*key).or_insert(Bucket { level: 0.0, per_second, at: now, unreported: 0 });
            bucket.leak(now);
            bucket.level += f64::from(*requests);
        }
    }

    /// The use on this node since the last report.
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
        // A panic cannot leave a map of counters half written.
        let part = key as usize % PARTS + if key & OF_PRINCIPAL == 0 { 0 } else { PARTS };
        self.parts[part].lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Bucket {
    fn leak(&mut self, now: Instant) {
        let leaked = now.saturating_duration_since(self.at).as_secs_f64() * self.per_second;
        self.level = (self.level - leaked).max(0.0).min(self.per_second * MOST_SECONDS);
        self.at = now;
    }
}

/// Sends reports to the other nodes and receives theirs. Runs until the cluster has stopped.
pub async fn share(quotas: Arc<Quotas>, cluster: ClusterNode, tasks: Tasks) {
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
                    // In its own task, so that a slow peer does not delay the others' reports.
                    let cluster = cluster.clone();
                    tasks.spawn("usage report", async move { cluster.share_usage(&used).await });
                }
            }
        }
    }
}

/// Makes room for a caller of this node. If the part is full, all use is forgotten, which favours no caller.
fn make_room_for(key: u64, part: &mut Buckets) {
    if !part.contains_key(&key) && !has_room(part, MOST_BUCKETS / PARTS) {
        part.clear();
    }
}

/// Whether a part has room for another bucket below `most`. Removes empty buckets from a full part: an empty bucket is the same as none.
fn has_room(part: &mut Buckets, most: usize) -> bool {
    if part.len() >= most {
        let now = Instant::now();
        part.retain(|_, bucket| {
            bucket.leak(now);
            bucket.level > 0.0 || bucket.unreported > 0
        });
    }
    part.len() < most
}

/// The key of a bucket, the same on every node.
fn bucket_key(kind: &[u8], name: &[u8]) -> u64 {
    let sum = Sha256::new_with_prefix(kind).chain_update([0]).chain_update(name).finalize();
    let key = sum.first_chunk().map_or(0, |bytes| u64::from_be_bytes(*bytes));
    if kind == PRINCIPAL { key | OF_PRINCIPAL } else { key & !OF_PRINCIPAL }
}

/// Uses a key, which is a digest, as its own hash.
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
    use keyrack_proto::Code;

    use super::*;

    fn quotas() -> Quotas {
        Quotas::new(&Limits { requests_per_second: 10, ..Limits::default() })
    }

    #[test]
    fn a_large_command_uses_the_quota_of_later_requests_on_every_node() {
        let (one, other) = (quotas(), quotas());
        one.take_from(7, 10.0, 10).expect("the request itself");
        one.add_to(7, 10.0, 40);
        let refused = one.take_from(7, 10.0, 10).expect_err("used up");
        assert_eq!(refused.quota.map(|left| left.full_in_secs), Some(4));
        assert_eq!(one.take_report(), [(7, 41, 10.0)]);
        other.add_report(&vec![(7, 41, 10.0)]);
        assert!(other.take_from(7, 10.0, 10).is_err());
    }

    #[test]
    fn a_node_that_reports_callers_that_do_not_exist_frees_nobody_from_a_quota() {
        let quotas = quotas();
        quotas.add_to(7, 10.0, 1_000);
        let invented: Used = (100..100 + 2 * MOST_BUCKETS as u64).map(|key| (key, 1_000, 10.0)).collect();
        quotas.add_report(&invented);
        quotas.take_from(7, 10.0, 10).expect_err("its use is remembered");
        quotas.take_from(8, 10.0, 10).expect("another caller has room");
        quotas.take_from(7, 10.0, 10).expect_err("its use is still remembered");
        let most = MOST_REPORTED / PARTS;
        assert!(quotas.parts.iter().all(|part| part.lock().expect("no panic").len() <= most + 1), "bounded");
    }

    #[test]
    fn a_used_up_quota_reports_when_to_retry() {
        let quotas = quotas();
        let taken = (0..30).filter(|_| quotas.take_from(7, 10.0, 10).is_ok()).count();
        assert!((10..=11).contains(&taken), "{taken}");
        let refused = quotas.take_from(7, 10.0, 10).expect_err("used up");
        assert_eq!(
            (refused.code, refused.quota.map(|left| (left.per_second, left.requests))),
            (Code::QuotaExceeded, Some((10, 0)))
        );
        assert!(quotas.take_from(8, 10.0, 10).is_ok(), "each caller has its own quota");
    }

    #[test]
    fn use_on_another_node_counts_on_this_node() {
        let (here, there) = (quotas(), quotas());
        (0..10).for_each(|_| drop(there.take_from(7, 10.0, 10)));
        here.add_report(&there.take_report());
        assert!(here.take_from(7, 10.0, 10).is_err());
        assert!(there.take_report().is_empty(), "it is reported once");
        here.add_report(&vec![(7, 50, 10.0)]);
        let level = here.part(7)[&7].level;
        assert!(level > 50.0, "use above the quota is subtracted later: {level}");
    }

    /// A report is another node's word.
    #[test]
    fn a_hostile_report_refuses_a_caller_for_two_minutes_at_most() {
        for per_second in [10.0, 0.0, -1.0, f32::MAX, f32::INFINITY, f32::NAN] {
            let quotas = quotas();
            quotas.add_report(&vec![(7, u32::MAX, per_second); 3]);
            let refused = quotas.take_from(7, 10.0, 10).expect_err("used up");
            let seconds = refused.quota.expect("a quota").full_in_secs;
            assert!(seconds <= MOST_SECONDS as u64, "{per_second}: {seconds} s");
        }
    }

    #[test]
    fn strangers_do_not_make_the_node_forget_principals() {
        let quotas = quotas();
        let key = bucket_key(PRINCIPAL, b"principal/7");
        (0..10).for_each(|_| assert!(quotas.take_from(key, 0.1, 10).is_ok(), "within the quota"));
        for number in 0..2 * MOST_BUCKETS as u64 {
            let _ = quotas.take_from(bucket_key(b"address", &number.to_be_bytes()), 10.0, 10);
        }
        assert!(quotas.take_from(key, 0.1, 10).is_err(), "the use is still known");
    }

    #[test]
    fn one_ipv6_network_has_one_bucket() {
        let quotas = Quotas::new(&Limits { requests_per_second_per_address: 10, ..Limits::default() });
        let address = |last: u32| IpAddr::V6(std::net::Ipv6Addr::from_bits(0x2001_0db8 << 96 | u128::from(last)));
        let passed = (0..100).filter(|last| quotas.take_address(address(*last)).is_ok()).count();
        assert_eq!(passed, 10);
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
