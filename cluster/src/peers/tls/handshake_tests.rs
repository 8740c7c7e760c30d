//! Who gets in at the peer port and who does not, by real handshakes over loopback.

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use futures::StreamExt;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, ServerName};
use rustls::version::{TLS12, TLS13};
use rustls::{ClientConfig, RootCertStore, SupportedProtocolVersion};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio_rustls::{TlsAcceptor, TlsConnector};
use tonic::codegen::Service;

use super::credentials::provider;
use super::verifier::Nodes;
use super::{Dial, PeerTls, TestAuthority, incoming};
use crate::peers::Admission;
use crate::tasks::Tasks;

const CLUSTER: &str = "hotels";
const MEMBERS: [u64; 3] = [1, 2, 3];

type Shown = Option<(CertificateDer<'static>, PrivateKeyDer<'static>)>;

/// Node 1's peer port, which says its word to everybody who gets in, and repeats what it then hears.
struct PeerPort {
    authority: TestAuthority,
    tls: PeerTls,
    admission: Arc<Admission>,
    address: SocketAddr,
}

impl PeerPort {
    async fn open() -> PeerPort {
        let authority = TestAuthority::new("ours");
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

    /// Whether somebody who shows this gets in; otherwise what the door said.
    async fn connect(&self, shown: Shown, version: &'static SupportedProtocolVersion) -> Result<(), String> {
        let mut stream = self.enter(shown, version).await.map_err(|cause| cause.to_string())?;
        match stream.read_u8().await {
            Ok(b'!') => Ok(()),
            Ok(other) => Err(format!("{other} is not the word")),
            Err(cause) => Err(cause.to_string()),
        }
    }

    async fn enter(
        &self,
        shown: Shown,
        version: &'static SupportedProtocolVersion,
    ) -> io::Result<tokio_rustls::client::TlsStream<TcpStream>> {
        let mut trust = RootCertStore::empty();
        trust.add(self.authority.certificate()).expect("an authority");
        let verifier = Nodes::only(1, CLUSTER, Arc::new(trust), provider());
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
async fn members_get_in_and_nobody_else() {
    let door = PeerPort::open().await;
    door.connect(door.issued(&["spiffe://hotels/node/2"]), &TLS13).await.expect("a member");
    let stranger = TestAuthority::new("another authority");
    let node = "spiffe://hotels/node/2";
    let refused: [(&str, Shown); 9] = [
        ("no certificate", None),
        ("another authority's", Some(stranger.issue(&[node], false))),
        ("an expired one", Some(door.authority.issue(&[node], true))),
        ("another cluster's", door.issued(&["spiffe://motels/node/2"])),
        ("an operator's", door.issued(&["spiffe://hotels/operator/anna"])),
        ("a desk's", door.issued(&["spiffe://hotels/desk/lisbon"])),
        ("two nodes' at once", door.issued(&[node, "spiffe://hotels/node/3"])),
        ("one without identity", door.issued(&[])),
        ("that of no member", door.issued(&["spiffe://hotels/node/4"])),
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
    // The door itself is in order all the same.
    door.connect(door.issued(&[node]), &TLS13).await.expect("a member");
}

#[tokio::test]
async fn a_fenced_member_stays_outside_until_it_is_not_fenced_any_more() {
    let door = PeerPort::open().await;
    let node = ["spiffe://hotels/node/2"];
    door.admission.fence([2].into());
    assert!(door.connect(door.issued(&node), &TLS13).await.is_err());
    door.connect(door.issued(&["spiffe://hotels/node/3"]), &TLS13).await.expect("another member");
    door.admission.fence([].into());
    door.connect(door.issued(&node), &TLS13).await.expect("a member again");
}

#[tokio::test]
async fn handshakes_that_are_never_finished_hold_up_nobody() {
    let door = PeerPort::open().await;
    let mut idle = Vec::new();
    for _ in 0..100 {
        idle.push(TcpStream::connect(door.address).await.expect("a connection"));
    }
    let member = door.connect(door.issued(&["spiffe://hotels/node/2"]), &TLS13);
    // Far less than a handshake may take: waiting for the first of the hundred would be seen.
    tokio::time::timeout(Duration::from_secs(3), member).await.expect("at once").expect("a member");
    // And in the end they are sent away.
    let read = idle[0].read_u8();
    assert!(tokio::time::timeout(Duration::from_secs(30), read).await.expect("closed").is_err());
}

#[tokio::test]
async fn replaced_credentials_count_from_the_next_handshake_and_open_connections_go_on() {
    let door = PeerPort::open().await;
    let shown = |stream: &tokio_rustls::client::TlsStream<TcpStream>| {
        stream.get_ref().1.peer_certificates().and_then(|chain| chain.first().cloned()).expect("a certificate")
    };
    let mut before = door.enter(door.issued(&["spiffe://hotels/node/2"]), &TLS13).await.expect("a member");
    before.read_u8().await.expect("the word");
    door.tls.replace(door.authority.credentials("spiffe://hotels/node/1")).expect("replaced");
    let after = door.enter(door.issued(&["spiffe://hotels/node/2"]), &TLS13).await.expect("a member");
    assert_ne!(shown(&before), shown(&after));
    before.write_all(b"x").await.expect("sent");
    before.flush().await.expect("sent");
    assert_eq!(before.read_u8().await.expect("an answer"), b'x', "the old connection goes on");
    // Another authority alone: who was good is not any more.
    let next = TestAuthority::new("the next");
    door.tls.replace(next.credentials("spiffe://hotels/node/1")).expect("replaced");
    assert!(door.connect(door.issued(&["spiffe://hotels/node/2"]), &TLS13).await.is_err());
    let wrong = door.tls.replace(next.credentials("spiffe://hotels/node/2"));
    assert!(wrong.expect_err("refused").to_string().contains("this is node 1"));
}

/// Node 2 wants to call node 1 and meets whoever shows `answering`.
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
async fn a_node_talks_to_the_very_node_it_wants_and_to_no_other() {
    let ours = TestAuthority::new("ours");
    dial(&ours, ours.issue(&["spiffe://hotels/node/1"], false)).await.expect("node 1");
    let stranger = TestAuthority::new("another authority");
    let refused = [
        ("spiffe://hotels/node/3", ours.issue(&["spiffe://hotels/node/3"], false)),
        ("spiffe://motels/node/1", ours.issue(&["spiffe://motels/node/1"], false)),
        ("spiffe://hotels/operator/anna", ours.issue(&["spiffe://hotels/operator/anna"], false)),
        ("UnknownIssuer", stranger.issue(&["spiffe://hotels/node/1"], false)),
        ("CertExpired", ours.issue(&["spiffe://hotels/node/1"], true)),
    ];
    for (why, answering) in refused {
        let said = dial(&ours, answering).await.expect_err(why);
        assert!(said.contains(why), "{why}: {said}");
    }
}
