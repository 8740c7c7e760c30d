//! A command on its way to a shard's leader, and its answer.

use bytes::Bytes;
use keyrack_inventory::{Outcome, Reply};
use keyrack_proto::Malformed;
use keyrack_proto::internal as pb;
use prost::Message;
use tokio::sync::{OwnedSemaphorePermit, oneshot};
use tokio::time::Instant;

use crate::directory::SHARD as DIRECTORY;

/// A command on its way.
pub struct Pending {
    /// The encoded command.
    pub command: Bytes,
    /// The command is not proposed after this time.
    pub deadline: Instant,
    /// Whether another node forwarded it. Then it is not forwarded again.
    pub forwarded: bool,
    /// Where the answer goes.
    pub answer: oneshot::Sender<Answer>,
    /// Its part of the bytes that may wait; given back with the answer.
    pub room: Option<OwnedSemaphorePermit>,
}

/// The answer to a command.
#[derive(Clone, Debug)]
pub enum Answer {
    /// Applied at this index.
    Applied(u64, Decided),
    /// Not proposed: this node does not lead.
    NotLeader,
    /// Not proposed: its deadline passed.
    Expired,
    /// Not proposed: the queue is full.
    Overloaded,
    /// Possibly proposed, but its outcome is unknown.
    Unknown,
}

/// The state machine's answer to one command.
#[derive(Clone, Debug)]
pub enum Decided {
    /// By a data shard.
    Outcome(Outcome),
    /// By the directory.
    Directory(pb::DirectoryReply),
}

impl Pending {
    /// A command, and where its answer arrives.
    pub fn new(command: Bytes, deadline: Instant, forwarded: bool) -> (Pending, oneshot::Receiver<Answer>) {
        let (answer, wait) = oneshot::channel();
        (Pending { command, deadline, forwarded, answer, room: None }, wait)
    }

    pub fn answer(self, answer: Answer) {
        // The caller may have stopped waiting. Its command is still valid, so this is no error.
        let _ = self.answer.send(answer);
    }
}

/// Encodes an answer for the node that forwarded the command.
pub fn answer_out(answer: Answer) -> pb::Answer {
    use pb::answer::Answer as Kind;
    let kind = match answer {
        Answer::Applied(index, Decided::Outcome(outcome)) => {
            let reply = pb::Reply::from(&outcome.reply).encode_to_vec().into();
            Kind::Applied(pb::Applied { index, replayed: outcome.replayed, reply, guest_key: outcome.guest_key.map(Into::into) })
        }
        Answer::Applied(index, Decided::Directory(reply)) => {
            Kind::Applied(pb::Applied { index, replayed: false, reply: reply.encode_to_vec().into(), guest_key: None })
        }
        Answer::NotLeader | Answer::Expired => Kind::NotLeader(pb::Nothing {}),
        Answer::Overloaded => Kind::Overloaded(pb::Nothing {}),
        Answer::Unknown => Kind::Unknown(pb::Nothing {}),
    };
    pb::Answer { answer: Some(kind) }
}

/// Decodes an answer from the leader.
pub fn answer_in(shard: u32, answer: pb::Answer) -> Result<Answer, Malformed> {
    use pb::answer::Answer as Kind;
    Ok(match answer.answer.ok_or(Malformed("answer"))? {
        Kind::Applied(applied) if shard == DIRECTORY => {
            Answer::Applied(applied.index, Decided::Directory(pb::DirectoryReply::decode(applied.reply)?))
        }
        Kind::Applied(applied) => {
            let reply: Reply = pb::Reply::decode(applied.reply)?.try_into()?;
            let guest_key = applied.guest_key.map(|key| key.to_vec());
            Answer::Applied(applied.index, Decided::Outcome(Outcome { reply, replayed: applied.replayed, guest_key }))
        }
        Kind::Overloaded(_) => Answer::Overloaded,
        Kind::Unknown(_) => Answer::Unknown,
        Kind::NotLeader(_) => Answer::NotLeader,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_forwarded_outcome_arrives_unchanged() {
        for replayed in [false, true] {
            let outcome = Outcome { reply: Reply::Done, replayed, guest_key: Some(vec![7; 32]) };
            let sent = answer_out(Answer::Applied(5, Decided::Outcome(outcome.clone())));
            let Ok(Answer::Applied(5, Decided::Outcome(received))) = answer_in(1, sent) else { panic!("applied at 5") };
            assert_eq!(received.reply, outcome.reply);
            assert_eq!((received.replayed, received.guest_key), (replayed, outcome.guest_key));
        }
    }
}
