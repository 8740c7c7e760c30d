//! `keyrack-jepsen failover` and `restarts`: measurements of recovery times.

use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::Context;
use clap::Args;
use hyper::Method;
use indicatif::ProgressBar;
use keyrack_jepsen::cluster::{Cluster, Place, Plan, until};
use keyrack_jepsen::disk::TornEnd;
use keyrack_jepsen::history::{Call, Outcome, Stay};
use keyrack_jepsen::nemesis::heal;
use keyrack_jepsen::rng::Rng;
use keyrack_jepsen::run::binaries;
use keyrack_jepsen::workload::{self, Recorder, RetryPolicy, Scale, Workload};

use super::broken_promise::BrokenPromise;
use super::number::whole_number;
use super::run::bar;

/// The options of `failover`, `restarts` and `rot`.
#[derive(Args)]
pub struct Options {
    /// The number of kills, restarts or flipped bits.
    #[arg(long, default_value_t = 200, value_parser = whole_number::<u64>(1..=u64::MAX))]
    pub(super) count: u64,
    /// The seed of all random numbers.
    #[arg(long, default_value_t = 1, value_parser = whole_number::<u64>(0..=u64::MAX))]
    pub(super) seed: u64,
    /// The folder in which the cluster's folder is created. An older one there is deleted first.
    #[arg(long, default_value = "jepsen-runs/measured")]
    into: PathBuf,
    /// The first port. Node n listens on this port plus 10 n, and on the three ports after it.
    #[arg(long, default_value_t = 29_000, value_parser = whole_number::<u16>(1_024..=60_000))]
    port_base: u16,
}

pub(super) const WITHIN: Duration = Duration::from_secs(60);
/// A booking takes one room for three nights. In a hotel of this size it is always possible.
const ROOMS: u32 = 60_000;

/// A cluster with one large hotel, and the bookings that were acknowledged there.
pub(super) struct MeasuredCluster {
    pub(super) cluster: Arc<Cluster>,
    recorder: Arc<Recorder>,
    shard: u32,
    pub(super) rng: Rng,
    bookings: u64,
    pub(super) acknowledged: Vec<Call>,
}

/// Kills the leader of a hotel's shard again and again. Measures the time from the kill until a booking that began after it is
/// acknowledged.
pub async fn failover(options: Options) -> anyhow::Result<ExitCode> {
    let mut measured = MeasuredCluster::start(&options, "failover").await?;
    let bar = progress(&options);
    let mut took = Vec::new();
    for _ in 0..options.count {
        let shard = measured.shard;
        let leader = measured.cluster.leader(shard).await.with_context(|| format!("no node says that it leads shard {shard}"))?;
        measured.cluster.node(leader).kill();
        let killed = Instant::now();
        let others: Vec<u32> = measured.cluster.numbers().into_iter().filter(|number| *number != leader).collect();
        measured.book(&others).await?;
        took.push(killed.elapsed());
        measured.cluster.run(leader)?;
        heal(&measured.cluster, &measured.recorder, WITHIN).await?;
        bar.inc(1);
    }
    bar.finish_and_clear();
    measured.verify().await?;
    print("from SIGKILL of the leader to the acknowledgement of the first booking after it", took)
}

/// SIGKILL or loss of power of all nodes, again and again. Measures the time until a booking is acknowledged, and checks that
/// no acknowledged booking is lost.
pub async fn restarts(options: Options) -> anyhow::Result<ExitCode> {
    let mut measured = MeasuredCluster::start(&options, "restarts").await?;
    let bar = progress(&options);
    let mut took = Vec::new();
    for round in 0..options.count {
        let all = measured.cluster.numbers();
        for _ in 0..20 {
            measured.book(&all).await?;
        }
        std::thread::scope(|scope| {
            for node in &measured.cluster.nodes {
                scope.spawn(|| node.kill());
            }
        });
        if round % 2 == 1 {
            for node in &measured.cluster.nodes {
                node.shim.lose_power(measured.rng.draw(), TornEnd::Clean)?;
            }
        }
        let begin = Instant::now();
        all.iter().try_for_each(|number| measured.cluster.run(*number))?;
        measured.book(&all).await?;
        took.push(begin.elapsed());
        heal(&measured.cluster, &measured.recorder, WITHIN).await?;
        measured.verify().await?;
        bar.inc(1);
    }
    bar.finish_and_clear();
    println!("{} bookings acknowledged, none lost", measured.acknowledged.len());
    print("from the start of all nodes to the acknowledgement of the first booking", took)
}

pub(super) fn progress(options: &Options) -> ProgressBar {
    bar(options.count)
}

fn print(what: &str, mut took: Vec<Duration>) -> anyhow::Result<ExitCode> {
    took.sort();
    let at =
        |share: f64| took.get(((took.len() as f64 * share).ceil() as usize).saturating_sub(1)).map_or(0, Duration::as_millis);
    println!("{what}: {} times, p50 {} ms, p90 {} ms, p99 {} ms, max {} ms", took.len(), at(0.5), at(0.9), at(0.99), at(1.0));
    Ok(ExitCode::SUCCESS)
}

