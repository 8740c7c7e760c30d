//! A replica's answers to the leader's requests for signatures.

use bytes::Bytes;
use keyrack_proto::internal as pb;
use pb::cosign_reply::Answer;
use pb::cosign_request::Ask;

use crate::halt::Halt;
use crate::receipts::{CheckpointNote, Head, Published, SignRefusal, Signer};

/// Answers one request of the leader; `None` if the request needs no answer.
pub async fn answer(shard: u32, ask: Ask, (signer, published, halt): (&Signer, &Published, &Halt)) -> Option<pb::CosignReply> {
    match ask {
        Ask::Sign(head) => {
            let root = head.root.as_ref().try_into().ok()?;
            let signed = signer.sign(Head { size: head.size, root }).await;
            if let Err(SignRefusal::Diverged { size, .. }) = &signed {
                halt.note_difference(shard, 0, *size);
            }
            Some(reply_of(head.size, signed))
        }
        Ask::Witnessed(note) => {
            CheckpointNote::parse(&note, 0).into_iter().for_each(|checkpoint| published.add_witnessed(checkpoint));
            None
        }
        Ask::Diverged(head) => {
            // The replica stops only for a difference that it finds itself: a faulty leader must not be able to stop others.
            let root = head.root.as_ref().try_into().ok()?;
            if let Err(SignRefusal::Diverged { size, .. }) = signer.sign(Head { size: head.size, root }).await {
                halt.stop_diverged(shard, &format!("a majority signed another root for {size} leaves"));
            }
            None
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
