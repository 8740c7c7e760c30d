//! Measures what abuse costs other callers: the p99 of one channel's bookings, first alone, then while 1,000
//! connections send their request heads one byte a second and another channel floods with ten times its quota. A
//! benchmark, not a test: run it with `make bench-abuse`.

// An example that cannot continue panics with the reason.
#![allow(clippy::unwrap_used)]

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::{Duration, Instant};

use keyrack_tests::{Api, Cluster, Hotel, HotelPlan, fresh_key};
use serde_json::json;
use tokio::io::AsyncWriteExt;
use tokio::net::TcpStream;
use tokio::task::JoinSet;

const SLOW: usize = 1_000;
const QUOTA: u64 = 200;
const FLOOD_PER_SECOND: u64 = 2_000;
const WORKERS: usize = 8;
const ROUND: Duration = Duration::from_secs(8);
const ROUNDS: usize = 3;

#[tokio::main(flavor = "multi_thread", worker_threads = 2)]
async fn main() {
    let cluster = Cluster::start();
    let hotel = HotelPlan::new("ABUSE", 100_000).open(&cluster.operator()).await;
    let operators = cluster.operators().await;
    let good = operators.caller("good", &json!({"role": "channel"}), &cluster.api("channel", 1)).await;
    let greedy = json!({"role": "channel", "requestsPerSecond": QUOTA});
    let flooding = operators.caller("flooding", &greedy, &cluster.api("channel", 1)).await;
    let at = |api: &Api, node: usize| cluster.api("channel", node).with_key(api.api_key());
    let nodes: Vec<usize> = cluster.node_ids().collect();
    let goods: Vec<Api> = nodes.iter().map(|node| at(&good, *node)).collect();
    let floods: Vec<Api> = nodes.iter().map(|node| at(&flooding, *node)).collect();
    measure(&goods, &hotel).await;
    let mut ratios = Vec::new();
    for round in 1..=ROUNDS {
        let (alone, booked) = measure(&goods, &hotel).await;
        let abuse = Abuse::begin(&goods, floods.clone(), &hotel).await;
        let (beside, booked_beside) = measure(&goods, &hotel).await;
        let (let_in, refused, cut) = abuse.end().await;
        let ratio = beside.as_secs_f64() / alone.as_secs_f64();
        println!(
            "round {round}: p99 {alone:.1?} alone ({booked} booked), {beside:.1?} under abuse ({booked_beside} booked): x{ratio:.2}; \
             the flood: {let_in} admitted, {refused} refused; slow connections cut: {cut}"
        );
        ratios.push(ratio);
    }
    ratios.sort_by(f64::total_cmp);
    println!("median: x{:.2}", ratios[ROUNDS / 2]);
}

/// Books with `WORKERS` workers for `ROUND`. Returns the p99 and the number of bookings.
async fn measure(apis: &[Api], hotel: &Hotel) -> (Duration, usize) {
    let ends = Instant::now() + ROUND;
    let mut workers = JoinSet::new();
    for worker in 0..WORKERS {
        let (api, request) = (apis[worker % apis.len()].clone(), hotel.request("2027-03-01", "2027-03-02"));
        workers.spawn(async move {
            let mut took = Vec::new();
            while Instant::now() < ends {
                let began = Instant::now();
                api.post("/v1/bookings", &fresh_key()).json(&request).send().await.expect(201);
                took.push(began.elapsed());
            }
            took
        });
    }
    let mut all: Vec<Duration> = workers.join_all().await.into_iter().flatten().collect();
    all.sort_unstable();
    (all[all.len() * 99 / 100], all.len())
}

struct Abuse {
    stop: Arc<AtomicBool>,
    slow: JoinSet<bool>,
    flood: JoinSet<()>,
    let_in: Arc<AtomicU64>,
    refused: Arc<AtomicU64>,
}

impl Abuse {
    async fn begin(nodes: &[Api], floods: Vec<Api>, hotel: &Hotel) -> Abuse {
        let stop = Arc::new(AtomicBool::new(false));
        let (let_in, refused) = (Arc::new(AtomicU64::new(0)), Arc::new(AtomicU64::new(0)));
        let (mut slow, mut flood) = (JoinSet::new(), JoinSet::new());
        for number in 0..SLOW {
            let (address, stop) = (nodes[number % nodes.len()].address().to_owned(), stop.clone());
            slow.spawn(async move { dawdle(&address, &stop).await });
        }
        let flooders = 20;
        for number in 0..flooders {
            let (api, stop, request) =
                (floods[number % floods.len()].clone(), stop.clone(), hotel.request("2027-04-01", "2027-04-02"));
            let (let_in, refused) = (let_in.clone(), refused.clone());
            flood.spawn(async move {
                let mut every = tokio::time::interval(Duration::from_micros(1_000_000 * flooders as u64 / FLOOD_PER_SECOND));
                while !stop.load(Ordering::Relaxed) {
                    every.tick().await;
                    let answer = api.post("/v1/bookings", &fresh_key()).json(&request).send().await;
                    if answer.status == 201 { &let_in } else { &refused }.fetch_add(1, Ordering::Relaxed);
                }
            });
        }
        Abuse { stop, slow, flood, let_in, refused }
    }

    /// Stops the abuse. Returns how many requests were admitted and refused, and how many slow connections the node
    /// cut.
    async fn end(mut self) -> (u64, u64, usize) {
        self.stop.store(true, Ordering::Relaxed);
        while self.flood.join_next().await.is_some() {}
        let cut = self.slow.join_all().await.into_iter().filter(|cut| *cut).count();
        (self.let_in.load(Ordering::Relaxed), self.refused.load(Ordering::Relaxed), cut)
    }
}

/// Sends a request head one byte a second. Returns whether the node cut the connection.
async fn dawdle(address: &str, stop: &AtomicBool) -> bool {
    let Ok(mut stream) = TcpStream::connect(address).await else { return true };
    for byte in b"POST /v1/bookings HTTP/1.1\r\nHost: keyrack\r\nX-Slow: ".iter().cycle() {
        if stop.load(Ordering::Relaxed) {
            return false;
        }
        if stream.write_all(&[*byte]).await.is_err() {
            return true;
        }
        tokio::time::sleep(Duration::from_secs(1)).await;
    }
    false
}
