//! Bounds the log lines that another node can cause.

use std::collections::BTreeMap;
use std::time::Duration;

use parking_lot::Mutex;
use tokio::time::Instant;

/// How long an event of a node is not logged again.
const PAUSE: Duration = Duration::from_secs(60);

/// One kind of event: at most one log line a minute for each node.
#[derive(Default)]
pub struct Seldom(Mutex<BTreeMap<u64, Instant>>);

impl Seldom {
    /// Whether the event of this node is to be logged now. Counts it as logged.
    pub fn is_due(&self, node: u64) -> bool {
        self.is_due_at(node, Instant::now())
    }

    fn is_due_at(&self, node: u64, now: Instant) -> bool {
        let mut logged = self.0.lock();
        // Members only: the map has as many entries as the cluster has nodes.
        let is_due = logged.get(&node).is_none_or(|at| now.saturating_duration_since(*at) >= PAUSE);
        if is_due {
            logged.insert(node, now);
        }
        is_due
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_node_has_one_line_a_minute() {
        let (seldom, now) = (Seldom::default(), Instant::now());
        let due = |node, seconds| seldom.is_due_at(node, now + Duration::from_secs(seconds));
        assert_eq!(
            [due(1, 0), due(1, 1), due(2, 1), due(1, 59), due(1, 60), due(1, 61)],
            [true, false, true, false, true, false]
        );
    }
}
