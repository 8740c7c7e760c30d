//! Exchanges with correct and faulty servers on loopback.

use std::path::Path;
use std::sync::Arc;
use std::time::Instant;

use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, DnType, IsCa, KeyPair};
use rustls::ServerConfig;
use rustls::pki_types::{PrivateKeyDer, PrivatePkcs8KeyDer};
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::TcpListener;
use tokio_rustls::TlsAcceptor;

use super::client::TIMEOUT;
use super::{Outbound, Url};

#[test]
fn an_address_is_split_into_scheme_host_port_and_target() {
    let parsed = |text: &str| Url::parse(text).map(|url| (url.secure, url.host, url.port, url.authority, url.target)).ok();
    let is = |secure, host: &str, port, authority: &str, target: &str| {
        Some((secure, host.to_string(), port, authority.to_string(), target.to_string()))
    };
    assert_eq!(parsed("https://w.example"), is(true, "w.example", 443, "w.example", "/"));
    assert_eq!(parsed("http://w.example/a/b"), is(false, "w.example", 80, "w.example", "/a/b"));
    assert_eq!(parsed("https://[::1]:8443/a?b=c"), is(true, "::1", 8443, "[::1]:8443", "/a?b=c"));
    for bad in [
        "",
        "w.example",
        "/a",
        "ftp://w.example",
        "http://",
        "http://:80",
        "http://a b/",
        "http://w.example:x/",
        "http://w.example:/",
    ] {
        assert_eq!(parsed(bad), None, "{bad}");
    }
    let secret = Url::parse("https://anna:secret@w.example/").expect_err("refused").to_string();
    assert!(!secret.contains("secret"), "{secret}");
    let joined = |text: &str| Url::parse(text).expect("a URL").join("add-checkpoint").to_string();
    assert_eq!(joined("http://w.example:81/p/"), "http://w.example:81/p/add-checkpoint");
    assert_eq!(joined("https://w.example"), "https://w.example/add-checkpoint");
    let loopback = |text: &str| Url::parse(text).expect("a URL").is_loopback();
    assert!(loopback("http://127.0.0.1:1") && loopback("http://127.9.9.9") && loopback("http://[::1]"));
    assert!(!loopback("http://localhost") && !loopback("http://127.0.0.1.example") && !loopback("http://10.0.0.1"));
}

/// Answers one connection after the other with `answer`, with TLS if there is a certificate. Returns the port.
async fn serve(answer: &'static [u8], tls: Option<ServerConfig>) -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let port = listener.local_addr().expect("bound").port();
    let acceptor = tls.map(|tls| TlsAcceptor::from(Arc::new(tls)));
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            let Some(acceptor) = &acceptor else {
                talk(stream, answer).await;
                continue;
            };
            if let Ok(stream) = acceptor.accept(stream).await {
                talk(stream, answer).await;
            }
        }
    });
    port
}

async fn talk(mut stream: impl AsyncRead + AsyncWrite + Unpin, answer: &[u8]) {
    let mut request = Vec::new();
    while !request.ends_with(b"\r\n\r\n") {
        if stream.read_buf(&mut request).await.unwrap_or(0) == 0 {
            return;
        }
    }
    let _ = stream.write_all(answer).await;
    let _ = stream.shutdown().await;
}

async fn get(outbound: &Outbound, url: String) -> anyhow::Result<(u16, Vec<u8>)> {
    let answer = outbound.get(&Url::parse(&url)?, 1_000).await?;
    Ok((answer.status, answer.body.to_vec()))
}

fn trusting(pem: &str) -> anyhow::Result<Outbound> {
    let file = tempfile::NamedTempFile::new()?;
    std::fs::write(file.path(), pem)?;
    Outbound::new(file.path())
}

