//! Everything that is known of a run.

use super::fault::Fault;
use super::final_state::FinalState;
use super::operation::Op;
use super::setup::RunSetup;

/// Everything that is known of a run.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct History {
    /// What was set up.
    pub setup: RunSetup,
    /// One per logical operation, by `id`, which is the order of invocation.
    pub ops: Vec<Op>,
    /// By time.
    pub faults: Vec<Fault>,
    /// What the nodes said once all was healed.
    pub final_state: FinalState,
}
