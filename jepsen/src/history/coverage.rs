//! What was tried at all: a run in which nothing was shows nothing.

use super::run_history::History;

impl History {
    /// Faults that were done. A node that had to be started again is none.
    pub fn faults_done(&self) -> u64 {
        self.faults.iter().filter(|fault| fault.phase == "begin" && fault.nemesis != "supervisor").count() as u64
    }

    /// Nemeses that were asked for and never came about, with why.
    pub fn not_run(&self) -> Vec<(&str, &str)> {
        let impossible = self.setup.not_run.iter().map(|(nemesis, why)| (nemesis.as_str(), why.as_str()));
        let waited_for = |nemesis: &&str| {
            // What is combined goes by its own name.
            let has_name = !["none", "combined"].contains(nemesis);
            has_name && !self.faults.iter().any(|fault| fault.nemesis == *nemesis)
        };
        let drawn = self.setup.nemeses.iter().map(String::as_str).filter(waited_for);
        impossible.chain(drawn.map(|nemesis| (nemesis, "it was never drawn; the run was too short for it"))).collect()
    }

    /// Why a run without findings is no evidence, if so.
    pub fn why_inconclusive(&self) -> Option<&'static str> {
        let wanted = self.setup.nemeses.iter().chain(self.setup.not_run.keys()).any(|nemesis| nemesis != "none");
        if !self.ops.iter().any(|op| op.outcome.is_known()) {
            Some("no operation was answered")
        } else if wanted && self.faults_done() == 0 {
            Some("no fault was done")
        } else if self.final_state.nodes.is_empty() {
            Some("no node was asked at the end")
        } else {
            None
        }
    }
}
