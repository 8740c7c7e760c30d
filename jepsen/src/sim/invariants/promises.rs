//! When a node answers another, its promise is already on its disk: the vote that it gave, or the entries that it accepted.

use super::Check;
use crate::disk::Disk;
use keyrack_cluster::simulated::{LogId, Vote};

pub fn voted(node: u64, vote: &Vote, disk: &Disk) -> Check {
    match disk.durable_vote() {
        Some(kept) if kept >= *vote => Ok(()),
        kept => Err(format!("node {node} granted the vote {vote}, but its disk has {kept:?}")),
    }
}

pub fn accepted(node: u64, last: &LogId, disk: &Disk) -> Check {
    if disk.has_durably(last) { Ok(()) } else { Err(format!("node {node} accepted up to {last}, which is not on its disk")) }
}
