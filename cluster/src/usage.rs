//! Sharing what callers have used up of their quotas, so that a quota is the cluster's and not each node's.

use std::time::Duration;

use keyrack_proto::internal as pb;
use tokio::sync::mpsc;

use crate::cluster::Cluster;
use crate::peers::Used;

/// How long telling a peer may take.
const TELL: Duration = Duration::from_millis(500);

impl Cluster {
    /// The peers' reports; `None` when somebody has them already.
    pub fn usage_reports(&self) -> Option<mpsc::Receiver<Used>> {
        self.usage.reports()
    }

    /// Tells every peer what was used here since the last time. One that does not hear it allows too much for a moment.
    pub async fn share_usage(&self, used: &Used) {
        let told = |(whose, requests, per_second): &(u64, u32, f32)| pb::Usage {
            whose: *whose,
            requests: *requests,
            per_second: *per_second,
        };
        let used: Vec<pb::Usage> = used.iter().map(told).collect();
        let links = &self.node.links;
        let told = self.node.others().into_iter().map(|(id, member)| {
            let report = pb::UsageReport { used: used.clone() };
            async move {
                let mut client = links.client(id, &member).ok()?;
                let mut request = tonic::Request::new(report);
                request.set_timeout(TELL);
                client.usage(request).await.ok()
            }
        });
        futures::future::join_all(told).await;
    }
}
