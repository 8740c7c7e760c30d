//! The public gRPC services: `keyrack.v1.Reservations`, `keyrack.v1.Inventory` and `keyrack.v1.Receipts`.
//!
//! Invariants:
//! - Every method has an entry in the table of operations (`access/operations.rs`). A test compares it with the descriptors.
//! - `guard.rs` runs before every method. A method that needs a caller refuses if there is none.
//! - Only `status.rs` turns a [`Problem`](crate::convert::Problem) into a status.
//!
//! Start with `router.rs`; `reservations.rs`, `inventory.rs` and `receipts.rs` have one method for each operation.

mod call;
mod guard;
mod inventory;
mod open_streams;
mod receipts;
mod reservations;
mod router;
mod starting;
mod status;

pub use router::router;
pub use starting::starting_router;
pub use status::status_of;
