//! Compares the settings that all nodes share while the node runs, because a keyring can change at any time.

use std::sync::Arc;
use std::time::Duration;

use tokio::time::Instant;

use crate::membership::check_settings;
use crate::node::Node;

const EVERY: Duration = Duration::from_secs(5);
/// How often the log repeats a difference.
const REPEAT: Duration = Duration::from_secs(60);

/// Logs each difference. Runs until dropped.
pub async fn compare_settings(node: Arc<Node>) {
    let mut logged = None;
    let mut logged_at = Instant::now();
    loop {
        tokio::time::sleep(EVERY).await;
        let differs = check_settings(&node).await.err();
        if let Err(cause) = node.folder.record_key(&node.config.keyring.get()) {
            tracing::warn!(event = "keyring_unrecorded", %cause, "cannot write KEYRING into the data folder");
        }
        if let Some(cause) = &differs
            && (logged != differs || logged_at.elapsed() >= REPEAT)
        {
            tracing::error!(event = "settings_differ", %cause, "a setting differs between two nodes");
            logged_at = Instant::now();
        }
        logged = differs;
    }
}
