//! Which connections the peer port accepts and refuses, with real handshakes over loopback.

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use futures::StreamExt;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, ServerName};
use rustls::version::{TLS12, TLS13};
use rustls::{ClientConfig, SupportedProtocolVersion};
use sha2::{Digest, Sha256};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio_rustls::{TlsAcceptor, TlsConnector};
use tonic::codegen::Service;

use super::credentials::provider;
use super::verifier::Nodes;
use super::{Dial, PeerTls, Revoked, TestAuthority, incoming};
use crate::peers::Admission;
use crate::tasks::Tasks;

const CLUSTER: &str = "hotels";
const MEMBERS: [u64; 3] = [1, 2, 3];

type Shown = Option<(CertificateDer<'static>, PrivateKeyDer<'static>)>;

/// Node 1's peer port. It sends `!` on every accepted connection, then echoes each byte.
struct PeerPort {
    authority: TestAuthority,
    tls: PeerTls,
    admission: Arc<Admission>,
    address: SocketAddr,
}

impl PeerPort {
    async fn open() -> PeerPort {
        let authority = TestAuthority::new("own authority");
        let tls = PeerTls::new(CLUSTER, 1, authority.credentials("spiffe://hotels/node/1")).expect("node 1");
        let admission = Arc::new(Admission::new(MEMBERS));
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let address = listener.local_addr().expect("bound");
        let mut streams = incoming(listener, tls.clone(), admission.clone(), &Tasks::new("test"));
        tokio::spawn(async move {
            while let Some(Ok(mut stream)) = streams.next().await {
                tokio::spawn(async move {
                    let mut byte = *b"!";
                    while stream.write_all(&byte).await.is_ok() && stream.flush().await.is_ok() {
                        if stream.read_exact(&mut byte).await.is_err() {
                            return;
                        }
                    }
                });
            }
        });
        PeerPort { authority, tls, admission, address }
    }

    /// Connects with this certificate. An error says why the port refused the connection.
    async fn connect(&self, shown: Shown, version: &'static SupportedProtocolVersion) -> Result<(), String> {
        let mut stream = self.enter(shown, version).await.map_err(|cause| cause.to_string())?;
        match stream.read_u8().await {
            Ok(b'!') => Ok(()),
            Ok(other) => Err(format!("the first byte is {other}, not '!'")),
            Err(cause) => Err(cause.to_string()),
        }
    }

    async fn enter(
        &self,
        shown: Shown,
        version: &'static SupportedProtocolVersion,
    ) -> io::Result<tokio_rustls::client::TlsStream<TcpStream>> {
        let verifier = Nodes::only(1, CLUSTER, &self.authority.credentials("spiffe://hotels/node/9"), provider());
        let builder = ClientConfig::builder_with_provider(provider()).with_protocol_versions(&[version]).expect("a version");
        let builder = builder.dangerous().with_custom_certificate_verifier(Arc::new(verifier));
        let config = match shown {
            Some((certificate, key)) => builder.with_client_auth_cert(vec![certificate], key).expect("a certificate"),
            None => builder.with_no_client_auth(),
        };
        let stream = TcpStream::connect(self.address).await?;
        TlsConnector::from(Arc::new(config)).connect(ServerName::try_from("node").expect("a name"), stream).await
    }

    fn issued(&self, uris: &[&str]) -> Shown {
        Some(self.authority.issue(uris, false))
    }
}

