//! The operators' listener admits only callers with an operator's certificate of this cluster.

use keyrack_tests::Cluster;
use keyrack_tests::secure::{ClientCertificate, TestAuthority, tls_client};

use crate::status;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn only_operators_of_this_cluster_are_admitted() {
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
        ("an unknown authority's", Some(stranger.issue(&[anna]))),
        ("an expired one", Some(authority.issue_until(&[anna], 2021))),
        ("a desk's", Some(authority.issue(&["spiffe://dev/desk/lisbon"]))),
        ("a node's", Some(authority.issue(&["spiffe://dev/node/2"]))),
        ("another cluster's", Some(authority.issue(&["spiffe://prod/operator/anna"]))),
        ("two at once", Some(authority.issue(&[anna, "spiffe://dev/operator/ben"]))),
        ("one without identity", Some(authority.issue(&[]))),
        ("an unknown kind", Some(authority.issue(&["spiffe://dev/root/anna"]))),
    ];
    for (what, shown) in refused {
        assert!(status(&door, &tls_client(&trust, shown, false)).await.is_err(), "{what}");
    }
    let own = || ClientCertificate::read(&pki.join("operator-dev.pem"), &pki.join("operator-dev.key"));
    assert!(status(&door, &tls_client(&trust, Some(own()), true)).await.is_err(), "TLS 1.2");
    let said = cluster.log(1);
    assert!(said.contains("operator_refused") && said.contains("spiffe://dev/desk/lisbon"), "the log says who: {said}");
}
