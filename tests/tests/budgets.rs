//! What strangers and hostile clients can make a node keep: bounded in bytes and in time, and never at the cost of other clients.

// In a test a failed unwrap is the failure report.
#![allow(clippy::unwrap_used)]

use std::net::Ipv4Addr;
use std::time::Duration;

use keyrack_tests::{Api, Cluster, HotelPlan, Metrics, PATIENCE, RawH2, connect_from, fresh_key, raw_exchange, refusal, until};
use serde_json::json;
use tokio::io::AsyncWriteExt;
use tokio::net::TcpStream;
use tokio::task::JoinSet;
use tokio::time::timeout;

const MIB: u64 = 1 << 20;
const HOSTILE: Ipv4Addr = Ipv4Addr::new(127, 66, 0, 1);
/// Short, so that the test sees the ends of what is given up.
const SHORT: [(&str, &str); 3] = [
    ("KEYRACK_LIMITS_READ_TIMEOUT_MS", "2000"),
    ("KEYRACK_LIMITS_WRITE_TIMEOUT_MS", "2000"),
    ("KEYRACK_LIMITS_IDLE_TIMEOUT_MS", "3000"),
];
const GRPC: [(&str, &str); 2] = [("content-type", "application/grpc"), ("te", "trailers")];
const HEALTH: &str = "/grpc.health.v1.Health/Check";
const REFLECTION: &str = "/grpc.reflection.v1.ServerReflection/ServerReflectionInfo";

/// The head of a gRPC message of this length.
fn message(length: u32) -> Vec<u8> {
    [&[0][..], &length.to_be_bytes()].concat()
}

