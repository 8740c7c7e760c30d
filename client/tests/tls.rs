//! `https://` against a small TLS server: the certificates that the client trusts and presents, and its error messages.

#![allow(clippy::unwrap_used, reason = "in a test a failed unwrap is the failure report")]

use std::convert::Infallible;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use bytes::Bytes;
use http_body_util::StreamBody;
use hyper::body::Frame;
use hyper_util::rt::{TokioExecutor, TokioIo};
use hyper_util::server::conn::auto::Builder;
use keyrack_client::connection::{Address, ConnectError, Protocol};
use keyrack_client::{Client, ErrorCode, Tls, TlsError};
use keyrack_pki::{Authority, Identity};
use rustls::server::WebPkiClientVerifier;
use rustls::{ProtocolVersion, RootCertStore, ServerConfig, SupportedProtocolVersion};
use rustls_pki_types::pem::PemObject;
use rustls_pki_types::{CertificateDer, PrivateKeyDer};
use tempfile::TempDir;
use tokio::io::AsyncReadExt;
use tokio::net::TcpListener;
use tokio_rustls::TlsAcceptor;

/// An answer's frames.
type Body = StreamBody<futures::stream::Iter<std::vec::IntoIter<Result<Frame<Bytes>, Infallible>>>>;

/// What the server saw of a request.
#[derive(Clone, Debug)]
struct Seen {
    /// The URI names of the client's certificate.
    uris: Vec<String>,
    authorization: Option<String>,
    version: Option<ProtocolVersion>,
}

struct Server {
    address: SocketAddr,
    seen: Arc<Mutex<Vec<Seen>>>,
}

/// A folder with a CA, node 1 and a desk.
struct Pki {
    _folder: TempDir,
    authority: Authority,
}

impl Pki {
    fn new(hosts: &[&str]) -> Pki {
        let folder = tempfile::tempdir().unwrap();
        let authority = Authority::init(&folder.path().join("pki"), "prod").unwrap();
        let hosts: Vec<String> = hosts.iter().map(|host| (*host).to_owned()).collect();
        authority.issue(&Identity::Node(1), &hosts, 90).unwrap();
        authority.issue(&desk(), &[], 90).unwrap();
        Pki { _folder: folder, authority }
    }

    fn trust(&self) -> PathBuf {
        self.authority.trust()
    }

    /// Trusts this CA and presents the certificate of this desk.
    fn as_desk(&self) -> Result<Tls, TlsError> {
        let (certificate, key) = (self.authority.certificate(&desk()), self.authority.key(&desk()));
        Tls::from_files(Some(&self.trust()), Some((&certificate, &key)))
    }

    fn trusting(&self) -> Tls {
        Tls::from_files(Some(&self.trust()), None).unwrap()
    }
}

fn desk() -> Identity {
    Identity::Desk("lisbon".into())
}

impl Server {
    /// Node 1 of this CA. With `demands` it requires a client certificate.
    async fn start(pki: &Pki, demands: bool) -> Server {
        Server::speaking(rustls::DEFAULT_VERSIONS, pki, demands).await
    }

