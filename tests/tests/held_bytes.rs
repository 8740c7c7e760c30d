//! What the HTTP library holds for a connection counts too: answers that nobody reads, streams, and bytes of bodies that no handler has
//! read.

// In a test a failed unwrap is the failure report.
#![allow(clippy::unwrap_used)]

use std::net::Ipv4Addr;

use keyrack_tests::{Cluster, Metrics, PATIENCE, RawH2, until};

const MIB: u64 = 1 << 20;
const HOSTILE: Ipv4Addr = Ipv4Addr::new(127, 66, 0, 7);
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

/// Each byte of a body arrives with eight thousand others, while the handler waits for a client that reads no answer.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn bytes_of_bodies_that_no_handler_reads_are_within_the_bound() {
    const REFLECTION: &str = "/grpc.reflection.v1.ServerReflection/ServerReflectionInfo";
    const SYMBOL: &[u8] = b"keyrack.v1.Reservations";
    let cluster = cluster();
    let address = cluster.node(1).grpc.trim_start_matches("http://").to_owned();
    let before = cluster.node(1).most_memory();
    // file_containing_symbol (field 4). The answers to these fill everything between the handler and the closed window.
    let symbol = [&[0x22, SYMBOL.len() as u8], SYMBOL].concat();
    let message = [&[0, 0, 0, 0, symbol.len() as u8][..], &symbol].concat();
    let asked = message.repeat(8_000 / message.len());
    let mut open = Vec::new();
    for number in 0..200 {
        let from = Ipv4Addr::new(127, 66, 1, 1 + number);
        let mut connection = RawH2::open(from, &address, 0).await;
        let stream = connection.request("POST", REFLECTION, &GRPC, false).await;
        connection.data(stream, &asked).await;
        open.push((connection, stream));
    }
    let mut counted = 0;
    for (connection, stream) in &mut open {
        connection.thin_body(*stream, &[0; 800], 7_900).await;
        counted = counted.max(waiting_bytes(&cluster).await);
    }
    let grown = cluster.node(1).most_memory().saturating_sub(before);
    println!("{} MiB more, at most {} MiB counted", grown / MIB, counted / MIB);
    assert!(grown < BOUND + BESIDES, "{} MiB for {} connections", grown / MIB, open.len());
    assert!(counted > BOUND / 4, "the bytes are held, and counted: {} MiB", counted / MIB);
    drop(open);
    until("all bytes are given back", PATIENCE, async || (waiting_bytes(&cluster).await < MIB).then_some(())).await;
}
