//! TLS by hand: certificates that should never be issued, and HTTP over the connections they open.

use std::io;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use rcgen::{
    BasicConstraints, CertificateParams, ExtendedKeyUsagePurpose, IsCa, Issuer, KeyPair, KeyUsagePurpose, SanType, date_time_ymd,
};
use rustls::crypto::aws_lc_rs;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, PrivatePkcs8KeyDer, ServerName};
use rustls::version::{TLS12, TLS13};
use rustls::{ClientConfig, RootCertStore};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::timeout;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;

/// Longer than any handshake or answer takes. A connection that is silent for this long hangs.
const HANGS_AFTER: Duration = Duration::from_secs(30);

/// A certificate and its key, for a client.
pub struct ClientCertificate {
    /// In DER.
    pub certificate: CertificateDer<'static>,
    key: PrivateKeyDer<'static>,
}

/// An authority that issues any certificate.
pub struct TestAuthority {
    issuer: Issuer<'static, KeyPair>,
}

impl TestAuthority {
    /// The cluster's own authority, with its certificate and key from a folder.
    pub fn of(pki: &Path) -> TestAuthority {
        let read = |name: &str| std::fs::read_to_string(pki.join(name)).unwrap();
        let key = KeyPair::from_pem(&read("ca.key")).unwrap();
        TestAuthority { issuer: Issuer::from_ca_cert_pem(&read("ca.pem"), key).unwrap() }
    }

    /// An authority that no node trusts.
    pub fn stranger() -> TestAuthority {
        let mut params = CertificateParams::new(Vec::new()).unwrap();
        params.is_ca = IsCa::Ca(BasicConstraints::Constrained(0));
        params.key_usages = vec![KeyUsagePurpose::KeyCertSign];
        TestAuthority { issuer: Issuer::new(params, KeyPair::generate().unwrap()) }
    }

    /// A certificate for these URIs.
    pub fn issue(&self, uris: &[&str]) -> ClientCertificate {
        self.issue_until(uris, 2099)
    }

    /// The same, valid until the end of a year.
    pub fn issue_until(&self, uris: &[&str], year: i32) -> ClientCertificate {
        let mut params = CertificateParams::new(vec!["localhost".to_string()]).unwrap();
        params.subject_alt_names.extend(uris.iter().map(|uri| SanType::URI((*uri).try_into().unwrap())));
        params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth, ExtendedKeyUsagePurpose::ClientAuth];
        (params.not_before, params.not_after) = (date_time_ymd(2020, 1, 1), date_time_ymd(year, 12, 31));
        let key = KeyPair::generate().unwrap();
        let certificate = params.signed_by(&key, &self.issuer).unwrap().der().clone();
        ClientCertificate { certificate, key: PrivateKeyDer::Pkcs8(PrivatePkcs8KeyDer::from(key.serialize_der())) }
    }
}

impl ClientCertificate {
    /// Reads a certificate and its key from files.
    pub fn read(certificate: &Path, key: &Path) -> ClientCertificate {
        let certificate = CertificateDer::from_pem_file(certificate).unwrap();
        ClientCertificate { certificate, key: PrivateKeyDer::from_pem_file(key).unwrap() }
    }

    /// Writes PEM files `forged.pem` and `forged.key` (readable by their owner only) into a folder.
    pub fn write(&self, folder: &Path) {
        use std::os::unix::fs::OpenOptionsExt;
        let pem = |label: &str, der: &[u8]| {
            use base64ct::Encoding;
            format!("-----BEGIN {label}-----\n{}\n-----END {label}-----\n", base64ct::Base64::encode_string(der))
        };
        std::fs::write(folder.join("forged.pem"), pem("CERTIFICATE", &self.certificate)).unwrap();
        let mut file = std::fs::File::options();
        let mut file = file.create(true).truncate(true).write(true).mode(0o600).open(folder.join("forged.key")).unwrap();
        io::Write::write_all(&mut file, pem("PRIVATE KEY", self.key.secret_der()).as_bytes()).unwrap();
    }
}

