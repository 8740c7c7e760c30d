//! Dates of the command line.

use keyrack_inventory::Night;

use crate::messages::usage::needs;

/// Checks that a text is a date, before a node is asked.
pub fn date(text: &str) -> Result<String, &'static str> {
    Night::parse(text).map(|_| text.to_owned()).map_err(|_| needs::DATE)
}
