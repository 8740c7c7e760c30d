//! Shares the use of quotas between the nodes, so that a quota counts for the whole cluster and not for each node.

use std::time::Duration;

use keyrack_proto::internal as pb;
use tokio::sync::mpsc;

use crate::cluster::ClusterNode;
use crate::peers::Used;

/// How long a report to a peer may take.
const REPORT_TIMEOUT: Duration = Duration::from_millis(500);

impl ClusterNode {
    /// The receiver of the peers' reports; `None` if it was taken before.
    pub fn usage_reports(&self) -> Option<mpsc::Receiver<Used>> {
        self.usage.reports()
    }

    /// Sends every peer the use on this node since the last report. A peer that misses a report does not count that use.
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
                request.set_timeout(REPORT_TIMEOUT);
                client.usage(request).await.ok()
            }
        });
        futures::future::join_all(told).await;
    }
}
