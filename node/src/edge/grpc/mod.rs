//! The public gRPC services: `keyrack.v1.Reservations`, `keyrack.v1.Inventory` and `keyrack.v1.Receipts`.
//!
//! Invariants:
//! - Every method has a row in the table of operations (`access/operations.rs`); a test compares it with the descriptors.
//! - `guard.rs` runs before every method. A method that needs a caller refuses where the guard let nobody in.
//! - A [`Problem`](crate::convert::Problem) becomes a status in `status.rs` only.
//!
//! Start with `router.rs`; `reservations.rs`, `inventory.rs` and `receipts.rs` have a method per operation.

mod call;
mod guard;
mod inventory;
mod receipts;
mod reservations;
mod router;
mod status;

pub use router::router;
