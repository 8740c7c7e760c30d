//! Compares the settings that all nodes share with those of the peers that answer.

use futures::future::join_all;

use crate::node::Node;
use crate::shared_settings::{SettingDiffers, compare_settings};

/// Asks all peers once, and remembers their keys. A peer that does not answer is not compared.
///
/// # Errors
/// The first setting that differs.
pub async fn check_settings(node: &Node) -> Result<(), SettingDiffers> {
    compare_with_all(node).await.1.map_or(Ok(()), Err)
}

/// The same at a start. One node with a wrong setting must not keep the others from starting: only if more nodes differ than agree,
/// this node is the wrong one.
///
/// # Errors
/// The first setting that differs.
pub async fn must_agree(node: &Node) -> Result<(), SettingDiffers> {
    match compare_with_all(node).await {
        (agree, Some(differs), differ) if is_outvoted(agree, differ) => Err(differs),
        _ => Ok(()),
    }
}

/// Whether more peers differ than agree. This node itself does not count: it agrees with itself, also if it is the wrong one.
fn is_outvoted(agree: usize, differ: usize) -> bool {
    differ > agree
}

/// How many peers agree, the first difference, and how many peers differ.
async fn compare_with_all(node: &Node) -> (usize, Option<SettingDiffers>, usize) {
    let others = node.config.peers.iter().filter(|peer| peer.id != node.config.node);
    let asked = others.map(async |peer| (peer.id, node.links.hello(peer.id, &peer.peer).await));
    let (mut agree, mut first, mut differ) = (0, None, 0);
    for (id, reply) in join_all(asked).await {
        let settings = reply.as_ref().ok().and_then(|reply| reply.settings.as_ref());
        node.config.keyring.heard(id, settings.map(|settings| settings.keyring.clone()));
        let Ok(reply) = &reply else { continue };
        match compare_settings(node.config.shared_settings(), id, settings, !reply.members.is_empty()) {
            Ok(()) => agree += 1,
            Err(differs) => {
                differ += 1;
                first = first.or(Some(differs));
            }
        }
    }
    (agree, first, differ)
}

#[cfg(test)]
mod tests {
    use super::is_outvoted;

    #[test]
    fn a_node_is_wrong_if_more_peers_differ_than_agree() {
        let outvoted = [(0, 1), (0, 2), (1, 2), (1, 3)];
        let not = [(0, 0), (1, 0), (1, 1), (2, 1), (2, 2)];
        assert!(outvoted.iter().all(|(agree, differ)| is_outvoted(*agree, *differ)), "the only peer that answers counts too");
        assert!(!not.iter().any(|(agree, differ)| is_outvoted(*agree, *differ)));
    }
}
