//! What a front desk does: bookings, holds, and the inventory of its property.
//!
//! Each file is one command: its options, its gRPC request, and the call that prints the answer. `book.rs` also has
//! `cancel`, the other end of a booking.
//!
//! # Invariants
//! - A command that changes something carries an idempotency key, given with `--idempotency-key` or drawn.
//! - The service checks all values. These files only pass them on.
//!
//! `stay.rs` has the options that `book` and `hold` share, `text.rs` the answers as text. Start with `book.rs`.

mod ari;
mod availability;
mod book;
mod booking;
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
