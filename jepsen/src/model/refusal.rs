//! Why a call is refused.

use crate::history::Short;

/// The reason why a call changed nothing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refusal {
    /// The stable code.
    pub code: &'static str,
    /// The nights without enough rooms, by night and room type.
    pub nights: Vec<Short>,
}

impl Refusal {
    /// A refusal that names no nights.
    pub fn of(code: &'static str) -> Refusal {
        Refusal { code, nights: Vec::new() }
    }
}
