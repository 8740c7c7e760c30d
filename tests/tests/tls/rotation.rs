//! Certificates and authorities change during bookings, and no request fails.

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::Duration;

use jiff::{ToSpan, Zoned};
use keyrack_tests::secure::{SecureConnection, TestAuthority, tls_client};
use keyrack_tests::{Cluster, PATIENCE, fresh_key, run_until_exit, until};
use serde_json::{Value, json};
use tokio::task::JoinHandle;

use crate::{Client, status};

const ROTATIONS: usize = 100;
/// Requests over one connection before the next is opened.
const REQUESTS: usize = 10;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_hundred_rotations_and_a_new_authority_fail_no_request() {
    let mut cluster = Cluster::start_secure(&[]);
    let pki = cluster.pki();
    let writers = Writers::start(&cluster, 4);
    for rotation in 0..ROTATIONS {
        keyrack_pki(&pki, "--all");
        cluster.node_ids().for_each(|node| cluster.node(node).hang_up());
        all_show_their_files(&cluster).await;
        writers.until_more(20, &format!("after rotation {rotation}")).await;
    }
    // Nodes also notice changed files without a signal.
    keyrack_pki(&pki, "--all");
    all_show_their_files(&cluster).await;

    let of_before = TestAuthority::of(&pki).issue(&["spiffe://dev/operator/anna"]);
    for (number, step) in ["--new-ca", "--all", "--drop-old-ca"].into_iter().enumerate() {
        keyrack_pki(&pki, step);
        for node in cluster.node_ids() {
            let taken = ROTATIONS + 1 + 1 + number + 1;
            until(&format!("node {node} loads the files after {step}"), PATIENCE, async || {
                (taken_up(&cluster, node).await >= taken).then_some(())
            })
            .await;
        }
        all_show_their_files(&cluster).await;
        writers.until_more(20, step).await;
    }
    let booked = writers.finish().await;
    println!("{booked} bookings and as many cancellations, and none failed");

    let trust = pki.join("ca.pem");
    let refused = status(&cluster.door(1, 3), &tls_client(&trust, Some(of_before), false)).await;
    assert!(refused.is_err(), "a certificate of the old authority is refused");
    // Open connections between the nodes stay open. A restarted node needs new handshakes with all others.
    cluster.kill(3);
    cluster.restart(3);
    let client = tls_client(&trust, None, false);
    until("node 3 is ready again", PATIENCE, async || {
        let mut connection = SecureConnection::open(&cluster.door(3, 0), &client).await.ok()?;
        let answer = connection.request("GET /readyz", "", "").await.ok()?;
        (answer.0 == 200).then_some(())
    })
    .await;
}

/// Half of a pair, garbage or another node's certificate: the node keeps its certificate until the files are valid.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn invalid_files_are_ignored_until_they_are_valid() {
    let cluster = Cluster::start_secure(&[]);
    let pki = cluster.pki();
    let client = tls_client(&pki.join("ca.pem"), None, false);
    let shown = async || SecureConnection::open(&cluster.door(1, 0), &client).await.unwrap().certificate();
    let before = shown().await;
    let (certificate, key) = (pki.join("node-1.pem"), pki.join("node-1.key"));
    let kept: Vec<Vec<u8>> = [&certificate, &key].map(|path| std::fs::read(path).unwrap()).into();
    TestAuthority::of(&pki).issue(&["spiffe://dev/node/1"]).write(cluster.folder());
    let forged = |name: &str| std::fs::read(cluster.folder().join(name)).unwrap();
    let (next_certificate, next_key) = (forged("forged.pem"), forged("forged.key"));
    let other = std::fs::read(pki.join("node-2.pem")).unwrap();
    let bad: [(&Path, &[u8], &str); 3] = [
        (&key, &next_key, "does not match"),
        (&certificate, b"-----BEGIN CERTIFICATE-----\nAA", "has no certificate in PEM"),
        (&certificate, &other, "spiffe://dev/node/2"),
    ];
    for (path, bytes, said) in bad {
        std::fs::write(path, bytes).unwrap();
        cluster.node(1).hang_up();
        until(&format!("the log says {said}"), PATIENCE, async || cluster.log(1).contains(said).then_some(())).await;
        assert_eq!(shown().await, before);
    }
    std::fs::write(&certificate, &next_certificate).unwrap();
    until("the new pair is in use", PATIENCE, async || (shown().await != before).then_some(())).await;
    std::fs::write(&key, &kept[1]).unwrap();
    std::fs::write(&certificate, &kept[0]).unwrap();
    until("the old pair is in use again", PATIENCE, async || (shown().await == before).then_some(())).await;
}

fn keyrack_pki(pki: &Path, what: &str) {
    let args = ["pki", "rotate", "--dir", pki.to_str().unwrap(), what];
    let report = run_until_exit("keyrack", &args, Duration::from_secs(60));
    assert_eq!(report.code, Some(0), "keyrack pki rotate {what}: {}", report.stderr);
}

