//! What a run tried. A run without answers or without its faults proves nothing.

use super::run_history::History;

impl History {
    /// The number of injected faults. A node that the supervisor had to restart does not count.
    pub fn faults_done(&self) -> u64 {
        self.faults.iter().filter(|fault| fault.phase == "begin" && fault.nemesis != "supervisor").count() as u64
    }

    /// The requested nemeses that never ran, each with the reason.
    pub fn not_run(&self) -> Vec<(&str, &str)> {
        let impossible = self.setup.not_run.iter().map(|(nemesis, why)| (nemesis.as_str(), why.as_str()));
        let waited_for = |nemesis: &&str| {
            // A combined fault is recorded under the names of its parts.
            let has_name = !["none", "combined"].contains(nemesis);
            has_name && !self.faults.iter().any(|fault| fault.nemesis == *nemesis)
        };
        let drawn = self.setup.nemeses.iter().map(String::as_str).filter(waited_for);
        impossible.chain(drawn.map(|nemesis| (nemesis, "it was never drawn; the run was too short for it"))).collect()
    }

    /// Why a run proves nothing even without findings; `None` if it does prove something.
    pub fn why_inconclusive(&self) -> Option<&'static str> {
        let wanted = self.setup.nemeses.iter().chain(self.setup.not_run.keys()).any(|nemesis| nemesis != "none");
        if !self.ops.iter().any(|op| op.outcome.is_known()) {
            Some("no operation was answered")
        } else if wanted && self.faults_done() == 0 {
            Some("no fault was injected")
        } else if self.final_state.nodes.is_empty() {
            Some("no node was read at the end")
        } else {
            None
        }
    }
}