/// A client that trusts the bundle, with or without a certificate. TLS 1.3 only, or 1.2 only.
pub fn tls_client(trust: &Path, own: Option<ClientCertificate>, only_12: bool) -> Arc<ClientConfig> {
    let mut roots = RootCertStore::empty();
    for authority in CertificateDer::pem_file_iter(trust).unwrap() {
        roots.add(authority.unwrap()).unwrap();
    }
    let versions = if only_12 { [&TLS12] } else { [&TLS13] };
    let builder = ClientConfig::builder_with_provider(Arc::new(aws_lc_rs::default_provider()));
    let builder = builder.with_protocol_versions(&versions).unwrap().with_root_certificates(roots);
    Arc::new(match own {
        Some(ClientCertificate { certificate, key }) => builder.with_client_auth_cert(vec![certificate], key).unwrap(),
        None => builder.with_no_client_auth(),
    })
}

/// An open connection for HTTP/1.1 requests, one after the other.
pub struct SecureConnection {
    stream: TlsStream<TcpStream>,
}

impl SecureConnection {
    /// Connects to `127.0.0.1:PORT`. With TLS 1.3 a client learns of a refusal only with the first answer.
    pub async fn open(address: &str, config: &Arc<ClientConfig>) -> io::Result<SecureConnection> {
        let connect = async {
            let stream = TcpStream::connect(address).await?;
            let name = ServerName::try_from("localhost").unwrap();
            TlsConnector::from(config.clone()).connect(name, stream).await
        };
        let stream = timeout(HANGS_AFTER, connect).await.expect("the handshake hangs")?;
        Ok(SecureConnection { stream })
    }

    /// The certificate that the node showed, in DER.
    pub fn certificate(&self) -> Vec<u8> {
        self.stream.get_ref().1.peer_certificates().unwrap()[0].to_vec()
    }

    /// Sends one request. Returns status and body. Each of the `headers` ends with CR LF.
    pub async fn request(&mut self, line: &str, headers: &str, body: &str) -> io::Result<(u16, String)> {
        let length = body.len();
        let request = format!("{line} HTTP/1.1\r\nHost: localhost\r\n{headers}Content-Length: {length}\r\n\r\n{body}");
        self.stream.write_all(request.as_bytes()).await?;
        self.stream.flush().await?;
        timeout(HANGS_AFTER, self.answer()).await.expect("the answer hangs")
    }

    /// Sends bytes unchanged. Returns the first bytes that come back, or none if the node closed the connection.
    pub async fn exchange(&mut self, bytes: &[u8]) -> io::Result<Vec<u8>> {
        self.stream.write_all(bytes).await?;
        self.stream.flush().await?;
        let mut heard = vec![0; 4_096];
        let read = timeout(HANGS_AFTER, self.stream.read(&mut heard)).await.expect("the answer hangs")?;
        heard.truncate(read);
        Ok(heard)
    }

    /// Sends bytes and reads until the node ends the connection. It reads while it writes, because the node may refuse the request
    /// before all of it was sent. An end without `close_notify`, or a reset, is an error.
    pub async fn until_closed(self, bytes: Vec<u8>) -> io::Result<Vec<u8>> {
        let (mut from, mut to) = tokio::io::split(self.stream);
        let writer = tokio::spawn(async move {
            // An error means that the node has closed the connection. The answer shows why.
            let _ = to.write_all(&bytes).await;
            let _ = to.flush().await;
            to
        });
        let mut heard = Vec::new();
        let read = timeout(HANGS_AFTER, from.read_to_end(&mut heard)).await.expect("the connection stays open");
        writer.abort();
        read.map(|_| heard)
    }

    async fn answer(&mut self) -> io::Result<(u16, String)> {
        let mut head = Vec::new();
        while !head.ends_with(b"\r\n\r\n") {
            head.push(self.stream.read_u8().await?);
        }
        let head = String::from_utf8_lossy(&head).to_lowercase();
        let status = head.split(' ').nth(1).and_then(|status| status.parse().ok()).expect("a status");
        let length = head.lines().find_map(|line| line.strip_prefix("content-length:")).map_or(0, |n| n.trim().parse().unwrap());
        let mut body = vec![0; length];
        self.stream.read_exact(&mut body).await?;
        Ok((status, String::from_utf8_lossy(&body).into_owned()))
    }
}
