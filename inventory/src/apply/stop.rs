//! Why a command goes no further.

use crate::{Fault, Reject};

/// Ends a decision early. The two kinds never become each other: a refusal is an answer, a fault stops the replica.
#[derive(Debug)]
pub(super) enum Stop {
    /// Refused: a normal answer, and nothing has changed.
    Reject(Reject),
    /// The storage failed or is corrupt: there is no answer.
    Fault(Fault),
}

/// What a decision comes to.
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
