//! Which nodes may take part: the members of the directory's group, but for those that are fenced.

use std::collections::BTreeSet;
use std::sync::OnceLock;

use parking_lot::RwLock;

use crate::raft::MembershipWatch;

/// Asked at every handshake and every call between nodes, in both directions.
pub struct Admission {
    /// Who takes part until the cluster has begun.
    first: BTreeSet<u64>,
    members: OnceLock<MembershipWatch>,
    fenced: RwLock<BTreeSet<u64>>,
}

impl Admission {
    /// The first members are admitted until [`Admission::follow`] knows of a membership.
    pub fn new(first: impl IntoIterator<Item = u64>) -> Admission {
        Admission { first: first.into_iter().collect(), members: OnceLock::new(), fenced: RwLock::default() }
    }

    /// From now on the directory's membership decides.
    pub fn follow(&self, directory: MembershipWatch) {
        // Set once, when the directory's group is opened.
        let _ = self.members.set(directory);
    }

    /// Shuts these nodes out, whatever the membership says; lets in again who was fenced before and is not among them.
    pub fn fence(&self, nodes: BTreeSet<u64>) {
        *self.fenced.write() = nodes;
    }

    /// Whether `node` may ask to be taken in again: one of the first members that is not fenced, in the membership at the
    /// moment or not.
    pub fn may_return(&self, node: u64) -> bool {
        self.first.contains(&node) && !self.fenced.read().contains(&node)
    }

    /// Whether `node` is a member and not fenced.
    pub fn admits(&self, node: u64) -> bool {
        let members = self.members.get();
        let is_member = members.and_then(|members| members.has(node)).unwrap_or_else(|| self.first.contains(&node));
        is_member && !self.fenced.read().contains(&node)
    }
}
