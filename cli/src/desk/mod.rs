//! The commands of a front desk: bookings, holds, and the inventory of its property.
//!
//! Each file is one command: its options, its gRPC request, and the call that prints the answer. `book.rs` also has
//! `cancel`.
//!
//! # Invariants
//! - A command that changes something carries an idempotency key, given with `--idempotency-key` or random. A failure
//!   shows it.
//! - The service checks all values. These files check only the form of dates, and that `ari` changes something.
//!
//! Start with `book.rs`. `stay.rs` has the options that `book` and `hold` share, `idempotency.rs` sends changes, `text.rs`
//! writes the answers as text.

mod ari;
mod availability;
mod book;
mod booking;
mod catalog_change;
mod date;
mod hold;
mod idempotency;
mod offers;
mod property;
mod stay;
mod text;

pub use ari::{Ari, ari};
pub use availability::{Availability, availability};
pub use book::{Book, Cancel, book, cancel};
pub use booking::{BookingCommand, booking};
pub use hold::{HoldCommand, hold};
pub use offers::{Offers, offers};
pub use property::{PropertyCommand, property};