/// The value of a metric of node 1.
async fn metric(cluster: &Cluster, series: &str) -> u64 {
    let page = cluster.api("operator", 1).get("/metrics").send().await.expect(200);
    Metrics::parse(&page.text()).value(series).unwrap_or_else(|| panic!("no {series}"))
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn one_anonymous_connection_cannot_use_the_memory() {
    let cluster = Cluster::start_with(&SHORT);
    let node = cluster.node(1);
    let address = cluster.api("operator", 1).address().to_owned();
    let before = node.most_memory();
    // Bodies without an end: as much as the node reads, and then nothing.
    let mut bodies = RawH2::open(HOSTILE, &address, 65_535).await;
    for _ in 0..1_000 {
        let stream = bodies.request("POST", HEALTH, &GRPC, false).await;
        bodies.data(stream, &message(4 << 20)).await;
        bodies.data(stream, &[7; 8 << 10]).await;
    }
    // Answers that nobody reads.
    let mut unread = Vec::new();
    for _ in 0..4 {
        let mut answers = RawH2::open(HOSTILE, &address, 0).await;
        for _ in 0..1_000 {
            answers.request("GET", "/openapi.json", &[], true).await;
        }
        unread.push(answers);
    }
    for connection in unread.iter_mut().chain([&mut bodies]) {
        assert!(connection.is_closed(PATIENCE).await, "a connection that leads to nothing is closed");
    }
    let grown = node.most_memory().saturating_sub(before);
    assert!(grown < 160 * MIB, "{} MiB for five connections", grown / MIB);
    until("all bytes are given back", PATIENCE, async || (metric(&cluster, "keyrack_waiting_bytes").await < MIB).then_some(()))
        .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_client_that_does_not_read_loses_its_connection_and_not_its_neighbours() {
    let cluster = Cluster::start_with(&SHORT);
    let api = cluster.api("operator", 1);
    let mut silent = connect_from(HOSTILE, api.address()).await;
    // More answers than all buffers on the way hold.
    let request = "GET /openapi.json HTTP/1.1\r\nHost: node\r\n\r\n".repeat(200);
    let _ = timeout(Duration::from_secs(1), silent.write_all(request.as_bytes())).await;
    let neighbour = api.from_address(HOSTILE).unauthenticated();
    until("the connection is closed", PATIENCE, async || {
        neighbour.get("/openapi.json").send().await.expect(200);
        // A closed connection refuses more bytes.
        silent.write_all(b"x").await.is_err().then_some(())
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_body_from_a_stranger_is_small_and_arrives_in_time() {
    let cluster = Cluster::start_with(&SHORT);
    let api = cluster.api("operator", 1).unauthenticated();
    let large = json!({"confirmationNumber": "7".repeat(5_000), "link": "krl_"});
    let answer = api.post("/v1/guest-sessions", &fresh_key()).json(&large).send().await;
    refusal(&answer, 413, "payload_too_large");
    let head = "POST /v1/guest-sessions HTTP/1.1\r\nHost: node\r\nContent-Type: application/json\r\nContent-Length: 100\r\n\r\n{";
    let late = raw_exchange(api.address(), head.as_bytes().to_vec(), PATIENCE).await;
    assert_eq!(late.status, Some(408), "{}", late.head);
}

/// A principal with one request a second sends 60 bookings in one stream: each of them counts.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn each_booking_of_a_stream_counts() {
    let cluster = Cluster::start();
    let hotel = HotelPlan::new("STREAMED", 5).open(&cluster.operator()).await;
    let operators = cluster.operators().await;
    let settings = json!({"role": "channel", "requestsPerSecond": 5});
    let channel = operators.caller("streamer", &settings, &cluster.api("channel", 1)).await;
    let bearer = format!("Bearer {}", channel.api_key());
    let address = cluster.node(1).grpc.trim_start_matches("http://").to_owned();
    let mut stream = RawH2::open(Ipv4Addr::LOCALHOST, &address, 1 << 20).await;
    let headers = [GRPC[0], GRPC[1], ("authorization", bearer.as_str())];
    let id = stream.request("POST", "/keyrack.v1.Reservations/BookMany", &headers, false).await;
    // tag = 1 (field 1), book = {propertyId} (field 2): refused, but counted before that.
    let property = hotel.id.as_bytes();
    let book = [&[0x0a, property.len() as u8], property].concat();
    let item = [&[0x08, 1, 0x12, book.len() as u8], book.as_slice()].concat();
    for _ in 0..60 {
        stream.data(id, &[message(item.len() as u32), item.clone()].concat()).await;
    }
    let answers = stream.read(Duration::from_secs(2)).await;
    let refused = answers.windows(14).filter(|window| *window == b"quota_exceeded").count();
    assert!((40..60).contains(&refused), "{refused} of 60 bookings were above the quota of 5 a second");
}

/// A byte now and then does not give a message more time.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_message_that_arrives_byte_by_byte_is_given_up() {
    let cluster = Cluster::start_with(&SHORT);
    let bearer = format!("Bearer {}", cluster.key("channel"));
    let address = cluster.node(1).grpc.trim_start_matches("http://").to_owned();
    let mut stream = RawH2::open(Ipv4Addr::LOCALHOST, &address, 1 << 20).await;
    let headers = [GRPC[0], GRPC[1], ("authorization", bearer.as_str())];
    let id = stream.request("POST", "/keyrack.v1.Reservations/BookMany", &headers, false).await;
    stream.data(id, &message(60_000)).await;
    let (begin, mut answer) = (std::time::Instant::now(), Vec::new());
    while !ends(&answer) {
        assert!(begin.elapsed() < PATIENCE, "the node still waits");
        stream.data(id, b"x").await;
        answer.extend(stream.read(Duration::from_millis(300)).await);
    }
}

/// Whether HTTP/2 frames end a stream: with trailers, or with a reset.
fn ends(mut frames: &[u8]) -> bool {
    while let [a, b, c, kind, flags, _, _, _, _, rest @ ..] = frames {
        let is_trailer = *kind == 1 && flags & 1 == 1;
        if is_trailer || *kind == 3 {
            return true;
        }
        frames = rest.get(u32::from_be_bytes([0, *a, *b, *c]) as usize..).unwrap_or_default();
    }
    false
}

/// Eight kinds of hostile clients hold as many connections as one address may have. Another channel is served all the time, and the
/// memory stays within the bound.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn four_thousand_hostile_connections_are_within_the_budget() {
    const OF_EACH_KIND: usize = 512;
    const BOUND: u64 = 512 * MIB;
    let mut settings = SHORT.to_vec();
    settings.extend([("KEYRACK_LIMITS_WAITING_BYTES", "134217728"), ("KEYRACK_LIMITS_READ_TIMEOUT_MS", "20000")]);
    let cluster = Cluster::start_with(&settings);
    let hotel = HotelPlan::new("CALM", 500).open(&cluster.operator()).await;
    let address = cluster.api("operator", 1).address().to_owned();
    let channel = hotel.through(&cluster.api("channel", 1));
    let request = hotel.request("2027-03-01", "2027-03-02");
    let mut alone = book_all(&channel.api, &request, 40).await;
    let mut hostile = JoinSet::new();
    for number in 0..8 * OF_EACH_KIND {
        // In steps, because a listener's queue of new connections is short.
        if number % 64 == 63 {
            tokio::task::yield_now().await;
        }
        let address = address.clone();
        hostile.spawn(async move { Hostile::open(number % 8, &address).await });
        while hostile.len() > 64 {
            keep(hostile.join_next().await);
        }
    }
    let mut beside = book_all(&channel.api, &request, 40).await;
    while let Some(opened) = hostile.join_next().await {
        keep(Some(opened));
    }
    beside.extend(book_all(&channel.api, &request, 40).await);
    let most = cluster.node(1).most_memory();
    assert!(most < BOUND, "{} MiB", most / MIB);
    println!("most memory {} MiB; p99 alone {:?}, beside {:?}", most / MIB, p99(&mut alone), p99(&mut beside));
}

/// Connections that stay open until the test ends.
fn keep(opened: Option<Result<Hostile, tokio::task::JoinError>>) {
    std::mem::forget(opened.unwrap().unwrap());
}

fn p99(times: &mut [Duration]) -> Duration {
    times.sort_unstable();
    times[times.len() * 99 / 100]
}

/// Takes bookings one after the other, and returns how long each took. Each must succeed.
async fn book_all(api: &Api, request: &serde_json::Value, count: usize) -> Vec<Duration> {
    let mut took = Vec::new();
    for _ in 0..count {
        let begin = std::time::Instant::now();
        api.post("/v1/bookings", &fresh_key()).json(request).send().await.expect(201);
        took.push(begin.elapsed());
    }
    took
}

/// A hostile connection. Its fields keep it open.
#[expect(dead_code, reason = "a value keeps its connection open")]
enum Hostile {
    Plain(TcpStream),
    H2(RawH2),
}

impl Hostile {
    async fn open(kind: usize, address: &str) -> Hostile {
        let plain = async |text: &str| {
            let mut stream = connect_from(HOSTILE, address).await;
            let _ = timeout(Duration::from_secs(5), stream.write_all(text.as_bytes())).await;
            Hostile::Plain(stream)
        };
        match kind {
            // A head without an end.
            0 => plain("GET /healthz HTTP/1.1\r\nHost: node\r\nX-Slow: ").await,
            // A body without an end.
            1 => {
                let head = "POST /v1/guest-sessions HTTP/1.1\r\nHost: node\r\nContent-Type: application/json\r\n";
                plain(&format!("{head}Content-Length: 4000\r\n\r\n{{")).await
            }
            // Nothing.
            2 => plain("").await,
            // Large answers that nobody reads.
            3 => plain(&"GET /openapi.json HTTP/1.1\r\nHost: node\r\n\r\n".repeat(20)).await,
            // Windows that stay closed.
            4 => {
                let mut connection = RawH2::open(HOSTILE, address, 0).await;
                for _ in 0..8 {
                    connection.request("GET", "/openapi.json", &[], true).await;
                }
                Hostile::H2(connection)
            }
            // Streams without an end.
            5 => {
                let mut connection = RawH2::open(HOSTILE, address, 65_535).await;
                for _ in 0..8 {
                    let stream = connection.request("POST", REFLECTION, &GRPC, false).await;
                    connection.data(stream, &message(16 << 10)).await;
                }
                Hostile::H2(connection)
            }
            // Many streams.
            6 => {
                let mut connection = RawH2::open(HOSTILE, address, 0).await;
                for _ in 0..100 {
                    connection.request("GET", "/docs", &[], true).await;
                }
                Hostile::H2(connection)
            }
            // Resets.
            _ => {
                let mut connection = RawH2::open(HOSTILE, address, 65_535).await;
                for _ in 0..100 {
                    let stream = connection.request("POST", HEALTH, &GRPC, false).await;
                    connection.reset(stream).await;
                }
                Hostile::H2(connection)
            }
        }
    }
}
