//! A replica's answers to the leader's requests for signatures.

use bytes::Bytes;
use keyrack_proto::internal as pb;
use pb::cosign_reply::Answer;
use pb::cosign_request::Ask;

use crate::halt::Halt;
use crate::receipts::{CheckpointNote, Head, Published, SignRefusal, Signer};

/// A replica of one shard, as it answers requests for signatures.
pub struct Cosigner<'a, M> {
    /// The shard.
    pub shard: u32,
    /// Signs for this node.
    pub signer: &'a Signer,
    /// The published checkpoints.
    pub published: &'a Published,
    /// Stops this node if it has diverged.
    pub halt: &'a Halt,
    /// The head of a checkpoint that a majority of the replicas signed.
    pub majority: M,
}

impl<M: Fn(&str) -> Option<Head>> Cosigner<'_, M> {
    /// Answers one request of the leader; `None` if the request needs no answer.
    pub async fn answer(&self, ask: Ask) -> Option<pb::CosignReply> {
        match ask {
            Ask::Sign(head) => {
                let root = head.root.as_ref().try_into().ok()?;
                let signed = self.signer.sign(Head { size: head.size, root }).await;
                if let Err(SignRefusal::Diverged { size, .. }) = &signed {
                    self.halt.note_difference(self.shard, 0, *size);
                }
                Some(reply_of(head.size, signed))
            }
            Ask::Witnessed(note) => {
                if (self.majority)(&note).is_some() {
                    CheckpointNote::parse(&note, 0).into_iter().for_each(|checkpoint| self.published.add_witnessed(checkpoint));
                }
                None
            }
            Ask::Outvoted(note) => {
                self.stop_if_outvoted(&note).await;
                None
            }
            // Older leaders sent it without any signature.
            Ask::Diverged(_) => None,
        }
    }

    /// The replica stops only for a checkpoint that a majority signed, and only if its own root differs: a faulty node must not be able to
    /// stop others.
    async fn stop_if_outvoted(&self, note: &str) {
        let Some(head) = (self.majority)(note) else { return };
        if let Err(SignRefusal::Diverged { size, .. }) = self.signer.sign(head).await {
            self.halt.stop_diverged(self.shard, &format!("a majority signed another root for {size} leaves"));
        }
    }
}

/// The answer to a request to sign the head of `size` leaves.
pub fn reply_of(size: u64, signed: Result<String, SignRefusal>) -> pb::CosignReply {
    let answer = match signed {
        Ok(lines) => Answer::Signatures(lines),
        Err(SignRefusal::Diverged { own, .. }) => Answer::OtherRoot(Bytes::copy_from_slice(&own)),
        Err(refusal) => Answer::Refused(refusal.to_string()),
    };
    pb::CosignReply { size, answer: Some(answer) }
}
