//! A node's applied index never runs back while it runs, and leaves nothing out.

use std::collections::BTreeMap;

use super::Check;

/// The last applied index of each process, by node and boot.
#[derive(Default)]
pub struct Applied(BTreeMap<(u64, u64), u64>);

impl Applied {
    pub fn one(&mut self, node: u64, boot: u64, index: u64) -> Check {
        match self.0.insert((node, boot), index) {
            Some(before) if before + 1 != index => Err(format!("node {node} applied {index} after {before}")),
            _ => Ok(()),
        }
    }

    pub fn jumped(&mut self, node: u64, boot: u64, index: u64) -> Check {
        match self.0.insert((node, boot), index) {
            Some(before) if before > index => Err(format!("node {node} went from {before} back to a snapshot at {index}")),
            _ => Ok(()),
        }
    }
}
