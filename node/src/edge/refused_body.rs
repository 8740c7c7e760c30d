//! Why the rest of a request's body is not read.

use std::error::Error;
use std::fmt;

use tonic::Status;

use crate::convert::Problem;

/// The error of a body that the node stops reading. Its source is the gRPC status, which tonic finds there and sends.
#[derive(Debug)]
pub struct RefusedBody {
    /// The refusal.
    pub problem: Problem,
    /// The same for gRPC.
    pub status: Status,
}

impl RefusedBody {
    /// The refusal in a chain of errors.
    pub fn problem_of<'e>(error: &'e (dyn Error + 'static)) -> Option<&'e Problem> {
        let mut next = Some(error);
        while let Some(error) = next {
            if let Some(refused) = error.downcast_ref::<RefusedBody>() {
                return Some(&refused.problem);
            }
            next = error.source();
        }
        None
    }
}

impl fmt::Display for RefusedBody {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "the rest of the body is not read: {}", self.problem.code.as_str())
    }
}

impl Error for RefusedBody {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        Some(&self.status)
    }
}
