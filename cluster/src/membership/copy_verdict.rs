//! Decides what a node with a copied data folder does (ADR 17).
//!
//! A copy may lack commands that this node acknowledged. Each of them is also on another node of the majority that acknowledged it,
//! but nobody knows on which one. So the copy is worth nothing as long as a majority of the other nodes has its own data: they have
//! everything. If every node has a copy, the cluster was restored as a whole, and the copies are all there is.

use std::collections::BTreeMap;

/// What a peer says of its data folder.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PeerFolder {
    /// It has everything that the peer acknowledged.
    Own,
    /// The peer rejoins with an empty folder.
    Empty,
    /// It is a copy too. The number tells this copy from later ones.
    Copied(u64),
    /// It is a copy that was accepted together with the copies of these nodes: their numbers by node.
    Restored(BTreeMap<u64, u64>),
}

/// What a node with a copied folder does.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// It sets the copy aside and rejoins: a majority of the other nodes has its own data.
    Rejoin,
    /// It uses the copy: all nodes have copies. The numbers of all copies, by node.
    Restored(BTreeMap<u64, u64>),
    /// It waits for these nodes, which have not answered.
    Wait(Vec<u64>),
    /// It waits for a person: all nodes have answered, too few have their own data, and not all have copies.
    Undecided {
        /// The other nodes with their own data.
        own: Vec<u64>,
        /// The other nodes with copies.
        copies: Vec<u64>,
    },
}

/// Decides for the node `me` with the copy `number`, in a cluster of these `nodes`, `me` among them.
pub fn verdict(me: u64, number: u64, nodes: &[u64], answers: &BTreeMap<u64, PeerFolder>) -> Verdict {
    let others = || nodes.iter().copied().filter(|id| *id != me);
    // A peer that was restored together with another copy of this node has run with its own data since.
    let has_own = |id: &u64| match answers.get(id) {
        Some(PeerFolder::Own) => true,
        Some(PeerFolder::Restored(with)) => with.get(&me) != Some(&number),
        _ => false,
    };
    let own: Vec<u64> = others().filter(has_own).collect();
    if own.len() * 2 > nodes.len() {
        return Verdict::Rejoin;
    }
    // The number of a peer's copy, if the peer may be restored together with this one.
    let copy_of = |id: u64| match answers.get(&id)? {
        PeerFolder::Copied(number) => Some(*number),
        PeerFolder::Restored(with) if with.get(&me) == Some(&number) => with.get(&id).copied(),
        PeerFolder::Restored(_) | PeerFolder::Own | PeerFolder::Empty => None,
    };
    let copies: BTreeMap<u64, u64> = others().filter_map(|id| Some((id, copy_of(id)?))).collect();
    if others().all(|id| copies.contains_key(&id)) {
        return Verdict::Restored(copies.into_iter().chain([(me, number)]).collect());
    }
    let missing: Vec<u64> = others().filter(|id| !answers.contains_key(id)).collect();
    match missing.is_empty() {
        false => Verdict::Wait(missing),
        true => Verdict::Undecided { own, copies: copies.into_keys().collect() },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Node 1 has copy 11, node 2 copy 12 and so on.
    fn of_three(two: Option<PeerFolder>, three: Option<PeerFolder>) -> Verdict {
        let answers = [(2, two), (3, three)].into_iter().filter_map(|(id, answer)| Some((id, answer?)));
        verdict(1, 11, &[1, 2, 3], &answers.collect())
    }

    fn restored(numbers: &[(u64, u64)]) -> PeerFolder {
        PeerFolder::Restored(numbers.iter().copied().collect())
    }

    #[test]
    fn a_copy_rejoins_only_if_a_majority_of_the_others_has_its_own_data() {
        use PeerFolder::{Copied, Empty, Own};
        assert_eq!(of_three(Some(Own), Some(Own)), Verdict::Rejoin);
        assert_eq!(of_three(Some(Own), None), Verdict::Wait(vec![3]));
        assert_eq!(of_three(None, None), Verdict::Wait(vec![2, 3]));
        assert_eq!(of_three(Some(Own), Some(Empty)), Verdict::Undecided { own: vec![2], copies: vec![] });
        assert_eq!(of_three(Some(Own), Some(Copied(13))), Verdict::Undecided { own: vec![2], copies: vec![3] });
        let five = |own: &[u64]| verdict(1, 11, &[1, 2, 3, 4, 5], &own.iter().map(|id| (*id, Own)).collect());
        assert_eq!(five(&[2, 3]), Verdict::Wait(vec![4, 5]));
        assert_eq!(five(&[2, 4, 5]), Verdict::Rejoin);
        let two = verdict(1, 11, &[1, 2], &BTreeMap::from([(2, Own)]));
        assert_eq!(two, Verdict::Undecided { own: vec![2], copies: vec![] }, "one other node is no majority of two");
    }

    #[test]
    fn copies_are_used_only_if_all_nodes_have_copies_of_this_restore() {
        use PeerFolder::{Copied, Own};
        let all = Verdict::Restored(BTreeMap::from([(1, 11), (2, 12), (3, 13)]));
        assert_eq!(of_three(Some(Copied(12)), Some(Copied(13))), all);
        assert_eq!(of_three(Some(Copied(12)), None), Verdict::Wait(vec![3]));
        let accepted = restored(&[(1, 11), (2, 12), (3, 13)]);
        assert_eq!(of_three(Some(accepted.clone()), Some(Copied(13))), all);
        assert_eq!(of_three(Some(accepted.clone()), Some(accepted.clone())), all);
        // Peers that were restored together with another copy of this node: this one is older or newer.
        let earlier = restored(&[(1, 99), (2, 12), (3, 13)]);
        assert_eq!(of_three(Some(earlier.clone()), Some(earlier.clone())), Verdict::Rejoin);
        assert_eq!(of_three(Some(earlier), Some(Copied(13))), Verdict::Undecided { own: vec![2], copies: vec![3] });
        assert_eq!(of_three(Some(accepted), Some(Own)), Verdict::Undecided { own: vec![3], copies: vec![2] });
        assert_eq!(verdict(1, 11, &[1], &BTreeMap::new()), Verdict::Restored(BTreeMap::from([(1, 11)])), "nobody else");
    }
}
