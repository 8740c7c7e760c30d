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
    /// This node cannot decrypt what the other node encrypts.
    #[error(
        "node {peer} encrypts guests' data with the key {key:?}, and this node's keyring does not have that key{}. All nodes need \
         the same keys. Add the line of that key from the keyring of node {peer} to the keyrings of all nodes. Overwrite no \
         keyring: a key that is lost makes guests' data unreadable.", same_name(.has_name)
    )]
    KeyMissingHere {
        /// The other node.
        peer: u64,
        /// The key's name there.
        key: String,
        /// Whether this node has another key with that name.
        has_name: bool,
    },
    /// The other node cannot decrypt what this node encrypts.
    #[error(
        "this node encrypts guests' data with the key {key:?}, and node {peer}'s keyring does not have that key{}. All nodes need \
         the same keys. Add the line of that key from this node's keyring to the keyrings of all nodes. Overwrite no keyring: a \
         key that is lost makes guests' data unreadable.", same_name(.has_name)
    )]
    KeyMissingThere {
        /// The other node.
        peer: u64,
        /// The key's name here.
        key: String,
        /// Whether the other node has another key with that name.
        has_name: bool,
    },
}

/// The most letters of a key's name that a message shows.
const SHOWN_NAME: usize = 64;

fn same_name(has_name: &bool) -> &'static str {
    if *has_name { " (its key with that name is another one)" } else { "" }
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
    // A key has the same name in all copies of a keyring, but only its fingerprint tells whether it is the same key.
    let missing = |active: &[pb::KeyPrint], others: &[pb::KeyPrint]| {
        let key = active.iter().find(|key| key.active)?;
        let is_missing = !others.is_empty() && others.iter().all(|other| other.print != key.print);
        is_missing.then(|| (key.name.chars().take(SHOWN_NAME).collect(), others.iter().any(|other| other.name == key.name)))
    };
    if let Some((key, has_name)) = missing(&theirs.keyring, &mine.keyring) {
        return Err(SettingDiffers::KeyMissingHere { peer, key, has_name });
    }
    if let Some((key, has_name)) = missing(&mine.keyring, &theirs.keyring) {
        return Err(SettingDiffers::KeyMissingThere { peer, key, has_name });
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
        pb::SharedSettings { data_shards, first_members: first_members.to_vec(), keyring: Vec::new() }
    }

    /// Keys by name and fingerprint. The first one is active.
    fn keyring(keys: &[(&str, u8)]) -> pb::SharedSettings {
        let print = |(place, (name, print)): (usize, &(&str, u8))| pb::KeyPrint {
            name: (*name).to_owned(),
            print: vec![*print].into(),
            active: place == 0,
        };
        pb::SharedSettings { keyring: keys.iter().enumerate().map(print).collect(), ..settings(3, &[1, 2, 3]) }
    }

    #[test]
    fn each_nodes_active_key_must_be_in_the_other_nodes_keyring() {
        let compare = |mine: &[(&str, u8)], theirs: &[(&str, u8)]| {
            compare_settings(keyring(mine), 2, Some(&keyring(theirs)), true).map_err(|differs| differs.to_string())
        };
        assert_eq!(compare(&[("a", 1)], &[("a", 1)]), Ok(()));
        assert_eq!(compare(&[("a", 1)], &[]), Ok(()), "an older node");
        assert_eq!(compare(&[], &[("a", 1)]), Ok(()));
        // A rotation, node by node.
        assert_eq!(compare(&[("a", 1), ("b", 2)], &[("a", 1)]), Ok(()), "b is not active yet");
        assert_eq!(compare(&[("b", 2), ("a", 1)], &[("a", 1), ("b", 2)]), Ok(()), "b is active on one node");
        assert_eq!(compare(&[("b", 2)], &[("b", 2), ("a", 1)]), Ok(()), "a was removed on one node");
        let early = compare(&[("b", 2), ("a", 1)], &[("a", 1)]).expect_err("node 2 cannot decrypt what b encrypts");
        assert!(early.starts_with("this node encrypts guests' data with the key \"b\", and node 2's keyring"), "{early}");
        for mine in [&[("b", 2)][..], &[("a", 9)], &[("b", 2), ("a", 9)]] {
            let other = compare(mine, &[("a", 1)]).expect_err("another key, whatever its name is");
            assert!(other.starts_with("node 2 encrypts guests' data with the key \"a\", and this node's keyring"), "{other}");
            assert_eq!(other.contains("another one"), mine.contains(&("a", 9)), "{other}");
        }
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
