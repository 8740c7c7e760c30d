//! The cause of a failed handshake, and a limit on log lines about it: an outsider that connects every second must not fill
//! the log.

use std::collections::BTreeSet;
use std::io;
use std::time::{Duration, Instant};

use parking_lot::Mutex;
use rustls::{CertificateError, Error, OtherError};

/// After this time the same line may be logged again.
const WINDOW: Duration = Duration::from_secs(600);
/// The most different lines in that time.
const LINES: usize = 64;

/// Why a handshake failed. rustls shows errors of a custom verifier as Rust values; this returns their text.
pub fn handshake_failure(cause: &io::Error) -> String {
    match cause.get_ref().and_then(|inner| inner.downcast_ref::<Error>()) {
        Some(Error::InvalidCertificate(CertificateError::Other(OtherError(reason)))) => reason.to_string(),
        _ => cause.to_string(),
    }
}

/// The lines that were logged in the current window.
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
    fn a_line_is_logged_once_and_the_number_of_lines_is_bounded() {
        let refusals = Refusals::default();
        assert!(refusals.is_new("a"));
        assert!(!refusals.is_new("a"));
        let said = (0..1_000).filter(|number| refusals.is_new(&number.to_string())).count();
        assert_eq!(said, LINES - 1);
    }
}
