//! A leader id is one node's: nobody else leads under it, not even the same node after it was wiped.
//!
//! openraft orders leaders by term and node, so two nodes may lead in one term, the higher id after the lower one; a
//! leader id is what plain Raft calls a term.

use std::collections::BTreeMap;

use super::Check;

/// The incarnation that leads, or led, by term and node.
#[derive(Default)]
pub struct Leaders(BTreeMap<(u64, u64), u64>);

impl Leaders {
    pub fn seen(&mut self, (term, node): (u64, u64), incarnation: u64) -> Check {
        match self.0.insert((term, node), incarnation) {
            Some(before) if before != incarnation => {
                Err(format!("node {node} leads term {term} as incarnation {incarnation} and as {before}"))
            }
            _ => Ok(()),
        }
    }

    pub fn elections(&self) -> u64 {
        self.0.len() as u64
    }
}
