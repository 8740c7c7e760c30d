//! The cause of a failed handshake, and a limit on log lines about it: an outsider that connects every second must not fill
//! the log.

use std::collections::BTreeSet;
use std::io;
use std::time::{Duration, Instant};

use keyrack_os_error::in_words;
use parking_lot::Mutex;
use rustls::{AlertDescription, CertificateError, Error, OtherError};

/// After this time the same line may be logged again.
const WINDOW: Duration = Duration::from_secs(600);
/// The most different lines in that time.
const LINES: usize = 64;

/// Why a handshake failed, in words. rustls names its errors as Rust values.
pub fn handshake_failure(cause: &io::Error) -> String {
    let words = match cause.get_ref().and_then(|inner| inner.downcast_ref::<Error>()) {
        Some(Error::InvalidCertificate(CertificateError::Other(OtherError(reason)))) => return reason.to_string(),
        Some(Error::InvalidCertificate(CertificateError::UnknownIssuer)) => {
            "no CA in this node's bundle issued the caller's certificate"
        }
        Some(Error::InvalidCertificate(CertificateError::Expired | CertificateError::ExpiredContext { .. })) => {
            "the caller's certificate is expired"
        }
        Some(Error::NoCertificatesPresented) => "the caller sent no certificate",
        Some(Error::InvalidMessage(_)) => "the caller does not speak TLS",
        Some(Error::AlertReceived(AlertDescription::UnknownCA)) => "the caller does not trust the CA of this node's certificate",
        Some(Error::AlertReceived(alert)) => return format!("the caller ended the handshake with the TLS alert {alert:?}"),
        _ => return in_words(cause),
    };
    words.to_owned()
}

/// The lines that were logged in the current window of ten minutes.
#[derive(Default)]
pub struct Refusals {
    said: Mutex<(Option<Instant>, BTreeSet<String>)>,
}

impl Refusals {
    /// Whether this line was not logged in the current window. Records it if there is room.
    pub fn is_new(&self, line: &str) -> bool {
        let mut said = self.said.lock();
        if said.0.is_none_or(|since| since.elapsed() > WINDOW) {
            *said = (Some(Instant::now()), BTreeSet::new());
        }
        said.1.len() < LINES && said.1.insert(line.to_owned())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn failures_have_words() {
        let words = |error: Error| handshake_failure(&io::Error::new(io::ErrorKind::InvalidData, error));
        assert_eq!(words(Error::NoCertificatesPresented), "the caller sent no certificate");
        let unknown = Error::InvalidCertificate(CertificateError::UnknownIssuer);
        assert_eq!(words(unknown), "no CA in this node's bundle issued the caller's certificate");
        assert_eq!(handshake_failure(&io::ErrorKind::UnexpectedEof.into()), "it closed the connection");
    }

    #[test]
    fn a_line_is_logged_once_and_the_number_of_lines_is_bounded() {
        let refusals = Refusals::default();
        assert!(refusals.is_new("a"));
        assert!(!refusals.is_new("a"));
        let said = (0..1_000).filter(|number| refusals.is_new(&number.to_string())).count();
        assert_eq!(said, LINES - 1);
    }
}
