//! Settings that all nodes of a cluster must share. Nodes compare them when they meet.

use keyrack_proto::internal as pb;

/// A setting that differs between this node and a peer.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SettingDiffers {
    /// The numbers of data shards.
    #[error(
        "data_shards is {mine} on this node and {theirs} on node {peer}. It must be equal on all nodes, and cannot change after the \
         first start. Correct it where it is wrong, and start that node again."
    )]
    DataShards {
        /// The other node.
        peer: u64,
        /// The number on this node.
        mine: u32,
        /// The number on the other node.
        theirs: u32,
    },
    /// The ids of the first members.
    #[error(
        "[[peers]] has the nodes {} on this node and the nodes {} on node {peer}. The first start needs the same list on all nodes. \
         Correct it where it is wrong, and start that node again.", listed(.mine), listed(.theirs)
    )]
    FirstMembers {
        /// The other node.
        peer: u64,
        /// The ids on this node.
        mine: Vec<u64>,
        /// The ids on the other node.
        theirs: Vec<u64>,
    },
}

fn listed(ids: &[u64]) -> String {
    ids.iter().map(u64::to_string).collect::<Vec<_>>().join(", ")
}

/// Compares the settings of a peer with `mine`. The lists of first members need to agree only until the cluster `has_begun`.
/// Older peers send no settings.
///
/// # Errors
/// [`SettingDiffers`].
pub fn compare_settings(
    mine: pb::SharedSettings,
    peer: u64,
    theirs: Option<&pb::SharedSettings>,
    has_begun: bool,
) -> Result<(), SettingDiffers> {
    let Some(theirs) = theirs else { return Ok(()) };
    if mine.data_shards != theirs.data_shards {
        return Err(SettingDiffers::DataShards { peer, mine: mine.data_shards, theirs: theirs.data_shards });
    }
    if !has_begun && mine.first_members != theirs.first_members {
        return Err(SettingDiffers::FirstMembers { peer, mine: mine.first_members, theirs: theirs.first_members.clone() });
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn settings(data_shards: u32, first_members: &[u64]) -> pb::SharedSettings {
        pb::SharedSettings { data_shards, first_members: first_members.to_vec() }
    }

    #[test]
    fn a_difference_is_named_with_both_values() {
        let compare = |theirs: Option<&pb::SharedSettings>, has_begun| {
            compare_settings(settings(3, &[1, 2, 3]), 2, theirs, has_begun).map_err(|differs| differs.to_string())
        };
        assert_eq!(compare(None, false), Ok(()), "an older node");
        assert_eq!(compare(Some(&settings(3, &[1, 2, 3])), false), Ok(()));
        for has_begun in [false, true] {
            let differs = compare(Some(&settings(5, &[1, 2, 3])), has_begun).expect_err("other shards");
            assert!(differs.starts_with("data_shards is 3 on this node and 5 on node 2."), "{differs}");
        }
        let differs = compare(Some(&settings(3, &[1, 2])), false).expect_err("other members");
        assert!(differs.contains("the nodes 1, 2, 3 on this node and the nodes 1, 2 on node 2"), "{differs}");
        assert_eq!(compare(Some(&settings(3, &[1, 2])), true), Ok(()), "the members may have changed since");
    }
}
