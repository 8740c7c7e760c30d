//! The rate page: one rate plan for one room type in one month.

use alloc::vec::Vec;

use crate::{Minor, Restrictions, calendar::PLACES};

/// One night's price and the plan's own restrictions.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub struct RateCell {
    /// The price of the night, in the plan's currency.
    pub rate: Option<Minor>,
    /// The plan's own restrictions. Those of the room type also apply.
    pub restrictions: Restrictions,
}

/// One month of one rate plan for one room type.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RatePage {
    /// By day of the month, from 0; always 31 places.
    pub cells: Vec<RateCell>,
}

impl Default for RatePage {
    fn default() -> Self {
        RatePage { cells: alloc::vec![RateCell::default(); PLACES] }
    }
}
