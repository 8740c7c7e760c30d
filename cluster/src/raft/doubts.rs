//! What a replica needs to doubt its leader: whom it asks, and what it remembers of the questions.

use std::sync::Arc;
use std::time::Duration;

use parking_lot::Mutex;
use tokio::time::Instant;

use super::types::Vote;

/// A leader that has not sent a snapshot for this long begins to wait again.
const PAUSE: Duration = Duration::from_secs(30);

/// What a replica needs to doubt its leader. Clones share what is remembered.
#[derive(Clone, Default)]
pub struct Doubts {
    /// The number of this node's data folder.
    pub incarnation: u64,
    /// The first members and their addresses, from the configuration. A node that has no membership yet asks them.
    pub first: Arc<[(u64, String)]>,
    /// An operator says that this node takes the leader's memberships and snapshots without asking anybody.
    pub trusts_leader: bool,
    /// How many log entries that a snapshot covers the nodes keep.
    pub keep_log_entries: u64,
    /// The leader that this replica could not confirm yet, and since when; see `majority.rs`.
    pub unconfirmed: Arc<Mutex<Option<(Vote, Instant)>>>,
    /// How long this replica has refused a leader's snapshots; see `snapshot_need.rs`.
    pub refusing: Arc<Mutex<Option<Refusing>>>,
    /// When this replica last asked the leader to hand over.
    pub asked_to_hand_over: Arc<Mutex<Option<Instant>>>,
}

/// How long a replica has refused a leader's snapshots for the same reason.
#[derive(Clone, Copy, Debug)]
pub struct Refusing {
    patience: Duration,
    since: Instant,
    last: Instant,
}

impl Refusing {
    /// Whether the leader is believed now. A pause and another reason begin the wait again.
    pub fn is_patience_over(refusing: &mut Option<Refusing>, patience: Duration, now: Instant) -> bool {
        let since = match refusing {
            Some(known) if known.patience == patience && now.saturating_duration_since(known.last) < PAUSE => known.since,
            _ => now,
        };
        *refusing = Some(Refusing { patience, since, last: now });
        now.saturating_duration_since(since) >= patience
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SHORT: Duration = Duration::from_secs(10);
    const LONG: Duration = Duration::from_secs(600);

    #[test]
    fn patience_begins_again_after_a_pause_and_for_another_reason() {
        let (mut refusing, begin) = (None, Instant::now());
        let mut over =
            |patience, seconds| Refusing::is_patience_over(&mut refusing, patience, begin + Duration::from_secs(seconds));
        assert_eq!([over(SHORT, 0), over(SHORT, 9), over(SHORT, 10)], [false, false, true]);
        assert_eq!([over(LONG, 11), over(SHORT, 12), over(SHORT, 21), over(SHORT, 22)], [false, false, false, true]);
        assert_eq!([over(SHORT, 60), over(SHORT, 69), over(SHORT, 70)], [false, false, true], "a pause");
        let waits: Vec<bool> = (0..=60).map(|step| over(LONG, 100 + 10 * step)).collect();
        assert_eq!(waits.iter().position(|over| *over), Some(60), "ten minutes");
    }
}
