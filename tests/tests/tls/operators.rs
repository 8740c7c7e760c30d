//! The operators' listener admits only callers with an operator's certificate of this cluster.

use std::time::Duration;

use keyrack_tests::secure::{ClientCertificate, SecureConnection, TestAuthority, tls_client};
use keyrack_tests::{Cluster, PATIENCE, until};
use sha2::{Digest, Sha256};

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

/// `tls.revoked` ends the rights of a certificate within seconds, also on a connection that is open.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_revoked_certificate_is_refused_on_open_connections_too() {
    let mut cluster = Cluster::start();
    let list = cluster.folder().join("revoked");
    std::fs::write(&list, "# none yet\n").unwrap();
    let path = list.to_str().unwrap().to_owned();
    cluster.reconfigure(|config| {
        let tls = config["tls"].as_table_mut().unwrap();
        tls.insert("revoked".into(), path.clone().into());
    });
    let (pki, door) = (cluster.pki(), cluster.door(1, 3));
    let (trust, authority) = (pki.join("ca.pem"), TestAuthority::of(&pki));
    let anna = authority.issue(&["spiffe://dev/operator/anna"]);
    let fingerprint = base16ct::lower::encode_string(&Sha256::digest(&anna.certificate));
    let client = tls_client(&trust, Some(anna), false);
    let principals = async |connection: &mut SecureConnection| connection.request("GET /v1/principals", "", "").await;
    let mut open = until("the operators' port answers", PATIENCE, async || {
        let mut open = SecureConnection::open(&door, &client).await.ok()?;
        (principals(&mut open).await.ok()?.0 == 200).then_some(open)
    })
    .await;

    let follow = b"GET /v1/events HTTP/1.1\r\nHost: node\r\nAccept: text/event-stream\r\nConnection: close\r\n\r\n".to_vec();
    let stream = SecureConnection::open(&door, &client).await.expect("another connection");
    let followed = tokio::spawn(stream.until_closed(follow));

    std::fs::write(&list, format!("{fingerprint} # anna's laptop was stolen\n")).unwrap();
    until("the certificate is revoked", Duration::from_secs(20), async || {
        (principals(&mut open).await.expect("the same connection").0 == 401).then_some(())
    })
    .await;
    let followed = tokio::time::timeout(Duration::from_secs(20), followed).await.expect("the stream of events ends too");
    let followed = String::from_utf8(followed.unwrap().expect("closed properly")).unwrap();
    assert!(followed.contains("200 OK") && followed.contains("text/event-stream"), "{followed}");
    assert!(status(&door, &client).await.is_err(), "a new handshake is refused");
    let ben = tls_client(&trust, Some(authority.issue(&["spiffe://dev/operator/ben"])), false);
    assert_eq!(status(&door, &ben).await, Ok(200), "others are not affected");

    // A list with a faulty line revokes what its other lines name, and leaves the previous ones revoked.
    let cleo = authority.issue(&["spiffe://dev/operator/cleo"]);
    let fingerprint = base16ct::lower::encode_string(&Sha256::digest(&cleo.certificate));
    let cleo = tls_client(&trust, Some(cleo), false);
    assert_eq!(status(&door, &cleo).await, Ok(200));
    std::fs::write(&list, format!("nonsense\n{fingerprint}\n")).unwrap();
    until("the node says what is wrong", PATIENCE, async || {
        let said = cluster.log(1);
        (said.contains("revoked_list_faulty") && said.contains("line 1 of")).then_some(())
    })
    .await;
    assert_eq!(principals(&mut open).await.expect("the same connection").0, 401);
    assert!(status(&door, &cleo).await.is_err(), "the line after it counts");
}
