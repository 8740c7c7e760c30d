//! The whole record of a run.

use super::fault::Fault;
use super::final_state::FinalState;
use super::operation::Op;
use super::setup::RunSetup;

/// The whole record of a run.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct History {
    /// The setup.
    pub setup: RunSetup,
    /// One per logical operation, by `id`, which is the order of invocation.
    pub ops: Vec<Op>,
    /// The faults, by time.
    pub faults: Vec<Fault>,
    /// The state of the nodes after all faults were healed.
    pub final_state: FinalState,
}
