//! Logs when a shard gains or loses its leader, when this node loses and regains the majority, and when a node is fenced.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use tokio::time::Instant;

use crate::directory;
use crate::node::Node;

/// How often the shards are looked at.
const EVERY: Duration = Duration::from_millis(250);
/// Reads are confirmed by the leader every second. A leader that has not confirmed one for this long does not answer.
const ANSWERS_WITHIN: Duration = Duration::from_secs(2);
/// Elections take less than this. A shard without a leader for longer is worth a line.
const LEADERLESS: Duration = Duration::from_secs(1);
/// A node that got no answer from a majority for this long is not ready.
const MAJORITY_WITHIN: Duration = Duration::from_secs(5);

/// Watches all shards; runs until dropped.
pub async fn watch_leaders(node: Arc<Node>) {
    let mut every = tokio::time::interval(EVERY);
    let mut shards: Vec<Leadership> = node.shards.iter().map(|_| Leadership::default()).collect();
    let mut majority = Majority::default();
    let mut fenced = BTreeSet::new();
    loop {
        every.tick().await;
        for (shard, (handle, known)) in node.shards.iter().zip(&mut shards).enumerate() {
            let status = handle.group.status();
            // Raft names the last leader until there is another one.
            let leader = status.leader.filter(|_| handle.gate.is_within(ANSWERS_WITHIN));
            match known.next(leader, Instant::now()) {
                Some(Change::Gained(leader)) => {
                    tracing::info!(event = "leader_gained", shard, leader, term = status.term, "the shard has a leader");
                }
                Some(Change::Lost) => {
                    tracing::warn!(event = "leader_lost", shard, "the leader of the shard does not answer: its commands wait");
                }
                None => {}
            }
        }
        let missing = node.links.lost_peers();
        let is_fresh = node.shards.iter().all(|handle| handle.gate.is_within(MAJORITY_WITHIN));
        let is_reachable = node.config.peers.len() > missing.len() * 2;
        match majority.next(is_fresh || is_reachable, is_fresh) {
            Some(true) => tracing::info!(event = "majority_back", "a majority of the nodes answers again"),
            Some(false) => {
                tracing::warn!(event = "majority_lost", ?missing, "no majority of the nodes answers: this node is not ready");
            }
            None => {}
        }
        log_fencing(&node, &mut fenced);
    }
}

/// Logs the nodes that an operator has fenced or admitted since the last call. The directory must be up to date: it repeats
/// its history when a node starts.
fn log_fencing(node: &Node, known: &mut BTreeSet<u64>) {
    let is_current = node.shards[directory::SHARD as usize].gate.is_within(ANSWERS_WITHIN);
    let now = node.admission.fenced();
    if !is_current || now == *known {
        return;
    }
    for fenced in now.difference(known) {
        tracing::warn!(
            event = "node_fenced",
            node = fenced,
            "a node was fenced: the other nodes refuse it. The audit trail says who did it"
        );
    }
    for admitted in known.difference(&now) {
        tracing::info!(
            event = "node_admitted",
            node = admitted,
            "a fenced node was admitted again. The audit trail says who did it"
        );
    }
    *known = now;
}

enum Change {
    Gained(u64),
    Lost,
}

/// What was logged about the leader of one shard.
#[derive(Default)]
struct Leadership {
    logged: Option<u64>,
    leaderless_since: Option<Instant>,
    is_lost: bool,
}

impl Leadership {
    fn next(&mut self, leader: Option<u64>, now: Instant) -> Option<Change> {
        let Some(leader) = leader else {
            let since = *self.leaderless_since.get_or_insert(now);
            let is_due = !self.is_lost && self.logged.is_some() && now - since >= LEADERLESS;
            return is_due.then(|| {
                self.is_lost = true;
                Change::Lost
            });
        };
        self.leaderless_since = None;
        let is_news = std::mem::take(&mut self.is_lost) || self.logged != Some(leader);
        self.logged = Some(leader);
        is_news.then_some(Change::Gained(leader))
    }
}

/// Whether a majority answers. It counts as lost only after it has answered once since the start.
#[derive(Default)]
struct Majority {
    answered: Option<bool>,
}

impl Majority {
    /// `answers` is false if too few nodes answer; `is_fresh` is true if a majority has confirmed every shard lately. Between
    /// the two nothing changes, for example during an election.
    fn next(&mut self, answers: bool, is_fresh: bool) -> Option<bool> {
        match self.answered {
            None if is_fresh => {
                self.answered = Some(true);
                None
            }
            Some(true) if !answers => {
                self.answered = Some(false);
                Some(false)
            }
            Some(false) if is_fresh => {
                self.answered = Some(true);
                Some(true)
            }
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn said(change: Option<Change>) -> String {
        match change {
            None => "-".to_owned(),
            Some(Change::Lost) => "lost".to_owned(),
            Some(Change::Gained(leader)) => leader.to_string(),
        }
    }

    #[test]
    fn a_leader_is_logged_when_it_changes_and_when_it_is_missing_for_a_second() {
        let (mut known, start) = (Leadership::default(), Instant::now());
        // Milliseconds after the start, the leader, and the change that is logged.
        for (ms, leader, logged) in [
            (0, None, "-"),
            (5_000, None, "-"), // never had a leader: the first start is logged elsewhere
            (5_250, Some(1), "1"),
            (5_500, Some(1), "-"),
            (5_750, None, "-"),
            (6_000, Some(2), "2"), // an election
            (7_000, None, "-"),
            (7_999, None, "-"),
            (8_000, None, "lost"),
            (20_000, None, "-"),
            (21_000, Some(2), "2"),
        ] {
            assert_eq!(said(known.next(leader, start + Duration::from_millis(ms))), logged, "after {ms} ms");
        }
    }

    #[test]
    fn a_majority_is_lost_only_after_it_answered_once() {
        let mut majority = Majority::default();
        // Whether enough nodes answer, whether all shards are fresh, and the change that is logged.
        for (answers, is_fresh, logged) in [
            (true, false, None), // the first start: no peer has failed yet, none has answered
            (false, false, None),
            (true, true, None),
            (true, false, None), // an election
            (false, false, Some(false)),
            (true, false, None),
            (true, true, Some(true)),
            (true, true, None),
        ] {
            assert_eq!(majority.next(answers, is_fresh), logged, "answers {answers}, fresh {is_fresh}");
        }
    }
}