    async fn speaking(versions: &[&'static SupportedProtocolVersion], pki: &Pki, demands: bool) -> Server {
        let node = Identity::Node(1);
        let mut roots = RootCertStore::empty();
        roots.add(CertificateDer::from_pem_file(pki.trust()).unwrap()).unwrap();
        let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
        let verifier = WebPkiClientVerifier::builder_with_provider(Arc::new(roots), provider.clone());
        let verifier = if demands { verifier } else { verifier.allow_unauthenticated() };
        let builder = ServerConfig::builder_with_provider(provider).with_protocol_versions(versions).unwrap();
        let chain = vec![CertificateDer::from_pem_file(pki.authority.certificate(&node)).unwrap()];
        let key = PrivateKeyDer::from_pem_file(pki.authority.key(&node)).unwrap();
        let builder = builder.with_client_cert_verifier(verifier.build().unwrap());
        let mut config = builder.with_single_cert(chain, key).unwrap();
        config.alpn_protocols = vec!["h2".into(), "http/1.1".into()];

        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let server = Server { address: listener.local_addr().unwrap(), seen: Arc::default() };
        tokio::spawn(serve(listener, TlsAcceptor::from(Arc::new(config)), server.seen.clone()));
        server
    }

    fn url(&self) -> String {
        format!("https://{}", self.address)
    }

    fn seen(&self) -> Vec<Seen> {
        self.seen.lock().unwrap().clone()
    }
}

async fn serve(listener: TcpListener, acceptor: TlsAcceptor, seen: Arc<Mutex<Vec<Seen>>>) {
    while let Ok((stream, _)) = listener.accept().await {
        let (acceptor, seen) = (acceptor.clone(), seen.clone());
        tokio::spawn(async move {
            let Ok(stream) = acceptor.accept(stream).await else { return };
            let version = stream.get_ref().1.protocol_version();
            let shown = stream.get_ref().1.peer_certificates().and_then(|chain| chain.first()).cloned();
            let uris = shown.map_or_else(Vec::new, |der| {
                let end = webpki::EndEntityCert::try_from(&der).unwrap();
                end.valid_uri_names().map(str::to_owned).collect()
            });
            let service = hyper::service::service_fn(move |request: hyper::Request<hyper::body::Incoming>| {
                let authorization = request.headers().get("authorization").map(|value| value.to_str().unwrap().to_owned());
                seen.lock().unwrap().push(Seen { uris: uris.clone(), authorization, version });
                std::future::ready(Ok::<_, Infallible>(empty_answer(request.version())))
            });
            let _ = Builder::new(TokioExecutor::new()).serve_connection(TokioIo::new(stream), service).await;
        });
    }
}

/// An empty message for gRPC, a page for HTTP/1.1.
fn empty_answer(version: hyper::Version) -> hyper::Response<Body> {
    let frames = if version == hyper::Version::HTTP_2 {
        let mut trailers = hyper::HeaderMap::new();
        trailers.insert("grpc-status", "0".parse().unwrap());
        vec![Ok(Frame::data(Bytes::from_static(&[0; 5]))), Ok(Frame::trailers(trailers))]
    } else {
        vec![Ok(Frame::data(Bytes::from_static(b"the policy\n")))]
    };
    let response = hyper::Response::builder().header("content-type", "application/grpc");
    response.body(StreamBody::new(futures::stream::iter(frames))).unwrap()
}

fn client(server: &Server, tls: Tls, key: &str) -> Client {
    Client::new([server.url()], key).unwrap().with_tls(tls)
}

#[tokio::test]
async fn a_node_of_the_trusted_ca_is_accepted() {
    let pki = Pki::new(&[]);
    let server = Server::start(&pki, false).await;
    client(&server, pki.trusting(), "kr_desk_1").topology().await.unwrap();
    client(&server, pki.as_desk().unwrap(), "").topology().await.unwrap();
    let seen = server.seen();
    assert_eq!((seen[0].uris.len(), seen[0].authorization.as_deref()), (0, Some("Bearer kr_desk_1")));
    assert_eq!(seen[1].uris, ["spiffe://prod/desk/lisbon"]);
    assert_eq!(seen[1].authorization, None, "without a key there is no header");
}

#[tokio::test]
async fn a_node_of_another_ca_is_refused_with_a_hint() {
    let (pki, other) = (Pki::new(&[]), Pki::new(&[]));
    let server = Server::start(&pki, false).await;
    let began = std::time::Instant::now();
    for tls in [other.trusting(), Tls::public().unwrap()] {
        let refused = client(&server, tls, "").topology().await.unwrap_err();
        assert_eq!(refused.code, ErrorCode::Untrusted);
        for word in [server.address.to_string().as_str(), "--ca", "KEYRACK_CA", "ca.pem"] {
            assert!(refused.detail.contains(word), "{word} is not in: {refused}");
        }
    }
    assert!(began.elapsed() < Duration::from_secs(5), "a retry does not help, so the client does not wait");
    assert!(server.seen().is_empty());
}

#[tokio::test]
async fn the_newest_tls_is_preferred_and_1_2_is_allowed() {
    let pki = Pki::new(&[]);
    let both = Server::start(&pki, false).await;
    let older = Server::speaking(&[&rustls::version::TLS12], &pki, false).await;
    client(&both, pki.trusting(), "").topology().await.unwrap();
    client(&older, pki.trusting(), "").topology().await.unwrap();
    assert_eq!(both.seen()[0].version, Some(ProtocolVersion::TLSv1_3));
    assert_eq!(older.seen()[0].version, Some(ProtocolVersion::TLSv1_2));
}

#[tokio::test]
async fn another_node_answers_for_one_that_is_not_trusted() {
    let (pki, other) = (Pki::new(&[]), Pki::new(&[]));
    let (untrusted, trusted) = (Server::start(&other, false).await, Server::start(&pki, false).await);
    let client = Client::new([untrusted.url(), trusted.url()], "").unwrap().with_tls(pki.trusting());
    client.topology().await.unwrap();
    assert_eq!((untrusted.seen().len(), trusted.seen().len()), (0, 1));
}

#[tokio::test]
async fn the_certificate_must_name_the_host() {
    let pki = Pki::new(&["node-1.example"]);
    let server = Server::start(&pki, false).await;
    let refused = client(&server, pki.trusting(), "").topology().await.unwrap_err();
    assert_eq!(refused.code, ErrorCode::Untrusted);
    assert!(refused.detail.contains("node-1.example") && refused.detail.contains("--host"), "{refused}");
}

#[tokio::test]
async fn a_client_without_a_required_certificate_gets_a_hint() {
    let pki = Pki::new(&[]);
    let server = Server::start(&pki, true).await;
    let address = Address::parse(&server.url()).unwrap();
    // With TLS 1.3 the refusal arrives with the first read.
    let mut connection = address.connect(&pki.trusting(), Protocol::Http1).await.unwrap();
    let cause = connection.read_u8().await.unwrap_err();
    let error = cause.get_ref().unwrap().downcast_ref::<ConnectError>().unwrap().to_string();
    assert!(error.contains(&server.address.to_string()) && error.contains("--cert-key"), "{error}");
    assert_eq!(connection.fault().get().unwrap().to_string(), error);
    let refused = client(&server, pki.trusting(), "").topology().await.unwrap_err();
    assert!(refused.code == ErrorCode::Untrusted && refused.detail.contains("--cert-key"), "gRPC keeps the cause: {refused}");
    client(&server, pki.as_desk().unwrap(), "").topology().await.unwrap();
}

#[tokio::test]
async fn a_refused_certificate_is_named_as_the_cause() {
    let (pki, other) = (Pki::new(&[]), Pki::new(&[]));
    let server = Server::start(&pki, true).await;
    let (certificate, key) = (other.authority.certificate(&desk()), other.authority.key(&desk()));
    let tls = Tls::from_files(Some(&pki.trust()), Some((&certificate, &key))).unwrap();
    let refused = client(&server, tls, "").topology().await.unwrap_err();
    assert_eq!(refused.code, ErrorCode::Untrusted, "{refused}");
    assert!(refused.detail.contains("the node refused your certificate"), "{refused}");
}

#[tokio::test]
async fn a_node_without_tls_answers_at_an_http_address() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move {
        let (stream, _) = listener.accept().await.unwrap();
        let service = hyper::service::service_fn(|request: hyper::Request<hyper::body::Incoming>| {
            std::future::ready(Ok::<_, Infallible>(empty_answer(request.version())))
        });
        let _ = Builder::new(TokioExecutor::new()).serve_connection(TokioIo::new(stream), service).await;
    });
    let client = Client::new([format!("http://{address}")], "kr_desk_1").unwrap();
    client.topology().await.unwrap();
    client.topology().await.unwrap();
}

