//! The cluster recovered in time after every fault and at the end.

use crate::check::findings::Findings;
use crate::history::History;

/// Reports every trouble that the run recorded.
pub(super) fn check(history: &History, found: &mut Findings) -> u64 {
    for trouble in &history.final_state.troubles {
        found.add("no-recovery", [], trouble.clone());
    }
    1
}