/// Waits until new handshakes with every node show the certificate in its file.
async fn all_show_their_files(cluster: &Cluster) {
    use rustls::pki_types::CertificateDer;
    use rustls::pki_types::pem::PemObject;
    let client = tls_client(&cluster.pki().join("ca.pem"), None, false);
    for node in cluster.node_ids() {
        let file = CertificateDer::from_pem_file(cluster.pki().join(format!("node-{node}.pem"))).unwrap();
        until(&format!("node {node} shows its new certificate"), PATIENCE, async || {
            let connection = SecureConnection::open(&cluster.door(node, 0), &client).await.unwrap();
            (connection.certificate() == file.as_ref()).then_some(())
        })
        .await;
    }
}

/// How many times a node has loaded certificates since its start.
async fn taken_up(cluster: &Cluster, node: usize) -> usize {
    let client = tls_client(&cluster.pki().join("ca.pem"), None, false);
    let mut connection = SecureConnection::open(&cluster.door(node, 0), &client).await.unwrap();
    let (_, page) = connection.request("GET /metrics", "", "").await.unwrap();
    let line = page.lines().find_map(|line| line.strip_prefix("keyrack_tls_certificates_total "));
    line.expect("the metric").trim().parse().unwrap()
}

/// Channels that book a room and cancel it, again and again, over connections that last for `REQUESTS` requests. Every
/// request must succeed at the first try.
struct Writers {
    done: Arc<AtomicUsize>,
    stop: Arc<AtomicBool>,
    tasks: Vec<JoinHandle<()>>,
}

impl Writers {
    fn start(cluster: &Cluster, count: usize) -> Writers {
        let (done, stop) = (Arc::new(AtomicUsize::new(0)), Arc::new(AtomicBool::new(false)));
        let trust = cluster.pki().join("ca.pem");
        let key = cluster.key("channel").to_owned();
        let start = |worker: usize| {
            let (done, stop, trust, key) = (done.clone(), stop.clone(), trust.clone(), key.clone());
            let doors: Vec<String> = cluster.node_ids().map(|node| cluster.door(node, 0)).collect();
            tokio::spawn(async move {
                for round in worker.. {
                    if stop.load(Ordering::Relaxed) {
                        return;
                    }
                    // Read again each time: a client must learn of a new authority, too.
                    let client: Client = tls_client(&trust, None, false);
                    let door = &doors[round % doors.len()];
                    let mut connection = SecureConnection::open(door, &client).await.expect("a connection");
                    for request in 0..REQUESTS / 2 {
                        book_and_cancel(&mut connection, &key, round * REQUESTS + request).await;
                        done.fetch_add(1, Ordering::Relaxed);
                    }
                }
            })
        };
        let tasks = (0..count).map(start).collect();
        Writers { done, stop, tasks }
    }

    async fn until_more(&self, bookings: usize, when: &str) {
        let target = self.done.load(Ordering::Relaxed) + bookings;
        until(&format!("{bookings} more bookings {when}"), PATIENCE, async || {
            assert!(!self.tasks.iter().any(JoinHandle::is_finished), "a request failed; see the panic above");
            (self.done.load(Ordering::Relaxed) >= target).then_some(())
        })
        .await;
    }

    async fn finish(self) -> usize {
        self.stop.store(true, Ordering::Relaxed);
        for task in self.tasks {
            task.await.expect("no request failed");
        }
        self.done.load(Ordering::Relaxed)
    }
}

async fn book_and_cancel(connection: &mut SecureConnection, key: &str, number: usize) {
    let headers = || {
        let fresh = fresh_key();
        format!("Authorization: Bearer {key}\r\nContent-Type: application/json\r\nIdempotency-Key: {fresh}\r\n")
    };
    let arrival = Zoned::now().date().checked_add(((number % 300 + 2) as i64).days()).unwrap();
    let departure = arrival.checked_add(1.day()).unwrap();
    let booking = json!({
        "propertyId": "lisbon-alfama", "arrival": arrival.to_string(), "departure": departure.to_string(),
        "rooms": [{"roomType": "DBL", "ratePlan": "BAR", "quantity": 1, "adults": 1, "childrenAges": []}],
        "guest": {"name": "Ada Lovelace", "email": "ada@example.org"},
    });
    let answer = connection.request("POST /v1/bookings", &headers(), &booking.to_string()).await;
    let (status, body) = answer.expect("an answer to a booking");
    assert_eq!(status, 201, "{body}");
    let booked: Value = serde_json::from_str(&body).unwrap();
    let path = format!("POST /v1/bookings/{}/cancel", booked["bookingId"].as_str().unwrap());
    let (status, body) = connection.request(&path, &headers(), "").await.expect("an answer to a cancellation");
    assert_eq!(status, 200, "{body}");
}
