//! What callers have used up of their quotas, as the other nodes report it.

use keyrack_proto::internal as pb;
use parking_lot::Mutex;
use tokio::sync::mpsc;

/// Reports that may wait to be taken up; more are dropped, and the next ones count all the same.
const WAITING: usize = 256;

/// A digest of whose quota it is, the requests, and the quota in requests per second.
pub type Used = Vec<(u64, u32, f32)>;

/// Where the peers' reports arrive.
pub struct UsageInbox {
    arrives: mpsc::Sender<Used>,
    /// Taken by the one who counts.
    arrived: Mutex<Option<mpsc::Receiver<Used>>>,
}

impl Default for UsageInbox {
    fn default() -> Self {
        let (arrives, arrived) = mpsc::channel(WAITING);
        UsageInbox { arrives, arrived: Mutex::new(Some(arrived)) }
    }
}

impl UsageInbox {
    /// A peer's report.
    pub fn take(&self, report: pb::UsageReport) {
        let used = report.used.into_iter().map(|used| (used.whose, used.requests, used.per_second)).collect();
        let _ = self.arrives.try_send(used);
    }

    /// The reports; `None` when somebody has them already.
    pub fn reports(&self) -> Option<mpsc::Receiver<Used>> {
        self.arrived.lock().take()
    }
}
