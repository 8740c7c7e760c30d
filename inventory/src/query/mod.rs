//! Questions about a consistent view of the rows.
//!
//! They change nothing and ask no rights: the caller of this crate does that first, with [`crate::permits`]. They count with
//! the same functions as the decisions do ([`crate::Cell::count`], `house.rs`), so that what is offered here can be booked
//! if nobody else was faster. `availability` counts nights; `offers` adds restrictions, prices and the house limit, and is the
//! one to read first.

pub mod availability;
pub mod offers;