#[tokio::test]
async fn only_members_are_accepted() {
    let door = PeerPort::open().await;
    door.connect(door.issued(&["spiffe://hotels/node/2"]), &TLS13).await.expect("a member");
    let outsider = TestAuthority::new("another authority");
    let node = "spiffe://hotels/node/2";
    let refused: [(&str, Shown); 9] = [
        ("no certificate", None),
        ("another authority's", Some(outsider.issue(&[node], false))),
        ("an expired one", Some(door.authority.issue(&[node], true))),
        ("another cluster's", door.issued(&["spiffe://motels/node/2"])),
        ("an operator's", door.issued(&["spiffe://hotels/operator/anna"])),
        ("a desk's", door.issued(&["spiffe://hotels/desk/lisbon"])),
        ("two nodes' at once", door.issued(&[node, "spiffe://hotels/node/3"])),
        ("one without identity", door.issued(&[])),
        ("one of a node that is not a member", door.issued(&["spiffe://hotels/node/4"])),
    ];
    for (what, shown) in refused {
        assert!(door.connect(shown, &TLS13).await.is_err(), "{what}");
    }
    assert!(door.connect(door.issued(&[node]), &TLS12).await.is_err(), "TLS 1.2");
    let mut plain = TcpStream::connect(door.address).await.expect("a connection");
    plain.write_all(b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n").await.expect("sent");
    let mut heard = Vec::new();
    let _ = plain.read_to_end(&mut heard).await;
    assert!(!heard.contains(&b'!'), "plain TCP: {heard:?}");
    // The port still works.
    door.connect(door.issued(&[node]), &TLS13).await.expect("a member");
}

#[tokio::test]
async fn a_fenced_member_is_refused_until_it_is_admitted_again() {
    let door = PeerPort::open().await;
    let node = ["spiffe://hotels/node/2"];
    door.admission.fence([2].into());
    assert!(door.connect(door.issued(&node), &TLS13).await.is_err());
    door.connect(door.issued(&["spiffe://hotels/node/3"]), &TLS13).await.expect("another member");
    door.admission.fence([].into());
    door.connect(door.issued(&node), &TLS13).await.expect("a member again");
}

#[tokio::test]
async fn unfinished_handshakes_do_not_delay_other_connections() {
    let door = PeerPort::open().await;
    let mut idle = Vec::new();
    for _ in 0..900 {
        idle.push(TcpStream::connect(door.address).await.expect("a connection"));
    }
    let member = door.connect(door.issued(&["spiffe://hotels/node/2"]), &TLS13);
    // Less than the handshake timeout: a wait for the first ones would exceed it.
    tokio::time::timeout(Duration::from_secs(3), member).await.expect("at once").expect("a member");
    // The port closes unfinished handshakes after a timeout.
    let read = idle[0].read_u8();
    assert!(tokio::time::timeout(Duration::from_secs(30), read).await.expect("closed").is_err());
}

/// A member cannot use up the connections of the others.
#[tokio::test]
async fn a_node_has_a_bounded_number_of_open_connections() {
    let door = PeerPort::open().await;
    let node_2 = || door.issued(&["spiffe://hotels/node/2"]);
    let mut open = Vec::new();
    for _ in 0..16 {
        let mut connection = door.enter(node_2(), &TLS13).await.expect("a place");
        connection.read_u8().await.expect("the first byte");
        open.push(connection);
    }
    assert!(door.connect(node_2(), &TLS13).await.is_err(), "one too many");
    door.connect(door.issued(&["spiffe://hotels/node/3"]), &TLS13).await.expect("another node");
    drop(open.pop());
    let again = async { while door.connect(node_2(), &TLS13).await.is_err() {} };
    tokio::time::timeout(Duration::from_secs(30), again).await.expect("the place is free again");
}

#[tokio::test]
async fn a_revoked_certificate_is_refused_from_the_next_handshake() {
    let door = PeerPort::open().await;
    let (certificate, key) = door.authority.issue(&["spiffe://hotels/node/2"], false);
    let shown = || Some((certificate.clone(), key.clone_key()));
    door.connect(shown(), &TLS13).await.expect("a member");
    let revoked = Revoked::from([Sha256::digest(&certificate).into()]);
    door.tls.replace(door.authority.credentials("spiffe://hotels/node/1").without(revoked)).expect("replaced");
    assert!(door.connect(shown(), &TLS13).await.is_err());
    door.connect(door.issued(&["spiffe://hotels/node/2"]), &TLS13).await.expect("a new certificate of the same node");
}

#[tokio::test]
async fn replaced_credentials_count_from_the_next_handshake_and_later_for_open_connections() {
    let door = PeerPort::open().await;
    let shown = |stream: &tokio_rustls::client::TlsStream<TcpStream>| {
        stream.get_ref().1.peer_certificates().and_then(|chain| chain.first().cloned()).expect("a certificate")
    };
    let mut before = door.enter(door.issued(&["spiffe://hotels/node/2"]), &TLS13).await.expect("a member");
    before.read_u8().await.expect("the first byte");
    door.tls.replace(door.authority.credentials("spiffe://hotels/node/1")).expect("replaced");
    let after = door.enter(door.issued(&["spiffe://hotels/node/2"]), &TLS13).await.expect("a member");
    assert_ne!(shown(&before), shown(&after));
    before.write_all(b"x").await.expect("sent");
    before.flush().await.expect("sent");
    assert_eq!(before.read_u8().await.expect("an answer"), b'x', "the old connection still works");
    // With another authority only, the old certificates are no longer valid.
    let next = TestAuthority::new("the next");
    door.tls.replace(next.credentials("spiffe://hotels/node/1")).expect("replaced");
    assert!(door.connect(door.issued(&["spiffe://hotels/node/2"]), &TLS13).await.is_err());
    let ended = tokio::time::timeout(Duration::from_secs(30), before.read_u8()).await.expect("checked again");
    assert!(ended.is_err(), "the open connection ends");
    let wrong = door.tls.replace(next.credentials("spiffe://hotels/node/2"));
    assert!(wrong.expect_err("refused").to_string().contains("this is node 1"));
}

/// A leader sends to a follower on a connection that the leader opened.
#[tokio::test]
async fn a_connection_to_a_node_ends_when_its_certificate_is_revoked() {
    let door = PeerPort::open().await;
    let caller = PeerTls::new(CLUSTER, 2, door.authority.credentials("spiffe://hotels/node/2")).expect("node 2");
    let mut dial = Dial::new(caller.clone(), 1, &door.address.to_string());
    let mut open = dial.call("http://node".parse().expect("a URI")).await.expect("connected").into_inner();
    assert_eq!(open.read_u8().await.expect("the first byte"), b'!');
    let shown = open.certificate();
    open.write_all(b"x").await.expect("sent");
    open.flush().await.expect("sent");
    assert_eq!(open.read_u8().await.expect("an answer"), b'x', "it is good");
    let revoked = Revoked::from([Sha256::digest(&shown).into()]);
    caller.replace(door.authority.credentials("spiffe://hotels/node/2").without(revoked)).expect("replaced");
    let ended = tokio::time::timeout(Duration::from_secs(30), open.read_u8()).await.expect("checked again");
    assert_eq!(ended.expect_err("the connection ends").kind(), io::ErrorKind::UnexpectedEof);
    assert!(dial.call("http://node".parse().expect("a URI")).await.is_err(), "and is not opened again");
}

/// Node 2 calls node 1 and reaches a server with the certificate `answering`.
async fn dial(ours: &TestAuthority, answering: (CertificateDer<'static>, PrivateKeyDer<'static>)) -> Result<(), String> {
    let config = rustls::ServerConfig::builder_with_provider(provider())
        .with_protocol_versions(&[&TLS13])
        .expect("a version")
        .with_no_client_auth()
        .with_single_cert(vec![answering.0], answering.1)
        .expect("a certificate");
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let address = listener.local_addr().expect("bound").to_string();
    let server = tokio::spawn(async move {
        let (stream, _) = listener.accept().await.expect("a connection");
        let _ = TlsAcceptor::from(Arc::new(config)).accept(stream).await;
    });
    let tls = PeerTls::new(CLUSTER, 2, ours.credentials("spiffe://hotels/node/2")).expect("node 2");
    let connected = Dial::new(tls, 1, &address).call(tonic::codegen::http::Uri::from_static("http://node")).await;
    server.abort();
    connected.map(drop).map_err(|cause| cause.to_string())
}

#[tokio::test]
async fn a_node_connects_only_to_the_intended_node() {
    let ours = TestAuthority::new("own authority");
    dial(&ours, ours.issue(&["spiffe://hotels/node/1"], false)).await.expect("node 1");
    let outsider = TestAuthority::new("another authority");
    let refused = [
        ("spiffe://hotels/node/3", ours.issue(&["spiffe://hotels/node/3"], false)),
        ("spiffe://motels/node/1", ours.issue(&["spiffe://motels/node/1"], false)),
        ("spiffe://hotels/operator/anna", ours.issue(&["spiffe://hotels/operator/anna"], false)),
        ("UnknownIssuer", outsider.issue(&["spiffe://hotels/node/1"], false)),
        ("CertExpired", ours.issue(&["spiffe://hotels/node/1"], true)),
    ];
    for (why, answering) in refused {
        let said = dial(&ours, answering).await.expect_err(why);
        assert!(said.contains(why), "{why}: {said}");
    }
}
