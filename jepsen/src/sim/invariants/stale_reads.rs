//! A linearizable read sees everything that was acknowledged before it began.

use keyrack_inventory::Reply;

use super::Check;

/// What is known before a read: the newest acknowledged index, and a key with its answer that was acknowledged.
pub struct StaleReads {
    pub acknowledged: u64,
    pub answer: Option<Reply>,
}

impl StaleReads {
    pub fn check(&self, index: u64, found: &Option<Reply>) -> Check {
        if index < self.acknowledged {
            return Err(format!("a read at {index} that began after {} was acknowledged", self.acknowledged));
        }
        if self.answer.is_some() && *found != self.answer {
            return Err(format!("a read at {index} found {found:?} where {:?} was acknowledged", self.answer));
        }
        Ok(())
    }
}
