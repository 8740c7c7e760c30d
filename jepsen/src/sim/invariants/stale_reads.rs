//! A linearizable read sees everything that was acknowledged before it began.

use keyrack_inventory::Reply;

use super::Check;

/// The state before a read: the newest acknowledged index, and the acknowledged answer of the key that it reads.
pub struct StaleReads {
    pub acknowledged: u64,
    pub answer: Option<Reply>,
}

impl StaleReads {
    pub fn check(&self, index: u64, found: &Option<Reply>) -> Check {
        if index < self.acknowledged {
            return Err(format!("a read returned index {index}, but began after {} was acknowledged", self.acknowledged));
        }
        if self.answer.is_some() && *found != self.answer {
            return Err(format!("a read at {index} found {found:?}, but {:?} was acknowledged", self.answer));
        }
        Ok(())
    }
}
