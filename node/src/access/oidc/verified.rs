//! Tokens that were verified before. A second request with the same token costs a digest, not an RSA operation.

use std::collections::HashMap;
use std::time::SystemTime;

use super::subject::Subject;

/// Half of the remembered tokens.
const HALF: usize = 2_048;

/// At most 4,096 verified tokens by their SHA-256. Only valid tokens are added, so invented ones cannot displace others.
#[derive(Default)]
pub struct Verified {
    /// Recently used tokens. When it is full, all of it becomes `older`.
    newer: HashMap<[u8; 32], Subject>,
    older: HashMap<[u8; 32], Subject>,
}

impl Verified {
    /// The token's subject, until the token expires.
    pub fn get(&mut self, digest: &[u8; 32], now: SystemTime) -> Option<Subject> {
        let subject = match self.newer.get(digest) {
            Some(subject) => subject.clone(),
            None => {
                let subject = self.older.remove(digest)?;
                self.add(*digest, subject.clone());
                subject
            }
        };
        Some(subject).filter(|subject| now < subject.expires)
    }

    /// Remembers a verified token.
    pub fn add(&mut self, digest: [u8; 32], subject: Subject) {
        if self.newer.len() == HALF {
            self.older = std::mem::take(&mut self.newer);
        }
        self.newer.insert(digest, subject);
    }

    /// How many tokens are remembered.
    #[cfg(test)]
    pub fn len(&self) -> usize {
        self.newer.len() + self.older.len()
    }
}

#[cfg(test)]
mod tests {
    use std::time::{Duration, UNIX_EPOCH};

    use super::*;

    fn digest(number: u32) -> [u8; 32] {
        let mut digest = [0; 32];
        digest[..4].copy_from_slice(&number.to_be_bytes());
        digest
    }

    #[test]
    fn used_tokens_stay_and_there_are_never_more_than_4096() {
        let subject = |expires| Subject { issuer: "i".into(), subject: "s".into(), expires };
        let now = UNIX_EPOCH + Duration::from_secs(1_000);
        let mut verified = Verified::default();
        verified.add(digest(0), subject(now + Duration::from_secs(1)));
        for number in 1..20_000 {
            verified.add(digest(number), subject(now + Duration::from_secs(1)));
            assert!(verified.get(&digest(0), now).is_some(), "a token in use is kept after {number} others");
            assert!(verified.len() <= 2 * HALF);
        }
        assert_eq!(verified.get(&digest(1), now), None);
        assert_eq!(verified.get(&digest(0), now + Duration::from_secs(1)), None, "expired");
        assert_eq!(verified.get(&digest(0), now + Duration::from_secs(2)), None, "still expired");
    }
}
