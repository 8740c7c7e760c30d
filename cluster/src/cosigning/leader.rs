//! Cosigning: the leader asks every replica to sign the newest head, and publishes a head that a majority signed.
//!
//! Rounds overlap, so that between regions a booking waits one round trip and not two. Under load a head covers all leaves
//! since the last head, so the number of signatures does not grow with the number of bookings.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use keyrack_inventory::{Command, Op, PropertyNumber};
use keyrack_merkle::{Signature, VerifierKey, verify_signature};
use keyrack_proto::{commands, internal as pb};
use pb::cosign_reply::Answer;
use pb::cosign_request::Ask;
use tokio::sync::mpsc;
use tokio::time::Instant;

use super::answer::reply_of;
use super::rounds::{ROUND_TIMEOUT, Rounds, Verdict};
use super::streams::{Answered, Streams};
use crate::halt::Halt;
use crate::peers::{Links, Member};
use crate::raft::Group;
use crate::receipts::{Heads, Published, Signer, origin, replica_keys, verifiers};
use crate::seldom::Seldom;
use crate::shard::{Batcher, Pending};
use crate::storage::RowsDb;
use crate::tasks::Tasks;

/// The longest pause between two heads. The pause is the time that the last head took to get a majority. So a single booking's
/// head is requested almost at once, and on a busy node many bookings share one head.
const LONGEST_PAUSE: Duration = Duration::from_millis(25);
/// The most rounds at once that have no majority yet.
const OPEN_ROUNDS: usize = 16;
/// A head that does not change is signed and compared again after this time.
const REFRESH: Duration = Duration::from_secs(60);
/// A head that is not published this long after its request is requested again.
const AGAIN: Duration = Duration::from_millis(500);
/// How often a node that does not lead checks whether it leads now.
const IDLE: Duration = Duration::from_millis(50);

/// The parts of the node that one shard's cosigning needs.
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
    /// The heads of the receipts log.
    pub heads: Arc<Heads>,
    /// Signs for this node.
    pub signer: Signer,
    /// The published checkpoints.
    pub published: Arc<Published>,
    /// Proposes commands to the shard.
    pub batcher: Batcher,
    /// Counts differences, and stops this node if it has diverged.
    pub halt: Arc<Halt>,
    /// The owner of the tasks that cosigning starts.
    pub tasks: Tasks,
}

impl Cosigning {
    /// Runs rounds while this node leads the shard. Ends only when it is dropped.
    pub async fn run(self) {
        let (sender, replies) = mpsc::channel(1_024);
        let peers = Streams::new(self.shard, self.links.clone(), self.published.clone(), sender.clone(), self.tasks.clone());
        let rounds = Rounds::new(origin(&self.cluster, self.shard));
        let asked = Asked::default();
        Leader { context: Arc::new(self), peers, rounds, keys: BTreeMap::new(), asked, sender, invalid: Seldom::default() }
            .run(replies)
            .await;
    }
}

struct Leader {
    context: Arc<Cosigning>,
    peers: Streams,
    rounds: Rounds,
    /// Keys of the replicas, as the shard's rows record them.
    keys: BTreeMap<u64, [VerifierKey; 2]>,
    asked: Asked,
    sender: mpsc::Sender<Answered>,
    /// Replicas whose signatures are invalid.
    invalid: Seldom,
}

/// The last head that this leader requested signatures for.
#[derive(Default)]
struct Asked {
    size: u64,
    at: Option<Instant>,
    /// How long the last published head took, from the request to the majority.
    took: Duration,
}

