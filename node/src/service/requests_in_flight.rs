//! Idempotency keys whose first request this node has not answered yet.

use std::collections::HashSet;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use keyrack_proto::Code;

use crate::convert::Problem;

/// A set of keys in parts, so that requests seldom wait for one another.
#[derive(Clone)]
pub struct RequestsInFlight {
    parts: Arc<[Mutex<HashSet<[u8; 16]>>; 16]>,
}

/// Takes its key out of the set when dropped.
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
    /// Marks a key as under way; refuses one that is.
    pub fn enter(&self, digest: [u8; 16]) -> Result<InFlight, Problem> {
        if self.part(digest).insert(digest) {
            return Ok(InFlight { set: self.clone(), digest });
        }
        Err(Problem::new(Code::RequestInFlight, "ask again with the same key in a moment"))
    }

    fn part(&self, digest: [u8; 16]) -> MutexGuard<'_, HashSet<[u8; 16]>> {
        // A set is whole after any panic.
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
    use super::*;

    #[test]
    fn a_key_is_under_way_once() {
        let set = RequestsInFlight::default();
        let first = set.enter([1; 16]).map_err(|p| p.code).expect("free");
        assert_eq!(set.enter([1; 16]).err().map(|p| p.code), Some(Code::RequestInFlight));
        drop(first);
        assert!(set.enter([1; 16]).is_ok());
    }
}
