//! Which nodes may take part: the members of the directory's group, except fenced nodes.

use std::collections::BTreeSet;
use std::sync::OnceLock;

use parking_lot::RwLock;

/// Whether a node is a member; `None` before the cluster has begun.
type IsMember = Box<dyn Fn(u64) -> Option<bool> + Send + Sync>;

/// Decides which nodes may take part. Every handshake and every call between nodes asks it, in both directions.
pub struct Admission {
    /// The nodes that take part until the cluster has begun.
    first: BTreeSet<u64>,
    members: OnceLock<IsMember>,
    fenced: RwLock<BTreeSet<u64>>,
    /// The nodes that this node admits although the directory fences them.
    despite: BTreeSet<u64>,
}

impl Admission {
    /// Admits the first members until [`Admission::follow`] supplies a membership.
    pub fn new(first: impl IntoIterator<Item = u64>) -> Admission {
        let (first, despite) = (first.into_iter().collect(), BTreeSet::new());
        Admission { first, members: OnceLock::new(), fenced: RwLock::default(), despite }
    }

    /// The same, and it admits these nodes although the directory fences them.
    pub fn despite_fences(self, nodes: impl IntoIterator<Item = u64>) -> Admission {
        Admission { despite: nodes.into_iter().collect(), ..self }
    }

    /// From now on the directory's membership decides. `is_member` returns `None` before the group has begun.
    pub fn follow(&self, is_member: impl Fn(u64) -> Option<bool> + Send + Sync + 'static) {
        let is_first = self.members.set(Box::new(is_member)).is_ok();
        assert!(is_first, "the directory's group is opened once");
    }

    /// Fences exactly these nodes, members or not, except those that this node admits despite it. Nodes that were fenced before and are
    /// not in `nodes` are admitted again.
    pub fn fence(&self, nodes: BTreeSet<u64>) {
        *self.fenced.write() = &nodes - &self.despite;
    }

    /// The fenced nodes.
    pub fn fenced(&self) -> BTreeSet<u64> {
        self.fenced.read().clone()
    }

    /// Whether `node` may ask to rejoin: it is one of the first members and not fenced. The current membership does not matter.
    pub fn may_return(&self, node: u64) -> bool {
        self.first.contains(&node) && !self.fenced.read().contains(&node)
    }

    /// Whether `node` is a member and not fenced.
    pub fn admits(&self, node: u64) -> bool {
        let members = self.members.get();
        let is_member = members.and_then(|is_member| is_member(node)).unwrap_or_else(|| self.first.contains(&node));
        is_member && !self.fenced.read().contains(&node)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_operator_can_admit_a_node_on_one_node_despite_the_directory() {
        let admission = Admission::new([1, 2, 3]).despite_fences([1]);
        admission.fence([1, 2].into());
        assert_eq!([1, 2, 3].map(|node| admission.admits(node)), [true, false, true]);
        assert!(admission.may_return(1) && !admission.may_return(2));
    }

    #[test]
    fn a_fenced_node_neither_takes_part_nor_rejoins() {
        let admission = Admission::new([1, 2, 3]);
        admission.fence([2].into());
        assert_eq!([1, 2, 4].map(|node| admission.admits(node)), [true, false, false]);
        assert_eq!([1, 2, 4].map(|node| admission.may_return(node)), [true, false, false]);
        admission.fence([3].into());
        assert_eq!([2, 3].map(|node| (admission.admits(node), admission.may_return(node))), [(true, true), (false, false)]);
        // A node that the group has removed may still ask to rejoin.
        admission.follow(|node| Some(node == 1));
        assert_eq!((admission.admits(2), admission.may_return(2)), (false, true));
    }
}
