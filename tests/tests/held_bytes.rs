//! What the HTTP library holds for a connection counts too: answers that nobody reads, streams, and bytes of bodies that no handler has
//! read.

// In a test a failed unwrap is the failure report.
#![allow(clippy::unwrap_used)]

use std::net::Ipv4Addr;

use keyrack_tests::{Cluster, Metrics, PATIENCE, RawH2, until};

const MIB: u64 = 1 << 20;
const HOSTILE: [Ipv4Addr; 2] = [Ipv4Addr::new(127, 66, 0, 7), Ipv4Addr::new(127, 66, 0, 8)];
const GRPC: [(&str, &str); 2] = [("content-type", "application/grpc"), ("te", "trailers")];
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
            let mut connection = RawH2::open_narrow(HOSTILE[0], &address, 65_535).await;
            connection.burst(2_040, method, "/healthz").await;
            open.push(connection);
        }
        let grown = cluster.node(1).most_memory().saturating_sub(before);
        println!("{method}: {} MiB more, {} bytes counted", grown / MIB, waiting_bytes(&cluster).await);
        assert!(grown < BOUND + BESIDES, "{method}: {} MiB for {connections} connections", grown / MIB);
    }
    until("all bytes are given back", PATIENCE, async || (waiting_bytes(&cluster).await < MIB).then_some(())).await;
}

/// Each byte of a body arrives with eight thousand others, and the handler waits for a client that reads nothing.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn bytes_of_bodies_that_no_handler_reads_are_within_the_bound() {
    const REFLECTION: &str = "/grpc.reflection.v1.ServerReflection/ServerReflectionInfo";
    let cluster = cluster();
    let address = cluster.node(1).grpc.trim_start_matches("http://").to_owned();
    let before = cluster.node(1).most_memory();
    // list_services (field 7): its answer does not fit into the closed window, so no other message is read.
    let message = [&[0, 0, 0, 0, 3][..], &[0x3a, 1, b'*']].concat();
    let mut open = Vec::new();
    for number in 0..40 {
        let mut connection = RawH2::open(HOSTILE[number % 2], &address, 0).await;
        let stream = connection.request("POST", REFLECTION, &GRPC, false).await;
        for _ in 0..8 {
            connection.data(stream, &message).await;
        }
        connection.thin_body(stream, &[0; 800], 7_900).await;
        open.push(connection);
    }
    let grown = cluster.node(1).most_memory().saturating_sub(before);
    println!("{} MiB more, {} bytes counted", grown / MIB, waiting_bytes(&cluster).await);
    assert!(grown < BOUND + BESIDES, "{} MiB for {} connections", grown / MIB, open.len());
    drop(open);
    until("all bytes are given back", PATIENCE, async || (waiting_bytes(&cluster).await < MIB).then_some(())).await;
}
