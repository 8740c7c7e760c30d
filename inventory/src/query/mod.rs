//! Questions that change nothing, asked of a consistent view of the rows.

pub mod availability;
pub mod offers;
