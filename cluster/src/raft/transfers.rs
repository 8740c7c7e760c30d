//! The hand-over of the leadership that is under way. Voters keep to a leader that they hear from, and vote for another candidate only if
//! that leader hands its leadership over to it. The candidate alone could say so of itself.

use std::sync::Arc;
use std::time::Duration;

use parking_lot::Mutex;
use tokio::time::Instant;

/// How long after the leader has said so a candidate may refer to it. An election takes far less.
const OPEN: Duration = Duration::from_secs(5);

/// To which node the leader of a shard hands over, as this node has heard it from the leader. Cheap to clone.
#[derive(Clone, Default)]
pub struct Transfers(Arc<Mutex<Option<(u64, Instant)>>>);

impl Transfers {
    /// The leader hands over to `to` from now on. Ends a hand-over to another node.
    pub fn open(&self, to: u64) {
        *self.0.lock() = Some((to, Instant::now()));
    }

    /// Whether the leader hands over to `candidate`.
    pub fn is_open_to(&self, candidate: u64) -> bool {
        self.is_open_at(candidate, Instant::now())
    }

    fn is_open_at(&self, candidate: u64, now: Instant) -> bool {
        self.0.lock().is_some_and(|(to, since)| to == candidate && now.saturating_duration_since(since) < OPEN)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_node_that_the_leader_named_is_its_successor_and_only_for_a_while() {
        let transfers = Transfers::default();
        assert!(!transfers.is_open_to(2));
        transfers.open(2);
        let now = Instant::now();
        assert_eq!([1, 2, 3].map(|node| transfers.is_open_at(node, now)), [false, true, false]);
        assert!(!transfers.is_open_at(2, now + OPEN));
        transfers.open(3);
        assert_eq!([2, 3].map(|node| transfers.is_open_at(node, now)), [false, true]);
    }
}
