//! Why a command ends early.

use crate::{Fault, Reject};

/// Ends a decision early. The two kinds are never converted into each other: a refusal is an answer, a fault stops the
/// replica.
#[derive(Debug)]
pub(super) enum Stop {
    /// A refusal: a normal answer. Nothing has changed.
    Reject(Reject),
    /// The storage failed or is corrupt: there is no answer.
    Fault(Fault),
}

/// The result of a decision.
pub(super) type Decision<T> = Result<T, Stop>;

impl From<Reject> for Stop {
    fn from(reject: Reject) -> Self {
        Stop::Reject(reject)
    }
}

impl From<Fault> for Stop {
    fn from(fault: Fault) -> Self {
        Stop::Fault(fault)
    }
}
