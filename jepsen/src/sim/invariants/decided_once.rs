//! An idempotency key is decided once. Every answer to a request with this key is that decision.

use std::collections::BTreeMap;

use keyrack_inventory::{Key, MemRows, Outcome, Read, Reply, Row};
use keyrack_proto::commands;
use keyrack_proto::internal as pb;

use super::Check;

/// The decisions, by key: the log index and the answer.
#[derive(Default)]
pub struct DecidedOnce(BTreeMap<[u8; 16], (u64, Reply)>);

/// The answer that the rows have under a key.
pub fn recorded(rows: &mut MemRows, digest: [u8; 16]) -> Option<Reply> {
    let Ok(Some(Row::Request(recorded))) = rows.get(&Key::Request(digest)) else { return None };
    let line = Key::Journal(recorded.sequence);
    let Ok(Some(Row::Journal(entry))) = rows.get(&line) else { return None };
    Some(entry.reply.clone())
}

impl DecidedOnce {
    pub fn applied(&mut self, index: u64, batch: pb::Batch, outcomes: &[Outcome]) -> Check {
        for (command, outcome) in batch.commands.into_iter().zip(outcomes) {
            let command = commands::decode(command).map_err(|cause| cause.to_string())?;
            let Some(key) = command.request else { continue };
            match self.0.get(&key.digest) {
                None if outcome.replayed => return Err(format!("entry {index} replays a key that was never decided")),
                None => drop(self.0.insert(key.digest, (index, outcome.reply.clone()))),
                Some((first, _)) if !outcome.replayed => {
                    return Err(format!("entry {index} decides a key again that entry {first} decided"));
                }
                Some((first, reply)) if *reply != outcome.reply => {
                    return Err(format!("entry {index} answers {:?}, but entry {first} answered {reply:?}", outcome.reply));
                }
                Some(_) => {}
            }
        }
        Ok(())
    }

    /// Checks an answer that a client got.
    pub fn answered(&self, digest: &[u8; 16], index: u64, reply: &Reply) -> Check {
        match self.0.get(digest) {
            None => Err(format!("a client got an answer at {index} for a key that was never decided")),
            Some((first, decided)) if *first > index || decided != reply => {
                Err(format!("a client got {reply:?} at {index}, but entry {first} decided {decided:?}"))
            }
            Some(_) => Ok(()),
        }
    }

    /// All decisions.
    pub fn all(&self) -> impl Iterator<Item = (&[u8; 16], &Reply)> {
        self.0.iter().map(|(key, (_, reply))| (key, reply))
    }
}
