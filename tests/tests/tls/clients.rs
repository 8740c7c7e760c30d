//! The HTTP and gRPC listeners over TLS, and limits for a single client.

use std::time::Duration;

use keyrack_tests::secure::{SecureConnection, TestAuthority, tls_client};
use keyrack_tests::{Cluster, PATIENCE, until};
use tokio::io::AsyncReadExt;
use tokio::net::TcpStream;
use tokio::time::timeout;

use crate::status;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_certificate_is_optional_but_must_be_valid() {
    let cluster = Cluster::start_secure(&[]);
    let trust = cluster.pki().join("ca.pem");
    let (authority, stranger) = (TestAuthority::of(&cluster.pki()), TestAuthority::stranger());
    let desk = "spiffe://dev/desk/lisbon";
    for door in [cluster.door(1, 0), cluster.door(1, 1)] {
        assert_eq!(status(&door, &tls_client(&trust, None, false)).await, Ok(200), "no certificate is needed");
        assert_eq!(status(&door, &tls_client(&trust, Some(authority.issue(&[desk])), false)).await, Ok(200));
        let refused = [
            ("an unknown authority's", stranger.issue(&[desk])),
            ("an expired one", authority.issue_until(&[desk], 2021)),
            ("another cluster's", authority.issue(&["spiffe://prod/desk/lisbon"])),
            ("one without identity", authority.issue(&[])),
        ];
        for (what, shown) in refused {
            assert!(status(&door, &tls_client(&trust, Some(shown), false)).await.is_err(), "{what}");
        }
        assert!(status(&door, &tls_client(&trust, None, true)).await.is_err(), "TLS 1.2 is not the default");
        let mut plain = TcpStream::connect(&door).await.unwrap();
        tokio::io::AsyncWriteExt::write_all(&mut plain, b"GET /healthz HTTP/1.1\r\nHost: a\r\n\r\n").await.unwrap();
        let mut heard = Vec::new();
        let _ = plain.read_to_end(&mut heard).await;
        assert!(!heard.starts_with(b"HTTP"), "plain HTTP is not answered");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn tls_1_2_is_accepted_if_configured() {
    let cluster = Cluster::start_secure(&[("KEYRACK_TLS_MIN_VERSION", "1.2")]);
    let trust = cluster.pki().join("ca.pem");
    for door in [cluster.door(1, 0), cluster.door(1, 1)] {
        for only_12 in [true, false] {
            assert_eq!(status(&door, &tls_client(&trust, None, only_12)).await, Ok(200), "{door}");
        }
    }
    let operator = || Some(TestAuthority::of(&cluster.pki()).issue(&["spiffe://dev/operator/anna"]));
    assert!(status(&cluster.door(1, 3), &tls_client(&trust, operator(), true)).await.is_err());
    assert_eq!(status(&cluster.door(1, 3), &tls_client(&trust, operator(), false)).await, Ok(200));
}

/// GET / over HTTP/2, by hand: preface, SETTINGS, HEADERS from the static table with `:authority: a`.
const H2_REQUEST: &[u8] = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\x04\0\0\0\0\0\0\0\x06\x01\x05\0\0\0\x01\x82\x87\x84\x41\x01a";

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn idle_connections_are_closed_and_delay_no_other_client() {
    let short = [("KEYRACK_LIMITS_READ_TIMEOUT_MS", "3000"), ("KEYRACK_LIMITS_IDLE_TIMEOUT_MS", "1000")];
    let cluster = Cluster::start_secure(&short);
    let (door, client) = (cluster.door(1, 0), tls_client(&cluster.pki().join("ca.pem"), None, false));
    let mut silent = Vec::new();
    for _ in 0..300 {
        silent.push(TcpStream::connect(&door).await.unwrap());
    }
    let waited = timeout(Duration::from_secs(2), status(&door, &client)).await;
    assert_eq!(waited.expect("300 unfinished handshakes delay no other client"), Ok(200));
    for mut stream in silent {
        let end = timeout(PATIENCE, stream.read_u8()).await.expect("an unfinished handshake is closed");
        assert!(end.is_err());
    }
    // A handshake and no request; an answered request and nothing more, over HTTP/1 and HTTP/2.
    let mut unused = SecureConnection::open(&door, &client).await.unwrap();
    let mut one = SecureConnection::open(&door, &client).await.unwrap();
    assert_eq!(one.request("GET /healthz", "", "").await.unwrap().0, 200);
    let mut two = SecureConnection::open(&door, &client).await.unwrap();
    assert!(!two.exchange(H2_REQUEST).await.unwrap().is_empty());
    for (what, idle) in [("unused", &mut unused), ("HTTP/1", &mut one), ("HTTP/2", &mut two)] {
        let closed = async {
            // HTTP/2 may still send SETTINGS, an answer and GOAWAY before the end.
            while idle.exchange(b"").await.is_ok_and(|heard| !heard.is_empty()) {}
        };
        timeout(Duration::from_secs(15), closed).await.unwrap_or_else(|_| panic!("{what} stays open"));
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn connections_per_address_are_limited() {
    let cluster = Cluster::start_secure(&[("KEYRACK_LIMITS_CONNECTIONS_PER_ADDRESS", "20")]);
    let client = tls_client(&cluster.pki().join("ca.pem"), None, false);
    let (mut open, mut refused) = (Vec::new(), 0);
    for number in 0..30 {
        // All listeners count together.
        match SecureConnection::open(&cluster.door(1, number % 2), &client).await {
            Ok(mut connection) => match connection.request("GET /healthz", "", "").await {
                Ok((200, _)) => open.push(connection),
                other => panic!("{other:?}"),
            },
            Err(_) => refused += 1,
        }
    }
    assert!((10..=12).contains(&refused), "{refused} refused of 30, {} open", open.len());
    drop(open);
    until("connections become free", PATIENCE, async || status(&cluster.door(1, 0), &client).await.ok()).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_path_that_is_too_long_is_refused_with_a_problem() {
    let cluster = Cluster::start_secure(&[]);
    let client = tls_client(&cluster.pki().join("ca.pem"), None, false);
    let mut connection = SecureConnection::open(&cluster.door(1, 0), &client).await.unwrap();
    let path = format!("GET /v1/offers?propertyId={}", "a".repeat(9_000));
    let (status, body) = connection.request(&path, "", "").await.unwrap();
    assert_eq!(status, 414, "{body}");
    assert!(body.contains("\"uri_too_long\""), "{body}");
    let (status, _) = connection.request("GET /healthz", "", "").await.unwrap();
    assert_eq!(status, 200, "the connection stays usable");
}
