//! Cosigning: the leader asks every replica to sign the newest head, and publishes what a majority signed.
//!
//! Rounds overlap, so that between regions a booking waits one round trip and not two; under load a head
//! covers all leaves since the last one, so that signatures do not grow with bookings.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use keyrack_inventory::{Command, Key, Op, PropertyNumber, Read, Row};
use keyrack_merkle::{Hash, Signature, VerifierKey, verify_signature};
use keyrack_proto::{commands, internal as pb};
use pb::cosign_reply::Answer;
use pb::cosign_request::Ask;
use tokio::sync::{mpsc, oneshot};
use tokio::time::Instant;

use super::answer::reply_of;
use super::rounds::{ROUND_TIMEOUT, Rounds, Verdict};
use super::streams::{Answered, Streams};
use crate::halt::Halt;
use crate::peers::{Links, Member};
use crate::raft::Group;
use crate::receipts::{Heads, Published, Signer, origin, verifiers};
use crate::shard::{Batcher, Pending};
use crate::storage::RowsDb;
use crate::tasks::Tasks;

/// The longest pause between two heads. It is as long as the last one took to be taken up: alone, a booking's head is asked
/// for almost at once, and the busier the node, the more bookings share one.
const LONGEST_PAUSE: Duration = Duration::from_millis(25);
/// Heads that may be under way at once.
const OPEN_ROUNDS: usize = 16;
/// A head without news is compared again after this time.
const REFRESH: Duration = Duration::from_secs(60);
/// A head that was asked for and is not taken up after this time is asked for again.
const AGAIN: Duration = Duration::from_millis(500);
/// How often a node that does not lead looks whether it does.
const IDLE: Duration = Duration::from_millis(50);

/// What one shard's cosigning needs of its node.
pub struct Cosigning {
    /// The shard.
    pub shard: u32,
    /// This node.
    pub node: u64,
    /// The cluster's name.
    pub cluster: String,
    /// Its Raft group.
    pub group: Group,
    /// The node's channels.
    pub links: Links,
    /// The rows, which have the replicas' keys.
    pub rows: Arc<RowsDb>,
    /// The tree.
    pub heads: Arc<Heads>,
    /// This node's signatures.
    pub signer: Signer,
    /// Where checkpoints go.
    pub published: Arc<Published>,
    /// The way into the shard's log.
    pub batcher: Batcher,
    /// Where it is told that replicas differ.
    pub halt: Arc<Halt>,
    /// The owner of what runs beside the rounds.
    pub tasks: Tasks,
}

impl Cosigning {
    /// Runs rounds whenever this node leads the shard; until dropped.
    pub async fn run(self) {
        let (sender, replies) = mpsc::channel(1_024);
        let peers = Streams::new(self.shard, self.links.clone(), self.published.clone(), sender.clone(), self.tasks.clone());
        let rounds = Rounds::new(origin(&self.cluster, self.shard));
        let asked = Asked::default();
        Leader { it: Arc::new(self), peers, rounds, keys: BTreeMap::new(), asked, sender }.run(replies).await;
    }
}

struct Leader {
    it: Arc<Cosigning>,
    peers: Streams,
    rounds: Rounds,
    /// Keys of the replicas, as the shard's rows record them.
    keys: BTreeMap<u64, [VerifierKey; 2]>,
    asked: Asked,
    sender: mpsc::Sender<Answered>,
}

/// The last head that was asked for.
#[derive(Default)]
struct Asked {
    size: u64,
    at: Option<Instant>,
    /// How long a head took lately, from the question to the majority.
    took: Duration,
}

impl Leader {
    async fn run(mut self, mut replies: mpsc::Receiver<Answered>) {
        let mut size = self.it.heads.size();
        let mut witnessed = self.it.published.witnessed();
        loop {
            if self.it.group.leader() != Some(self.it.node) {
                self.rest();
                tokio::time::sleep(IDLE).await;
                continue;
            }
            let verdict = self.rounds.expire(Instant::now());
            self.follow(verdict, 0);
            tokio::select! {
                // Signatures first: they are what somebody waits for.
                biased;
                reply = replies.recv() => match reply {
                    Some(reply) => self.take(reply),
                    None => return,
                },
                () = self.due(&mut size) => self.ask(),
                Ok(()) = witnessed.changed() => {
                    let note = witnessed.borrow_and_update().as_ref().map(|checkpoint| checkpoint.note.to_string());
                    let others = self.others();
                    note.into_iter().for_each(|note| self.peers.say(&others, &Ask::Witnessed(note)));
                }
                () = tokio::time::sleep(IDLE) => {}
            }
        }
    }

    fn rest(&mut self) {
        self.rounds.clear();
        self.peers.close();
        self.asked = Asked::default();
    }

    /// Returns when the next head should be asked for.
    async fn due(&self, size: &mut tokio::sync::watch::Receiver<u64>) {
        if self.rounds.under_way() >= OPEN_ROUNDS {
            return std::future::pending().await;
        }
        let (asked, last) = (self.asked.size, self.asked.at);
        let pause = if *self.it.published.size().borrow() < asked { AGAIN } else { REFRESH };
        let refresh = last.map_or_else(Instant::now, |at| at + pause);
        tokio::select! {
            grown = size.wait_for(|size| *size > asked) => drop(grown),
            () = tokio::time::sleep_until(refresh) => {}
        }
        if let Some(at) = last {
            tokio::time::sleep_until(at + self.asked.took.min(LONGEST_PAUSE)).await;
        }
    }