impl MeasuredCluster {
    pub(super) async fn start(options: &Options, what: &str) -> anyhow::Result<MeasuredCluster> {
        let folder = std::path::absolute(options.into.join(what))?;
        if folder.exists() {
            std::fs::remove_dir_all(&folder).with_context(|| format!("cannot delete the old folder {}", folder.display()))?;
        }
        let plan = Plan { folder, binaries: binaries()?, daemon: "keyrackd".into(), nodes: 3, bug: None, settings: Vec::new() };
        let place = Place::Loopback { port_base: options.port_base, why: "measurements run on loopback".into() };
        let cluster = Arc::new(Cluster::start(plan, place).await?);
        let mut hotels = workload::plan_hotels(&[Workload::Reads], Scale { hotels: 1, nights: 18 });
        hotels[0].room_types = [("DBL".to_owned(), ROOMS)].into();
        let hotels = workload::open_hotels(&cluster, hotels).await?;
        let (recorder, rng) = (Arc::default(), Rng::new(options.seed, 1));
        Ok(MeasuredCluster { cluster, recorder, shard: hotels[0].shard, rng, bookings: 0, acknowledged: Vec::new() })
    }

    /// Books through any of these nodes, and retries until the booking is acknowledged.
    async fn book(&mut self, nodes: &[u32]) -> anyhow::Result<()> {
        self.bookings += 1;
        let from = workload::day("2027-02-20") + self.rng.below(14) as u32;
        let call = Call::Reserve {
            key: format!("measured-{}", self.bookings),
            property: "reads-1".into(),
            stay: Stay { from, to: from + 3 },
            rooms: vec![keyrack_jepsen::history::Rooms { room_type: "DBL".into(), quantity: 1 }],
        };
        let op = self.recorder.invoke(0, "measured", call.clone());
        let policy = RetryPolicy { per_try: Duration::from_secs(5), total: WITHIN, trusts_not_done: false };
        let order = self.rng.shuffled(nodes);
        let op = workload::ask_through(op, &self.cluster, &order, &self.recorder, policy).await;
        if !matches!(op.outcome, Outcome::Ok { .. }) {
            let (seconds, outcome) = (WITHIN.as_secs(), &op.outcome);
            return Err(BrokenPromise(format!("a booking was not acknowledged within {seconds} s: {outcome:?}")).into());
        }
        self.acknowledged.push(call);
        Ok(())
    }

    /// Makes `count` bookings, each through any node.
    pub(super) async fn book_everywhere(&mut self, count: u64) -> anyhow::Result<()> {
        let all = self.cluster.numbers();
        for _ in 0..count {
            self.book(&all).await?;
        }
        Ok(())
    }

    /// Checks that every node has all acknowledged bookings.
    pub(super) async fn verify(&self) -> anyhow::Result<()> {
        for node in self.cluster.numbers() {
            let sold = self.sold(node).await?.with_context(|| format!("node {node} refused to read availability"))?;
            self.compare(node, sold)?;
        }
        Ok(())
    }

    /// Like [`Self::verify`], for nodes that may refuse reads for a while, and may end. The first answer must be right.
    pub(super) async fn verify_first_answers(&self) -> anyhow::Result<()> {
        for node in self.cluster.numbers() {
            let sold = until(format!("node {node} answers"), WITHIN, async || {
                if self.cluster.node(node).exited().is_some() {
                    self.cluster.run(node).ok()?;
                }
                self.sold(node).await.ok()?
            });
            self.compare(node, sold.await?)?;
        }
        Ok(())
    }

    /// The room nights that a node reports as sold; `None` if it refuses the read.
    async fn sold(&self, node: u32) -> anyhow::Result<Option<i64>> {
        let (from, to) = (workload::date(workload::day("2027-02-19")), workload::date(workload::day("2027-03-10")));
        let path = format!("/v1/properties/reads-1/availability?from={from}&to={to}&roomType=DBL");
        let reply = self.cluster.client(node).ask(Method::GET, &path, None, WITHIN).await;
        let reply = reply.map_err(|cause| anyhow::anyhow!("node {node} did not answer: {cause:?}"))?;
        let body = reply.json();
        let nights = body["roomTypes"][0]["nights"].as_array().filter(|_| reply.status.is_success());
        Ok(nights.map(|nights| nights.iter().map(|night| workload::night_of(night).sold).sum()))
    }

    fn compare(&self, node: u32, sold: i64) -> anyhow::Result<()> {
        let expected = 3 * self.acknowledged.len() as i64;
        if sold == expected {
            return Ok(());
        }
        Err(BrokenPromise(format!("node {node} has {sold} sold room nights, but {expected} were acknowledged")).into())
    }
}
