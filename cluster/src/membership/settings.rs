//! Compares the settings that all nodes share with those of the peers that answer.

use futures::future::join_all;

use crate::node::Node;
use crate::shared_settings::{SettingDiffers, compare_settings};

/// Asks all peers once. A peer that does not answer is not compared.
///
/// # Errors
/// The first setting that differs.
pub async fn check_settings(node: &Node) -> Result<(), SettingDiffers> {
    let others = node.config.peers.iter().filter(|peer| peer.id != node.config.node);
    let asked = others.map(async |peer| (peer.id, node.links.hello(peer.id, &peer.peer).await));
    for (id, reply) in join_all(asked).await {
        let Ok(reply) = reply else { continue };
        compare_settings(node.config.shared_settings(), id, reply.settings.as_ref(), !reply.members.is_empty())?;
    }
    Ok(())
}
