//! Why a call is refused.

use crate::history::Short;

/// Why nothing was done.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refusal {
    /// The stable code.
    pub code: &'static str,
    /// The nights that stand in the way, by night and room type.
    pub nights: Vec<Short>,
}

impl Refusal {
    /// A refusal that names no nights.
    pub fn of(code: &'static str) -> Refusal {
        Refusal { code, nights: Vec::new() }
    }
}
