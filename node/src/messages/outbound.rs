//! Requests to other servers: issuers of staff tokens and witnesses. Their failures go to the log as a cause.

use std::io;
use std::path::PathBuf;

use keyrack_os_error::in_words;

/// A text that is not an address of a server.
#[derive(Debug, thiserror::Error)]
pub enum UrlError {
    /// It cannot be read. The cause is the source.
    #[error("{0:?} is not a URL")]
    Malformed(String),
    /// Another scheme, or none.
    #[error("{0:?} does not begin with https:// or http://")]
    Scheme(String),
    /// No host.
    #[error("{0:?} has no host")]
    NoHost(String),
    /// A name or password, which is not repeated.
    #[error("the URL has a user name or a password. Remove it: URLs end up in logs")]
    Credentials,
    /// A fragment.
    #[error("{0:?} has a fragment (#...). Remove it")]
    Fragment(String),
    /// A colon without a port.
    #[error("{0:?} has no valid port after the colon")]
    Port(String),
}

/// Why an exchange with a server failed.
#[derive(Debug, thiserror::Error)]
pub enum ExchangeError {
    /// The additional authorities cannot be used. The cause is the source.
    #[error("cannot use {}, which outbound.trust names", .0.display())]
    Trust(PathBuf),
    /// A file without certificates.
    #[error("it has no certificate in PEM")]
    NoCertificate,
    /// No connection.
    #[error("cannot connect to {host}:{port}: {}", in_words(.cause))]
    Connect {
        /// The host.
        host: String,
        /// The port.
        port: u16,
        /// The error of the operating system.
        cause: io::Error,
    },
    /// A host that TLS cannot name. The cause is the source.
    #[error("the host {0} cannot be in a certificate")]
    Name(String),
    /// The handshake failed.
    #[error("the TLS handshake with {host} failed: {}", handshake_words(.cause))]
    Handshake {
        /// The host.
        host: String,
        /// The error of TLS or of the operating system.
        cause: io::Error,
    },
    /// The exchange took too long.
    #[error("no answer within {0} s")]
    Timeout(u64),
    /// The answer is too long, or was cut off.
    #[error("cannot read the answer: {0}")]
    Answer(String),
    /// The server answered with another status.
    #[error("{url} answered with status {status}")]
    Status {
        /// The address.
        url: String,
        /// The status.
        status: u16,
    },
    /// The address that did not work. The cause is the source.
    #[error("{0}")]
    At(String),
}

/// Why a TLS handshake failed, without the names of rustls.
fn handshake_words(cause: &io::Error) -> String {
    use rustls::{CertificateError, Error};
    let Some(tls) = cause.get_ref().and_then(|cause| cause.downcast_ref::<Error>()) else { return in_words(cause) };
    let words = match tls {
        Error::InvalidCertificate(CertificateError::UnknownIssuer) => {
            "no trusted authority issued the server's certificate. Add its authority to outbound.trust"
        }
        Error::InvalidCertificate(CertificateError::Expired | CertificateError::ExpiredContext { .. }) => {
            "the server's certificate has expired"
        }
        Error::InvalidCertificate(CertificateError::NotValidForName | CertificateError::NotValidForNameContext { .. }) => {
            "the server's certificate is for another host"
        }
        Error::InvalidCertificate(_) => "the server's certificate is not valid",
        Error::InvalidMessage(_) => "the server does not speak TLS at this port",
        Error::AlertReceived(_) => "the server refused the handshake. Its log has the reason",
        _ => "the server and this node have no TLS version or cipher in common",
    };
    words.to_owned()
}

/// What is wrong with an issuer's documents.
#[derive(Debug, thiserror::Error)]
pub enum IssuerError {
    /// The discovery document. The cause is the source.
    #[error("the issuer's discovery document")]
    Discovery,
    /// It names another issuer.
    #[error("the discovery document is of another issuer")]
    OtherIssuer,
    /// It names no keys.
    #[error("the discovery document has no jwks_uri")]
    NoKeysUrl,
    /// The keys' address. The cause is the source.
    #[error("jwks_uri in the discovery document")]
    KeysUrl,
    /// The keys' address has no TLS.
    #[error("jwks_uri in the discovery document is not https://")]
    KeysUrlPlain,
    /// The keys. The cause is the source.
    #[error("the issuer's keys")]
    Keys,
    /// Not a JWK set.
    #[error("there is no list `keys`")]
    NoKeyList,
    /// Too many keys.
    #[error("there are {found} keys, and {most} are allowed")]
    TooManyKeys {
        /// How many there are.
        found: usize,
        /// The most.
        most: usize,
    },
}

/// What is wrong with a witness's answer.
#[derive(Debug, thiserror::Error)]
pub enum WitnessError {
    /// This node has no proof.
    #[error("the receipts log has no proof from size {from} to size {to}")]
    NoProof {
        /// The size that the witness has.
        from: u64,
        /// The newest size.
        to: u64,
    },
    /// A signature by another key.
    #[error("the witness's signature does not match its key in receipts.witnesses")]
    Signature,
    /// Not text. The cause is the source.
    #[error("the witness's answer is not text")]
    NotText,
    /// A conflict without the size. The cause is the source.
    #[error("the witness answered 409 without the size that it has")]
    NoSize,
    /// Another status.
    #[error("the witness answered with status {0}")]
    Status(u16),
}