impl Leader {
    async fn run(mut self, mut replies: mpsc::Receiver<Answered>) {
        let mut size = self.context.heads.size();
        let mut witnessed = self.context.published.witnessed();
        loop {
            if self.context.group.leader() != Some(self.context.node) {
                self.rest();
                tokio::time::sleep(IDLE).await;
                continue;
            }
            let verdict = self.rounds.expire(Instant::now());
            self.follow(verdict, 0);
            tokio::select! {
                // Signatures first: bookings wait for them.
                biased;
                reply = replies.recv() => match reply {
                    Some(reply) => self.take(reply),
                    None => return,
                },
                () = self.due(&mut size) => self.ask(),
                Ok(()) = witnessed.changed() => {
                    let note = witnessed.borrow_and_update().as_ref().map(|checkpoint| checkpoint.note.to_string());
                    let others = self.others();
                    note.into_iter().for_each(|note| self.peers.send_all(&others, &Ask::Witnessed(note)));
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

    /// Returns when it is time to request signatures for the next head.
    async fn due(&self, size: &mut tokio::sync::watch::Receiver<u64>) {
        if self.rounds.under_way() >= OPEN_ROUNDS {
            return std::future::pending().await;
        }
        let (asked, last) = (self.asked.size, self.asked.at);
        let pause = if *self.context.published.size().borrow() < asked { AGAIN } else { REFRESH };
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
        let head = self.context.heads.newest();
        self.asked = Asked { size: head.size, at: Some(now), took: self.asked.took };
        self.rounds.begin(head, now);
        let ask = Ask::Sign(pb::TreeHead { size: head.size, root: Bytes::copy_from_slice(&head.root) });
        let others = self.others();
        self.peers.send_all(&others, &ask);
        let (context, sender) = (self.context.clone(), self.sender.clone());
        self.context.tasks.spawn("own signature", async move {
            let reply = reply_of(head.size, context.signer.sign(head).await);
            // The receiver lives as long as the shard.
            let _ = sender.send(Answered { node: context.node, reply }).await;
        });
    }

    fn take(&mut self, Answered { node, reply }: Answered) {
        let (size, voters) = (reply.size, self.context.group.members().len());
        let verdict = match reply.answer {
            // A published head needs no more signatures.
            Some(Answer::Signatures(_)) if self.rounds.is_published(size) => return,
            Some(Answer::Signatures(lines)) => match self.verified(node, size, &lines) {
                Some(signatures) => self.rounds.signed(node, size, signatures, voters),
                None => return,
            },
            Some(Answer::OtherRoot(root)) => {
                let Ok(root) = root.as_ref().try_into() else { return };
                self.context.halt.note_difference(self.context.shard, node, size);
                if let Some(signed) = self.context.published.at(size).filter(|signed| signed.root != root) {
                    // A majority signed this size before, so no round is needed: this replica is wrong.
                    self.stop_replica(node, signed.note.to_string());
                    return;
                }
                self.rounds.differs(node, size, root, voters)
            }
            Some(Answer::Refused(reason)) => {
                tracing::debug!(shard = self.context.shard, node, size, reason, "a replica did not sign");
                return;
            }
            None => return,
        };
        self.follow(verdict, size);
    }

    fn follow(&mut self, verdict: Verdict, size: u64) {
        if verdict.stop_myself {
            self.context
                .halt
                .stop_diverged(self.context.shard, "a majority of the replicas has another root, or no root has a majority");
        }
        if let (false, Some(signed)) = (verdict.stop.is_empty(), self.rounds.note(size)) {
            verdict.stop.into_iter().for_each(|node| self.stop_replica(node, signed.to_string()));
        }
        if let Some(began) = verdict.publish.as_ref().and_then(|_| self.rounds.began(size)) {
            self.asked.took = began.elapsed();
        }
        if let Some(note) = verdict.publish.filter(|_| size > *self.context.published.size().borrow()) {
            self.context.propose(size, note.to_string());
        }
    }

    /// Sends a replica the checkpoint that it differs from. With the signatures of a majority, it stops.
    fn stop_replica(&mut self, node: u64, signed: String) {
        let alone: Vec<_> = self.others().into_iter().filter(|(id, _)| *id == node).collect();
        self.peers.send_to(&alone, &Ask::Outvoted(signed));
    }

    /// A replica's two signatures, if both are valid for the requested head and made with the replica's own keys.
    fn verified(&mut self, node: u64, size: u64, lines: &str) -> Option<Vec<Signature>> {
        let body = self.rounds.checkpoint(size)?.body();
        let signatures: Vec<Signature> = lines.lines().map(Signature::parse_line).collect::<Result<_, _>>().ok()?;
        let [log, cosigner] = signatures.as_slice() else { return None };
        let good = |keys: &[VerifierKey; 2]| {
            verify_signature(&body, log, &keys[0]).is_ok() && verify_signature(&body, cosigner, &keys[1]).is_ok()
        };
        if !self.keys.get(&node).is_some_and(good) {
            // The replica may have rejoined with new keys.
            let keys = self.context.replica_keys(node)?;
            if !good(&keys) {
                if !self.invalid.is_due(node) {
                    return None;
                }
                tracing::warn!(
                    event = "cosignature_invalid",
                    shard = self.context.shard,
                    node,
                    "a replica's signature does not match its published key"
                );
                return None;
            }
            self.keys.insert(node, keys);
        }
        Some(signatures)
    }

    fn others(&self) -> Vec<(u64, Member)> {
        self.context.group.members().into_iter().filter(|(id, _)| *id != self.context.node).collect()
    }
}

impl Cosigning {
    /// Proposes a checkpoint to the shard. It goes through the Raft log, so that every replica answers with the same receipts,
    /// also after a restart.
    fn propose(&self, size: u64, note: String) {
        let command = Command { property: PropertyNumber(0), request: None, by: None, op: Op::PutCheckpoint { size, note } };
        let deadline = Instant::now() + ROUND_TIMEOUT;
        let (pending, taken_up) = Pending::new(commands::encode(&command), deadline, true);
        self.batcher.submit_deferred(pending);
        // The batcher drops a command without a waiting caller. If this proposal fails, the head is requested again.
        self.tasks.spawn("checkpoint", async {
            let _ = taken_up.await;
        });
    }

    fn replica_keys(&self, node: u64) -> Option<[VerifierKey; 2]> {
        verifiers(&self.cluster, self.shard, &replica_keys(&self.rows, self.shard, node).ok()??)
    }
}