    fn ask(&mut self) {
        let now = Instant::now();
        let head = self.it.heads.newest();
        self.asked = Asked { size: head.size, at: Some(now), took: self.asked.took };
        self.rounds.begin(head, now);
        let ask = Ask::Sign(pb::TreeHead { size: head.size, root: Bytes::copy_from_slice(&head.root) });
        let others = self.others();
        self.peers.say(&others, &ask);
        let (it, sender) = (self.it.clone(), self.sender.clone());
        self.it.tasks.spawn("own signature", async move {
            let reply = reply_of(head.size, it.signer.sign(head).await);
            // The receiver lives as long as the shard.
            let _ = sender.send(Answered { node: it.node, reply }).await;
        });
    }

    fn take(&mut self, Answered { node, reply }: Answered) {
        let (size, voters) = (reply.size, self.it.group.members().len());
        let verdict = match reply.answer {
            // What a majority signed already needs no more.
            Some(Answer::Signatures(_)) if self.rounds.is_published(size) => return,
            Some(Answer::Signatures(lines)) => match self.verified(node, size, &lines) {
                Some(signatures) => self.rounds.signed(node, size, signatures, voters),
                None => return,
            },
            Some(Answer::OtherRoot(root)) => {
                let Ok(root) = root.as_ref().try_into() else { return };
                self.it.halt.note_difference(self.it.shard, node, size);
                if let Some(signed) = self.it.published.at(size).filter(|signed| signed.root != root) {
                    // A majority signed that size already: no round is needed to tell who is right.
                    self.stop_replica(node, size, signed.root);
                    return;
                }
                self.rounds.differs(node, size, root, voters)
            }
            Some(Answer::Refused(reason)) => {
                tracing::debug!(shard = self.it.shard, node, size, reason, "a replica did not sign");
                return;
            }
            None => return,
        };
        self.follow(verdict, size);
    }

    fn follow(&mut self, verdict: Verdict, size: u64) {
        if verdict.stop_myself {
            self.it
                .halt
                .stop_diverged(self.it.shard, "a majority of the replicas has another root, or nobody can tell who is right");
        }
        if let (false, Some(signed)) = (verdict.stop.is_empty(), self.rounds.checkpoint(size)) {
            verdict.stop.into_iter().for_each(|node| self.stop_replica(node, size, signed.root));
        }
        if let Some(began) = verdict.publish.as_ref().and_then(|_| self.rounds.began(size)) {
            self.asked.took = began.elapsed();
        }
        if let Some(note) = verdict.publish.filter(|_| size > *self.it.published.size().borrow()) {
            self.it.propose(size, note.to_string());
        }
    }

    fn stop_replica(&mut self, node: u64, size: u64, root: Hash) {
        let alone: Vec<_> = self.others().into_iter().filter(|(id, _)| *id == node).collect();
        let root = Bytes::copy_from_slice(&root);
        self.peers.say_to(&alone, &Ask::Diverged(pb::TreeHead { size, root }));
    }

    /// A replica's two signatures, if both are its own under the head that was asked for.
    fn verified(&mut self, node: u64, size: u64, lines: &str) -> Option<Vec<Signature>> {
        let body = self.rounds.checkpoint(size)?.body();
        let signatures: Vec<Signature> = lines.lines().map(Signature::parse_line).collect::<Result<_, _>>().ok()?;
        let [log, cosigner] = signatures.as_slice() else { return None };
        let good = |keys: &[VerifierKey; 2]| {
            verify_signature(&body, log, &keys[0]).is_ok() && verify_signature(&body, cosigner, &keys[1]).is_ok()
        };
        if !self.keys.get(&node).is_some_and(good) {
            // It may have come back with other keys.
            let keys = self.it.replica_keys(node)?;
            if !good(&keys) {
                tracing::warn!(shard = self.it.shard, node, "a replica's signature is not by its key");
                return None;
            }
            self.keys.insert(node, keys);
        }
        Some(signatures)
    }

    fn others(&self) -> Vec<(u64, Member)> {
        self.it.group.members().into_iter().filter(|(id, _)| *id != self.it.node).collect()
    }
}

impl Cosigning {
    /// Lets the shard take up a checkpoint: it goes through the log, so that every replica answers with the same
    /// receipts, now and after a restart.
    fn propose(&self, size: u64, note: String) {
        let command = Command { property: PropertyNumber(0), request: None, by: None, op: Op::PutCheckpoint { size, note } };
        let deadline = Instant::now() + ROUND_TIMEOUT;
        let (answer, taken_up) = oneshot::channel();
        self.batcher.submit_deferred(Pending { command: commands::encode(&command), deadline, forwarded: true, answer });
        // A command that nobody waits for is not proposed. If this one does not come through, the head is asked for again.
        self.tasks.spawn("checkpoint", async {
            let _ = taken_up.await;
        });
    }

    fn replica_keys(&self, node: u64) -> Option<[VerifierKey; 2]> {
        let keys = self.rows.view(self.shard, |view| match view.get(&Key::ReplicaKeys(node)) {
            Ok(Some(Row::ReplicaKeys(keys))) => Some(*keys),
            _ => None,
        });
        verifiers(&self.cluster, self.shard, &keys.ok()??)
    }
}
