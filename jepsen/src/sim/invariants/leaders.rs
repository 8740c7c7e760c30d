//! A leader id belongs to one incarnation of one node. Not even the same node leads with it again after it was wiped.
//!
//! openraft orders leaders by term and node, so two nodes may lead in one term, the one with the higher id after the other. A
//! leader id, which is term and node, corresponds to a term in plain Raft.

use std::collections::BTreeMap;

use super::Check;

/// The incarnation of each leader, by term and node.
#[derive(Default)]
pub struct Leaders(BTreeMap<(u64, u64), u64>);

impl Leaders {
    pub fn seen(&mut self, (term, node): (u64, u64), incarnation: u64) -> Check {
        match self.0.insert((term, node), incarnation) {
            Some(before) if before != incarnation => {
                Err(format!("node {node} leads in term {term} with incarnation {incarnation}, and led in it with {before}"))
            }
            _ => Ok(()),
        }
    }

    pub fn elections(&self) -> u64 {
        self.0.len() as u64
    }
}
