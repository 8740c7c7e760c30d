//! Queries on a consistent view of the rows.
//!
//! They change nothing and do not check rights: the calling code does that first, with [`crate::permits`]. They count
//! with the same functions as the decisions ([`crate::Cell::count`], `house.rs`), so that an offer can be booked unless
//! another command takes the rooms first. Start with `offers`: it adds restrictions, prices and the house limit to the
//! counts of `availability`.

pub mod availability;
pub mod offers;