#[tokio::test]
async fn a_tls_port_reached_without_tls_is_recognised() {
    let pki = Pki::new(&[]);
    let server = Server::start(&pki, false).await;
    let plain = format!("http://{}", server.address);
    let refused = Client::new([plain.clone()], "").unwrap().topology().await.unwrap_err();
    assert_eq!(refused.code, ErrorCode::Untrusted, "{refused}");
    assert!(
        refused.detail.contains(&format!("this port speaks TLS, but the address begins with http://. Use {}", server.url())),
        "{refused}"
    );
}

#[tokio::test]
async fn an_unreachable_node_is_named_with_the_cause() {
    let unused = TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap();
    for (address, words) in [
        (format!("http://{unused}"), vec![unused.to_string(), "connection refused".into(), "--endpoint".into()]),
        ("http://no-such-host.invalid:7110".to_owned(), vec!["no-such-host.invalid:7110".into(), "cannot be resolved".into()]),
    ] {
        let client = Client::new([address], "").unwrap().with_timeout(Duration::from_millis(200));
        let error = client.topology().await.unwrap_err();
        assert_eq!(error.code, ErrorCode::Unreachable, "{error}");
        for word in words {
            assert!(error.detail.contains(&word), "{word} is not in: {error}");
        }
    }
}

