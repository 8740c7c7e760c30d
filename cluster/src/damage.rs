//! Damage on the disk: looked for, met, and then the end of this run of the node.
//!
//! RocksDB checks every block it reads, so nothing damaged is served. What nobody reads would be found only when it is needed
//! most; so all of it is read now and then. A node that met damage stops and leaves word; at its next start it
//! verifies everything, puts aside what is damaged and asks the others to take it in anew.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::watch;

use crate::cluster::Inner;
use crate::storage::mark_suspect;

/// The first reading of all rows after a start, and the time between two.
const FIRST: Duration = Duration::from_secs(5);
const EVERY: Duration = Duration::from_secs(6 * 3_600);

/// Whether damage was met.
#[derive(Default)]
pub struct Damage {
    found: watch::Sender<Option<String>>,
}

impl Damage {
    /// Waits until damage was met; returns what.
    pub async fn met(&self) -> String {
        let mut found = self.found.subscribe();
        match found.wait_for(Option::is_some).await {
            Ok(reason) => reason.clone().unwrap_or_default(),
            // The sender lives as long as self does.
            Err(_) => std::future::pending().await,
        }
    }
}

impl Inner {
    /// Leaves word for the next start.
    pub(crate) fn suspect(&self, reason: &str) {
        if let Err(cause) = mark_suspect(&self.config.data, reason) {
            tracing::error!(%cause, "cannot leave word of the damage");
        }
    }

    /// Reads all rows and the newest snapshots, a while after the start and then now and then; runs until dropped.
    pub(crate) async fn verify_rows(self: Arc<Self>) {
        let mut wait = FIRST;
        loop {
            tokio::time::sleep(wait).await;
            wait = EVERY;
            let node = self.clone();
            let read = tokio::task::spawn_blocking(move || {
                node.shards.iter().try_for_each(|handle| handle.group.verify_snapshot())?;
                node.rows.verify()
            });
            match read.await {
                Ok(Err(damage)) => {
                    tracing::error!(%damage, "the rows are damaged");
                    self.suspect(&damage.to_string());
                    self.damage.found.send_replace(Some(format!("the rows are damaged: {damage}")));
                    return;
                }
                Ok(Ok(())) => tracing::debug!("all rows were read, and are good"),
                // The runtime ends.
                Err(_) => return,
            }
        }
    }
}
