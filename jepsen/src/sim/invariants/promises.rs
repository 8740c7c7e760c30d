//! What a node promises to another is on its disk when it says so: a vote, and entries it accepted.

use super::Check;
use crate::disk::Disk;
use keyrack_cluster::simulated::{LogId, Vote};

pub fn voted(node: u64, vote: &Vote, disk: &Disk) -> Check {
    match disk.durable_vote() {
        Some(kept) if kept >= *vote => Ok(()),
        kept => Err(format!("node {node} granted {vote} and has {kept:?} on disk")),
    }
}

pub fn accepted(node: u64, last: &LogId, disk: &Disk) -> Check {
    if disk.has_durably(last) { Ok(()) } else { Err(format!("node {node} accepted up to {last}, which is not on its disk")) }
}
