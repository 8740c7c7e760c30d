//! Requests that a node refuses before it has read all of them: the client gets the whole answer and a proper end of TLS.

use keyrack_tests::Cluster;
use keyrack_tests::secure::{SecureConnection, tls_client};

const READ_TIMEOUT_MS: &str = "1000";
/// Larger than every limit, and than the buffers of two sockets.
const BODY_BYTES: usize = 6 << 20;
/// The fault depends on timing: whether the client still sends when the node closes.
const TIMES: usize = 20;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_early_refusal_is_whole_and_ends_with_close_notify() {
    let cluster = Cluster::start_secure(&[("KEYRACK_LIMITS_READ_TIMEOUT_MS", READ_TIMEOUT_MS)]);
    let client = tls_client(&cluster.pki().join("ca.pem"), None, false);
    let key = cluster.key("channel");
    let too_large = format!(
        "POST /v1/bookings HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer {key}\r\nIdempotency-Key: early\r\n\
        Content-Type: application/json\r\nContent-Length: {BODY_BYTES}\r\n\r\n"
    );
    let closing = too_large.replacen("Host", "Connection: close\r\nHost", 1);
    let unknown = format!("POST /v1/bookings HTTP/1.1\r\nHost: a\r\nContent-Length: {BODY_BYTES}\r\n\r\n");
    let endless = format!("GET /{} HTTP/1.1\r\nHost: a\r\n\r\n", "a".repeat(BODY_BYTES));
    let refused = [
        ("a large body", too_large, "413", 3),
        ("a large body, then the end", closing, "413", TIMES),
        ("no key", unknown, "401", 3),
        ("a head that does not end", endless, "4", TIMES),
    ];
    for (what, head, status, times) in refused {
        let request = [head.as_bytes(), &vec![b'x'; BODY_BYTES]].concat();
        for time in 0..times {
            let connection = SecureConnection::open(&cluster.door(1, 0), &client).await.unwrap();
            let heard = connection.until_closed(request.clone()).await;
            let heard = heard.unwrap_or_else(|cause| panic!("{what}, time {time}: the connection was cut: {cause}"));
            let heard = String::from_utf8_lossy(&heard);
            assert!(heard.starts_with(&format!("HTTP/1.1 {status}")), "{what}, time {time}: {heard}");
        }
    }
}
