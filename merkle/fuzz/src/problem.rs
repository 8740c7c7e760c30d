//! Stands in for the daemon's refusals: which one it is matters to its callers, not here.

use keyrack_proto::Code;

/// A refusal.
#[derive(Clone, Debug)]
pub struct Problem {
    pub code: Code,
    pub detail: String,
}

impl Problem {
    pub fn new(code: Code, detail: impl Into<String>) -> Problem {
        Problem { code, detail: detail.into() }
    }

    pub fn field(name: &str, need: &str) -> Problem {
        Problem::new(Code::InvalidField, format!("{name}: {need}"))
    }
}
