//! Certificate, key and trust bundle.

use std::path::PathBuf;

/// Files that cannot be used for TLS, or a certificate that is refused.
#[derive(Debug, thiserror::Error)]
pub enum TlsError {
    /// A file without a certificate.
    #[error("{} has no certificate in PEM. {hint}", .path.display())]
    NoCertificate {
        /// The file.
        path: PathBuf,
        /// What to do.
        hint: &'static str,
    },
    /// A file without a private key.
    #[error("{} has no private key in PEM. Check tls.key.", .0.display())]
    NoKey(PathBuf),
    /// The certificate cannot be used. The cause is the source.
    #[error("cannot use {}", .0.display())]
    Unusable(PathBuf),
    /// Not X.509.
    #[error("the certificate cannot be read as X.509. Check tls.certificate.")]
    NotX509,
    /// The certificate of an authority in the place of the node's.
    #[error("{} is a CA's certificate, not a node's. Set tls.certificate to this node's certificate, such as node-{node}.pem.", .path.display())]
    OfAuthority {
        /// The file.
        path: PathBuf,
        /// This node.
        node: u64,
    },
    /// The certificate of another node or cluster.
    #[error("{} is the certificate of {identity}, but this is node {node} of the cluster {cluster}. Set tls.certificate to \
             this node's certificate, or correct `node` or `cluster`.", .path.display())]
    OtherIdentity {
        /// The file.
        path: PathBuf,
        /// The certificate's identity.
        identity: String,
        /// This node.
        node: u64,
        /// This node's cluster.
        cluster: String,
    },
    /// The certificate is out of date.
    #[error("{path} expired at {at}. Make a new certificate, for example with `keyrack pki rotate {path}`.", path = .path.display())]
    Expired {
        /// The file.
        path: PathBuf,
        /// When.
        at: String,
    },
    /// Each file can be read, but they do not match. The cause is the source.
    #[error("cannot use {}, {} and {} together", .certificate.display(), .key.display(), .trust.display())]
    NoMatch {
        /// The certificate's file.
        certificate: PathBuf,
        /// The key's file.
        key: PathBuf,
        /// The trust bundle's file.
        trust: PathBuf,
    },
    /// A line of the list of revoked certificates.
    #[error("line {line} of {} is not a SHA-256 fingerprint. Write one on each line, as `openssl x509 -noout -fingerprint -sha256 -in \
             FILE` prints it.", .path.display())]
    RevokedLine {
        /// The file.
        path: PathBuf,
        /// The line, from 1.
        line: usize,
    },
    /// The node's own certificate is revoked.
    #[error("{} is in the list of revoked certificates {}, so the other nodes refuse this node. Make a new certificate: `keyrack pki rotate {}`.", .path.display(), .list.display(), .path.display())]
    OwnRevoked {
        /// The certificate's file.
        path: PathBuf,
        /// The list.
        list: PathBuf,
    },
    /// A client's certificate is revoked.
    #[error("the certificate of {0} is revoked")]
    ClientRevoked(String),
    /// A client's certificate expired or was revoked after its handshake.
    #[error("the certificate of {0} has expired or is revoked")]
    ClientExpired(String),
    /// A client's certificate is not accepted at this listener.
    #[error("the client shows the certificate of {0}, which this listener does not accept")]
    ClientRefused(String),
    /// The reader of the files panicked. The cause is the source.
    #[error("cannot read the TLS files")]
    Reader,
}
