//! If two logs have an entry with the same id, the entries are equal, and the entries before them have the same id.

use std::collections::BTreeMap;

use bytes::Bytes;

use super::Check;
use crate::disk::{Disk, log_id_of};
use crate::rng::hash;
use keyrack_cluster::simulated::LogId;

/// Every entry that was ever written, by its id: the digest of its bytes and the id of the entry before it, if known.
#[derive(Default)]
pub struct LogMatching(BTreeMap<LogId, (u64, Option<LogId>)>);

impl LogMatching {
    pub fn written(&mut self, node: u64, entries: &[(u64, Bytes)], disk: &Disk) -> Check {
        let id = |index: u64| disk.visible.entries.get(&index).and_then(|bytes| log_id_of(index, bytes));
        for (index, bytes) in entries {
            let Some(at) = log_id_of(*index, bytes) else {
                return Err(format!("node {node} wrote an unreadable entry at {index}"));
            };
            let (digest, before) = (hash(bytes), index.checked_sub(1).and_then(id));
            let (known, known_before) = self.0.entry(at).or_insert((digest, before));
            if *known != digest {
                return Err(format!("node {node} has an entry {at} that differs from another node's"));
            }
            if known_before.is_some() && before.is_some() && *known_before != before {
                return Err(format!("node {node} has {before:?} before {at}, another node has {known_before:?}"));
            }
            *known_before = known_before.or(before);
        }
        Ok(())
    }
}
