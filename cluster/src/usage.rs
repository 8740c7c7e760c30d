//! What callers have used up of their quotas, told from node to node: so that a quota is the cluster's and not each node's.

use std::time::Duration;

use keyrack_proto::internal as pb;
use parking_lot::Mutex;
use tokio::sync::mpsc;

use crate::cluster::{Cluster, Inner};

/// Reports that may wait to be taken up; more are dropped, and the next ones count all the same.
const WAITING: usize = 256;
/// How long telling a peer may take.
const TELL: Duration = Duration::from_millis(500);

/// A digest of whose quota it is, the requests, and the quota in requests per second.
pub type Used = Vec<(u64, u32, f32)>;

/// Where the peers' reports arrive.
pub struct UsageBox {
    arrives: mpsc::Sender<Used>,
    /// Taken by the one who counts.
    arrived: Mutex<Option<mpsc::Receiver<Used>>>,
}

impl Default for UsageBox {
    fn default() -> Self {
        let (arrives, arrived) = mpsc::channel(WAITING);
        UsageBox { arrives, arrived: Mutex::new(Some(arrived)) }
    }
}

impl Cluster {
    /// The peers' reports; `None` when somebody has them already.
    pub fn usage_reports(&self) -> Option<mpsc::Receiver<Used>> {
        self.inner.usage.arrived.lock().take()
    }

    /// Tells every peer what was used here since the last time. One that does not hear it allows too much for a moment.
    pub async fn share_usage(&self, used: &Used) {
        let told = |(whose, requests, per_second): &(u64, u32, f32)| pb::Usage {
            whose: *whose,
            requests: *requests,
            per_second: *per_second,
        };
        let used: Vec<pb::Usage> = used.iter().map(told).collect();
        let inner = &self.inner;
        let others = inner.members().into_iter().filter(|(id, _)| *id != inner.config.node);
        let told = others.map(|(id, member)| {
            let report = pb::UsageReport { used: used.clone() };
            async move {
                let mut client = inner.links.client(id, &member).ok()?;
                let mut request = tonic::Request::new(report);
                request.set_timeout(TELL);
                client.usage(request).await.ok()
            }
        });
        futures::future::join_all(told).await;
    }
}

impl Inner {
    /// A peer's report.
    pub(crate) fn hear_usage(&self, report: pb::UsageReport) {
        let used = report.used.into_iter().map(|used| (used.whose, used.requests, used.per_second)).collect();
        let _ = self.usage.arrives.try_send(used);
    }
}
