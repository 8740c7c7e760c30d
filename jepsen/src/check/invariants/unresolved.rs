//! No write keeps an unknown outcome, because such a write could hide a violation.

use crate::check::findings::Findings;
use crate::history::{History, Outcome};

/// Checks every write.
pub(super) fn check(history: &History, found: &mut Findings) -> u64 {
    let mut looked_at = 0;
    for op in history.ops.iter().filter(|op| !op.call.is_read()) {
        looked_at += 1;
        if let Outcome::Unknown { why } = &op.outcome {
            let sent = if op.tries == 0 { "has no completion".into() } else { format!("was sent {} times", op.tries) };
            found.add("unresolved", [op.id], format!("{} {sent}, and its outcome is unknown: {why}", op.call.name()));
        }
    }
    looked_at
}
