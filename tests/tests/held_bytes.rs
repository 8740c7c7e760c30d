//! What the HTTP library holds for a connection counts too: answers that nobody reads, and streams.

// In a test a failed unwrap is the failure report.
#![allow(clippy::unwrap_used)]

use std::net::Ipv4Addr;

use keyrack_tests::{Cluster, Metrics, PATIENCE, RawH2, until};

const MIB: u64 = 1 << 20;
const HOSTILE: Ipv4Addr = Ipv4Addr::new(127, 66, 0, 7);
/// All that may wait in a node: small, so that the test sees what is not counted.
const BOUND: u64 = 64 * MIB;
/// What a node may use besides: the kernel's and the allocator's memory for the connections.
const BESIDES: u64 = 48 * MIB;

fn cluster() -> Cluster {
    Cluster::start_with(&[("KEYRACK_LIMITS_WAITING_BYTES", "67108864")])
}

async fn waiting_bytes(cluster: &Cluster) -> u64 {
    let page = cluster.api("operator", 1).get("/metrics").send().await.expect(200);
    Metrics::parse(&page.text()).value("keyrack_waiting_bytes").unwrap()
}

/// Each connection asks for more than two thousand answers and reads none.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn answers_that_nobody_reads_are_within_the_bound() {
    let cluster = cluster();
    let address = cluster.node(1).grpc.trim_start_matches("http://").to_owned();
    let before = cluster.node(1).most_memory();
    for (method, connections) in [("GET", 60), ("HEAD", 40)] {
        let mut open = Vec::new();
        for _ in 0..connections {
            let mut connection = RawH2::open_narrow(HOSTILE, &address, 65_535).await;
            connection.burst(2_040, method, "/healthz").await;
            open.push(connection);
        }
        let grown = cluster.node(1).most_memory().saturating_sub(before);
        println!("{method}: {} MiB more, {} bytes counted", grown / MIB, waiting_bytes(&cluster).await);
        assert!(grown < BOUND + BESIDES, "{method}: {} MiB for {connections} connections", grown / MIB);
    }
    until("all bytes are given back", PATIENCE, async || (waiting_bytes(&cluster).await < MIB).then_some(())).await;
}
