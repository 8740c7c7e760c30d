//! The operators' listener: nobody enters without an operator's certificate of this cluster.

use keyrack_tests::Cluster;
use keyrack_tests::secure::{ClientCertificate, TestAuthority, tls_client};

use crate::status;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn only_operators_of_this_cluster_enter() {
    let cluster = Cluster::start();
    let (pki, door) = (cluster.pki(), cluster.door(1, 3));
    let trust = pki.join("ca.pem");
    let own = ClientCertificate::read(&pki.join("operator-dev.pem"), &pki.join("operator-dev.key"));
    assert_eq!(status(&door, &tls_client(&trust, Some(own), false)).await, Ok(200));
    let (authority, stranger) = (TestAuthority::of(&pki), TestAuthority::stranger());
    let anna = "spiffe://dev/operator/anna";
    assert_eq!(status(&door, &tls_client(&trust, Some(authority.issue(&[anna])), false)).await, Ok(200), "the authority works");
    let refused = [
        ("nothing", None),
        ("a stranger's", Some(stranger.issue(&[anna]))),
        ("an expired one", Some(authority.issue_until(&[anna], 2021))),
        ("a desk's", Some(authority.issue(&["spiffe://dev/desk/lisbon"]))),
        ("a node's", Some(authority.issue(&["spiffe://dev/node/2"]))),
        ("another cluster's", Some(authority.issue(&["spiffe://prod/operator/anna"]))),
        ("two at once", Some(authority.issue(&[anna, "spiffe://dev/operator/ben"]))),
        ("nobody's", Some(authority.issue(&[]))),
        ("a made-up kind", Some(authority.issue(&["spiffe://dev/root/anna"]))),
    ];
    for (what, shown) in refused {
        assert!(status(&door, &tls_client(&trust, shown, false)).await.is_err(), "{what}");
    }
    let own = || ClientCertificate::read(&pki.join("operator-dev.pem"), &pki.join("operator-dev.key"));
    assert!(status(&door, &tls_client(&trust, Some(own()), true)).await.is_err(), "TLS 1.2");
    let said = cluster.log(1);
    assert!(said.contains("no operator: refused") && said.contains("spiffe://dev/desk/lisbon"), "the log says who: {said}");
}
