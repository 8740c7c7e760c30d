//! The other nodes' reports on how much of their quotas callers have used.

use keyrack_proto::internal as pb;
use parking_lot::Mutex;
use tokio::sync::mpsc;

/// The most reports that may wait. Further reports are dropped; later ones still count.
const WAITING: usize = 256;

/// For each quota: a digest of its caller, the number of requests, and the quota in requests per second.
pub type Used = Vec<(u64, u32, f32)>;

/// Receives the peers' reports.
pub struct UsageInbox {
    arrives: mpsc::Sender<Used>,
    /// `None` after [`UsageInbox::reports`].
    arrived: Mutex<Option<mpsc::Receiver<Used>>>,
}

impl Default for UsageInbox {
    fn default() -> Self {
        let (arrives, arrived) = mpsc::channel(WAITING);
        UsageInbox { arrives, arrived: Mutex::new(Some(arrived)) }
    }
}

impl UsageInbox {
    /// Adds a peer's report.
    pub fn take(&self, report: pb::UsageReport) {
        let used = report.used.into_iter().map(|used| (used.whose, used.requests, used.per_second)).collect();
        let _ = self.arrives.try_send(used);
    }

    /// The receiver of the reports; `None` if it was taken before.
    pub fn reports(&self) -> Option<mpsc::Receiver<Used>> {
        self.arrived.lock().take()
    }
}
