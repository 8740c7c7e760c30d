//! The peer port, called with certificates of members and of others.

use keyrack_tests::Cluster;
use keyrack_tests::secure::{ClientCertificate, SecureConnection, TestAuthority, tls_client};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

/// HTTP/2's preface and an empty SETTINGS frame.
const HELLO: &[u8] = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\x04\0\0\0\0\0";

/// Whether the port speaks HTTP/2 to a caller with this certificate.
async fn answers(cluster: &Cluster, shown: Option<ClientCertificate>, only_12: bool) -> bool {
    let client = tls_client(&cluster.pki().join("ca.pem"), shown, only_12);
    let Ok(mut connection) = SecureConnection::open(&cluster.door(1, 2), &client).await else { return false };
    connection.exchange(HELLO).await.is_ok_and(|heard| !heard.is_empty())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn only_members_are_answered() {
    let cluster = Cluster::start();
    let (authority, stranger) = (TestAuthority::of(&cluster.pki()), TestAuthority::stranger());
    let node = "spiffe://dev/node/2";
    assert!(answers(&cluster, Some(authority.issue(&[node])), false).await, "a member's certificate works");
    let refused = [
        ("nothing", None),
        ("an unknown authority's", Some(stranger.issue(&[node]))),
        ("an expired one", Some(authority.issue_until(&[node], 2021))),
        ("another cluster's", Some(authority.issue(&["spiffe://prod/node/2"]))),
        ("one of a node that is not a member", Some(authority.issue(&["spiffe://dev/node/4"]))),
        ("an operator's", Some(authority.issue(&["spiffe://dev/operator/dev"]))),
        ("a desk's", Some(authority.issue(&["spiffe://dev/desk/lisbon"]))),
        ("two nodes' at once", Some(authority.issue(&[node, "spiffe://dev/node/3"]))),
        ("one without identity", Some(authority.issue(&[]))),
    ];
    for (what, shown) in refused {
        assert!(!answers(&cluster, shown, false).await, "{what}");
    }
    assert!(!answers(&cluster, Some(authority.issue(&[node])), true).await, "TLS 1.2");
    let mut plain = TcpStream::connect(cluster.door(1, 2)).await.unwrap();
    plain.write_all(HELLO).await.unwrap();
    let mut heard = Vec::new();
    let _ = plain.read_to_end(&mut heard).await;
    // At most a TLS alert: 0x15.
    assert!(heard.first().is_none_or(|first| *first == 0x15), "plain TCP: {heard:?}");
    let said = cluster.log(1);
    for cause in ["spiffe://prod/node/2", "spiffe://dev/operator/dev", "node 4 is fenced", "UnknownIssuer", "CertExpired"] {
        assert_eq!(said.matches(cause).count(), 1, "the log has once: {cause}\n{said}");
    }
}
