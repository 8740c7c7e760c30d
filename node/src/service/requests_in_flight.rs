//! Idempotency keys whose first request this node has not answered yet.

use std::collections::HashSet;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use keyrack_texts::Detail;

use crate::convert::Problem;

/// A set of keys, split into parts so that requests seldom wait for the same lock.
#[derive(Clone)]
pub struct RequestsInFlight {
    parts: Arc<[Mutex<HashSet<[u8; 16]>>; 16]>,
}

/// Removes its key from the set when dropped.
pub struct InFlight {
    set: RequestsInFlight,
    digest: [u8; 16],
}

impl Default for RequestsInFlight {
    fn default() -> Self {
        RequestsInFlight { parts: Arc::new(std::array::from_fn(|_| Mutex::default())) }
    }
}

impl RequestsInFlight {
    /// Adds a key. Refuses a key that is already in the set.
    pub fn enter(&self, digest: [u8; 16]) -> Result<InFlight, Problem> {
        if self.part(digest).insert(digest) {
            return Ok(InFlight { set: self.clone(), digest });
        }
        Err(Problem::new(Detail::RequestInFlight))
    }

    fn part(&self, digest: [u8; 16]) -> MutexGuard<'_, HashSet<[u8; 16]>> {
        // No panic can leave the set half changed.
        self.parts[usize::from(digest[0] % 16)].lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for InFlight {
    fn drop(&mut self) {
        self.set.part(self.digest).remove(&self.digest);
    }
}

#[cfg(test)]
mod tests {
    use keyrack_proto::Code;

    use super::*;

    #[test]
    fn a_key_is_refused_while_its_first_request_runs() {
        let set = RequestsInFlight::default();
        let first = set.enter([1; 16]).map_err(|p| p.code).expect("the key is free");
        assert_eq!(set.enter([1; 16]).err().map(|p| p.code), Some(Code::RequestInFlight));
        drop(first);
        assert!(set.enter([1; 16]).is_ok());
    }
}
