//! Measures how much refusals grow a node's disk: of strangers, of a channel over its quota, and of a channel whose bookings do not
//! fit. A benchmark, not a test: run it with `make bench-refusals`.

// An example that cannot continue panics with the reason.
#![allow(clippy::unwrap_used)]

use std::fs;
use std::path::Path;

use keyrack_tests::{Api, Cluster, HotelPlan, fresh_key};
use serde_json::{Value, json};
use tokio::task::JoinSet;

/// As many refused commands of a principal as a shard keeps on a day.
const REQUESTS: usize = 10_000;
const WORKERS: usize = 32;

#[tokio::main(flavor = "multi_thread", worker_threads = 2)]
async fn main() {
    let mut cluster = Cluster::start();
    // Two nights for each booking: the largest refusal names 31 nights.
    let hotel = HotelPlan::new("FULL", 1).open(&cluster.operator()).await;
    let operators = cluster.operators().await;
    let (booking, stranger) = (hotel.request("2027-03-01", "2027-04-01"), cluster.api("channel", 1).unauthenticated());
    let limited = json!({"role": "channel", "requestsPerSecond": 1});
    let limited = operators.caller("limited", &limited, &cluster.api("channel", 1)).await;
    let generous = json!({"role": "channel", "requestsPerSecond": 100_000});
    let generous = operators.caller("generous", &generous, &cluster.api("channel", 1)).await;
    generous.post("/v1/bookings", &fresh_key()).json(&booking).send().await.expect(201);
    let mut before = sizes(&mut cluster);
    println!("{REQUESTS} requests each; the growth of node 1's folder in bytes");
    for (what, api, status) in [
        ("strangers without a key", &stranger, 401),
        ("a channel over its quota", &limited, 429),
        ("refused bookings of 31 nights, kept with their answers", &generous, 409),
        ("refused bookings of 31 nights, only counted", &generous, 409),
    ] {
        let refused = send(api, &booking, status).await;
        let after = sizes(&mut cluster);
        let (rows, log) = (after.0 as i64 - before.0 as i64, after.1 as i64 - before.1 as i64);
        println!("{what}: {refused} answers {status}, rows {rows:+}, log {log:+}");
        before = after;
    }
}

/// Sends the same booking with a new idempotency key each time. Returns how many answers had this status.
async fn send(api: &Api, booking: &Value, status: u16) -> usize {
    let mut workers = JoinSet::new();
    for _ in 0..WORKERS {
        let (api, booking) = (api.clone(), booking.clone());
        workers.spawn(async move {
            let mut refused = 0;
            for _ in 0..REQUESTS.div_ceil(WORKERS) {
                let answer = api.post("/v1/bookings", &fresh_key()).json(&booking).send().await;
                refused += usize::from(answer.status == status);
            }
            refused
        });
    }
    workers.join_all().await.into_iter().sum()
}

/// The bytes of the rows and of the log of node 1. The cluster stops for this, so that everything is in files, and starts again.
fn sizes(cluster: &mut Cluster) -> (u64, u64) {
    cluster.stop();
    let data = cluster.data().join("node-1/data");
    let sizes = (bytes(&data.join("rows")), bytes(&data.join("log")));
    cluster.start_again();
    sizes
}

fn bytes(folder: &Path) -> u64 {
    let of = |entry: fs::DirEntry| match entry.file_type().unwrap().is_dir() {
        true => bytes(&entry.path()),
        false => entry.metadata().unwrap().len(),
    };
    fs::read_dir(folder).unwrap().map(|entry| of(entry.unwrap())).sum()
}
