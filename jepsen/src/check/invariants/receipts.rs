//! Every receipt verifies, every checkpoint has the root of the leaves, and no tree ever shrinks.

use std::collections::HashMap;

use crate::check::findings::Findings;
use crate::history::History;

/// Checks every receipt and checkpoint.
pub(super) fn check(history: &History, found: &mut Findings) -> u64 {
    let final_state = &history.final_state;
    for receipt in &final_state.receipts {
        if let Some(failure) = &receipt.failure {
            found.add("receipt", [], format!("cannot verify the receipt of booking {}: {failure}", receipt.booking));
        }
    }
    let mut sizes: HashMap<(u32, u32), u64> = HashMap::new();
    for checkpoint in &final_state.checkpoints {
        let (node, shard, size) = (checkpoint.node, checkpoint.shard, checkpoint.size);
        if let Some(failure) = &checkpoint.failure {
            found.add("checkpoint", [], format!("node {node}, shard {shard}: the checkpoint of size {size} is wrong: {failure}"));
        }
        let before = sizes.insert((node, shard), size).unwrap_or(0);
        if size < before {
            found.add(
                "log-shrank",
                [],
                format!("node {node}, shard {shard}: a checkpoint has size {size} after one of {before}"),
            );
        }
    }
    (final_state.receipts.len() + final_state.checkpoints.len()) as u64
}
