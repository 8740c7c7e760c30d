//! Pages over TLS: the CAs that the command trusts, and the certificate that it presents.

#![allow(clippy::unwrap_used, reason = "in a test a failed unwrap is the failure report")]

use std::net::SocketAddr;
use std::path::PathBuf;
use std::process::Command;
use std::sync::{Arc, Mutex};

use keyrack_pki::{Authority, Identity};
use rustls::server::WebPkiClientVerifier;
use rustls::{RootCertStore, ServerConfig};
use rustls_pki_types::pem::PemObject;
use rustls_pki_types::{CertificateDer, PrivateKeyDer};
use tempfile::TempDir;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio_rustls::TlsAcceptor;

/// The path of a request and the URI names of the client's certificate.
type Request = (String, Vec<String>);

/// A folder with a CA, node 1 and a desk.
fn authority() -> (TempDir, Authority) {
    let folder = tempfile::tempdir().unwrap();
    let authority = Authority::init(&folder.path().join("pki"), "prod").unwrap();
    authority.issue(&Identity::Node(1), &[], 90).unwrap();
    authority.issue(&desk(), &[], 90).unwrap();
    (folder, authority)
}

fn desk() -> Identity {
    Identity::Desk("lisbon".into())
}

/// Node 1 of this CA. It answers every request with the same page and records the requests.
async fn serve(authority: &Authority) -> (SocketAddr, Arc<Mutex<Vec<Request>>>) {
    let mut roots = RootCertStore::empty();
    roots.add(CertificateDer::from_pem_file(authority.trust()).unwrap()).unwrap();
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let verifier = WebPkiClientVerifier::builder_with_provider(Arc::new(roots), provider.clone());
    let verifier = verifier.allow_unauthenticated().build().unwrap();
    let node = Identity::Node(1);
    let chain = vec![CertificateDer::from_pem_file(authority.certificate(&node)).unwrap()];
    let key = PrivateKeyDer::from_pem_file(authority.key(&node)).unwrap();
    let config = ServerConfig::builder_with_provider(provider).with_safe_default_protocol_versions().unwrap();
    let config = config.with_client_cert_verifier(verifier).with_single_cert(chain, key).unwrap();

    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let (address, requests) = (listener.local_addr().unwrap(), Arc::new(Mutex::new(Vec::new())));
    let (acceptor, seen) = (TlsAcceptor::from(Arc::new(config)), requests.clone());
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            answer(stream, &acceptor, &seen).await;
        }
    });
    (address, requests)
}

async fn answer(stream: TcpStream, acceptor: &TlsAcceptor, seen: &Mutex<Vec<Request>>) {
    let Ok(mut stream) = acceptor.accept(stream).await else { return };
    let shown = stream.get_ref().1.peer_certificates().and_then(|chain| chain.first()).cloned();
    let uris = shown.map_or_else(Vec::new, |der| {
        webpki::EndEntityCert::try_from(&der).unwrap().valid_uri_names().map(str::to_owned).collect()
    });
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        match stream.read_u8().await {
            Ok(byte) => head.push(byte),
            Err(_) => return,
        }
    }
    let path = String::from_utf8(head).unwrap().split(' ').nth(1).unwrap().to_owned();
    seen.lock().unwrap().push((path, uris));
    let _ = stream.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 11\r\n\r\nthe policy\n").await;
    let _ = stream.shutdown().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn pages_are_fetched_over_tls() {
    let ((_folder, pki), (_other_folder, other)) = (authority(), authority());
    let (address, seen) = serve(&pki).await;
    let run = |arguments: Vec<String>| {
        let mut command = Command::new(env!("CARGO_BIN_EXE_keyrack"));
        command.env_clear().args(["receipt", "policy", "--endpoint", &format!("https://{address}")]).args(arguments);
        let output = command.output().unwrap();
        (output.status.code().unwrap(), String::from_utf8(output.stderr).unwrap())
    };
    let text = |path: PathBuf| path.display().to_string();
    let ca = |pki: &Authority| vec!["--ca".to_owned(), text(pki.trust())];
    let own = vec!["--cert".to_owned(), text(pki.certificate(&desk())), "--cert-key".to_owned(), text(pki.key(&desk()))];

    let (code, said) = run(ca(&other));
    assert_eq!(code, 1);
    assert!(said.contains(&address.to_string()) && said.contains("--ca"), "{said}");
    assert!(seen.lock().unwrap().is_empty());
    let (code, said) = run([ca(&pki), own.clone()].concat());
    assert!(code == 1 && said.contains("the node's policy cannot be read"), "the page was fetched, but is not a policy: {said}");
    assert_eq!(*seen.lock().unwrap(), [("/log/policy".to_owned(), vec!["spiffe://prod/desk/lisbon".to_owned()])]);
    assert_eq!(run(own[..2].to_vec()).0, 2, "a certificate without its key is wrong usage");
}