#[tokio::test]
async fn answers_are_bounded_and_redirects_are_not_followed() {
    let outbound = Outbound::new(Path::new("")).expect("public authorities");
    let ask = async |answer: &'static [u8]| {
        let port = serve(answer, None).await;
        get(&outbound, format!("http://127.0.0.1:{port}/a")).await
    };
    assert_eq!(ask(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi").await.ok(), Some((200, b"hi".to_vec())));
    // The end of the connection, which arrives together with the body, ends the answer.
    assert_eq!(ask(b"HTTP/1.1 200 OK\r\nConnection: close\r\n\r\nhi").await.ok(), Some((200, b"hi".to_vec())));
    let moved = ask(b"HTTP/1.1 302 Found\r\nLocation: http://127.0.0.1:1/\r\nContent-Length: 0\r\n\r\n").await;
    assert_eq!(moved.ok(), Some((302, Vec::new())));
    let long = format!("HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n{}", "x".repeat(1_001));
    assert!(ask(long.leak().as_bytes()).await.expect_err("too long").to_string().contains("cannot read the answer"));
    for broken in [&b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhi"[..], b"", b"SSH-2.0-x\r\n", b"HTTP/1.1 200 OK\r\n"] {
        assert!(ask(broken).await.is_err(), "{}", String::from_utf8_lossy(broken));
    }
    let closed = TcpListener::bind("127.0.0.1:0").await.expect("a port").local_addr().expect("bound");
    assert!(
        get(&outbound, format!("http://{closed}/")).await.expect_err("nothing listens").to_string().contains("cannot connect")
    );
}

#[tokio::test]
async fn a_server_that_never_answers_is_left_after_the_timeout() {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let url = format!("http://{}/", listener.local_addr().expect("bound"));
    let outbound = Outbound::new(Path::new("")).expect("public authorities");
    let begin = Instant::now();
    let cause = get(&outbound, url).await.expect_err("no answer");
    assert_eq!(cause.to_string(), "no answer within 5 s");
    assert!(begin.elapsed() >= TIMEOUT);
    // The connection was closed, and the server sees its end.
    let (mut stream, _) = listener.accept().await.expect("it had connected");
    stream.read_to_end(&mut Vec::new()).await.expect("closed");
}

struct Authority(CertifiedIssuer<'static, KeyPair>);

impl Authority {
    fn new(name: &str) -> Authority {
        let mut params = CertificateParams::new(Vec::new()).expect("no names");
        params.distinguished_name.push(DnType::CommonName, name);
        params.is_ca = IsCa::Ca(BasicConstraints::Constrained(0));
        Authority(CertifiedIssuer::self_signed(params, KeyPair::generate().expect("a key")).expect("signed"))
    }

    fn server(&self, name: &str) -> ServerConfig {
        let key = KeyPair::generate().expect("a key");
        let certificate = CertificateParams::new([name.to_string()]).expect("a name").signed_by(&key, &self.0).expect("signed");
        let key = PrivateKeyDer::from(PrivatePkcs8KeyDer::from(key.serialize_der()));
        let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
        let builder = ServerConfig::builder_with_provider(provider).with_safe_default_protocol_versions().expect("versions");
        builder.with_no_client_auth().with_single_cert(vec![certificate.der().clone()], key).expect("a pair")
    }
}

#[tokio::test]
async fn https_requires_a_certificate_from_a_trusted_authority_for_this_host() {
    const ANSWER: &[u8] = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi";
    let (ours, other) = (Authority::new("ours"), Authority::new("other"));
    let both = trusting(&format!("{}{}", other.0.pem(), ours.0.pem())).expect("two certificates");
    let port = serve(ANSWER, Some(ours.server("127.0.0.1"))).await;
    let url = format!("https://127.0.0.1:{port}/");
    assert_eq!(get(&both, url.clone()).await.ok(), Some((200, b"hi".to_vec())));
    for outsider in [trusting(&other.0.pem()), Outbound::new(Path::new(""))] {
        let cause = format!("{:#}", get(&outsider.expect("made"), url.clone()).await.expect_err("not trusted"));
        assert!(cause.contains("the TLS handshake with 127.0.0.1 failed") && cause.contains("no trusted authority"), "{cause}");
    }
    let port = serve(ANSWER, Some(ours.server("w.example"))).await;
    let cause = format!("{:#}", get(&both, format!("https://127.0.0.1:{port}/")).await.expect_err("another host's"));
    assert!(cause.contains("certificate is for another host"), "{cause}");
    let plain = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let url = format!("https://{}/", plain.local_addr().expect("bound"));
    let answer = async { plain.accept().await.expect("asked").0.write_all(b"HTTP/1.1 400 Bad Request\r\n\r\n").await };
    let (asked, _) = futures::join!(get(&both, url), answer);
    assert!(format!("{:#}", asked.expect_err("no TLS")).contains("the TLS handshake with"));
    assert!(trusting("no certificate").is_err());
    let absent = Outbound::new(Path::new("/no/such/file"));
    assert!(format!("{:#}", absent.err().expect("refused")).contains("outbound.trust"));
}
