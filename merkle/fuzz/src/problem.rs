//! A stand-in for the daemon's refusals. The targets do not look at the kind of a refusal.

use keyrack_texts::Detail;

/// A refusal.
#[derive(Clone, Debug)]
pub struct Problem {
    pub detail: Detail,
}

impl Problem {
    pub fn new(detail: Detail) -> Problem {
        Problem { detail }
    }

    /// The part of the request is not looked at.
    pub fn within(self, _: &str) -> Problem {
        self
    }
}