#[tokio::test]
async fn a_server_without_tls_is_recognised() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            let _ = tokio::io::AsyncWriteExt::write_all(&mut stream, b"HTTP/1.1 400 Bad Request\r\n\r\n").await;
            let _ = stream.read(&mut [0; 1]).await;
        }
    });
    let pki = Pki::new(&[]);
    let client = Client::new([format!("https://{address}")], "").unwrap().with_tls(pki.trusting());
    let refused = client.topology().await.unwrap_err();
    assert!(refused.code == ErrorCode::Untrusted && refused.detail.contains("http://"), "{refused}");
}

#[test]
fn unusable_files_are_refused_by_name() {
    use std::os::unix::fs::PermissionsExt;
    let (pki, other) = (Pki::new(&[]), Pki::new(&[]));
    let (certificate, key) = (pki.authority.certificate(&desk()), pki.authority.key(&desk()));
    let with = |trust: &Path, key: &Path| Tls::from_files(Some(trust), Some((&certificate, key))).unwrap_err().to_string();
    assert!(
        with(&pki.trust(), &other.authority.key(&desk())).contains("does not match the certificate"),
        "the key of another certificate"
    );
    assert!(with(&key, &key).contains("no certificate"));
    assert!(with(&pki.trust(), &certificate).contains("chmod 600"));
    assert_eq!(
        with(Path::new("/nowhere/ca.pem"), &key),
        "cannot read /nowhere/ca.pem: it does not exist. Check --ca or KEYRACK_CA."
    );
    std::fs::set_permissions(&key, std::fs::Permissions::from_mode(0o604)).unwrap();
    assert!(pki.as_desk().unwrap_err().to_string().contains("chmod 600"));
    assert_eq!(format!("{:?}", pki.trusting()), "Tls { .. }");
}

#[test]
fn invalid_addresses_are_refused() {
    for (text, is_tls, authority) in [
        ("https://node-1.example:7110", true, "node-1.example:7110"),
        ("http://127.0.0.1:7110/", false, "127.0.0.1:7110"),
        ("https://[::1]:7110", true, "[::1]:7110"),
        ("https://node-1.example", true, "node-1.example"),
    ] {
        let address = Address::parse(text).unwrap();
        assert_eq!((address.is_tls(), address.authority()), (is_tls, authority), "{text}");
    }
    for text in [
        "",
        "node-1:7110",
        "ftp://a:1",
        "https://",
        "https://a:1/path",
        "https://u:p@a:1",
        "https://a:",
        "https://a:99999",
        "https://a:1?x",
    ] {
        assert!(Address::parse(text).is_err(), "{text}");
    }
}
