//! While a node runs, its applied index grows one by one and never goes back. Only a snapshot may skip entries.

use std::collections::BTreeMap;

use super::Check;

/// The last applied index of each process, by node and boot number.
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
            Some(before) if before > index => {
                Err(format!("node {node} had applied {before} and installed an older snapshot at {index}"))
            }
            _ => Ok(()),
        }
    }
}
