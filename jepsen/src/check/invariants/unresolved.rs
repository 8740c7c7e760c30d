//! No write is left of which nobody knows what came of it: such a one could explain away what is wrong.

use crate::check::findings::Findings;
use crate::history::{History, Outcome};

/// Looks at every write.
pub(super) fn check(history: &History, found: &mut Findings) -> u64 {
    let mut looked_at = 0;
    for op in history.ops.iter().filter(|op| !op.call.is_read()) {
        looked_at += 1;
        if let Outcome::Unknown { why } = &op.outcome {
            let sent = if op.tries == 0 { "has no completion".into() } else { format!("was sent {} times", op.tries) };
            found.add("unresolved", [op.id], format!("{} {sent}: {why}", op.call.name()));
        }
    }
    looked_at
}
